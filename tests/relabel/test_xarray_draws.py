import numpy as np
import pytest
import xarray as xr
from switched_draws import make, random_permutations

from stanmix.errors import InputError
from stanmix.relabel import apply_to_dataset, pra, stack_parameters


@pytest.fixture
def draws():
    return make(101, components=3)


@pytest.fixture
def dataset(draws):
    return xr.Dataset(
        {
            "mu": (("chain", "draw", "component", "response"), draws.theta),
            "theta": (("component", "chain", "draw"), np.moveaxis(draws.weight, 2, 0)),
            "p": (("chain", "draw", "obs_id", "component"), draws.p),
            "lp": (("chain", "draw"), draws.theta[..., 0, 0]),
        },
        coords={"component": ["a", "b", "c"], "response": ["y1", "y2"]},
    )


def test_every_variable_with_components_is_relabelled(draws, dataset):
    perm = random_permutations(101, 2, 12, 3)
    expected = draws.switched(perm)
    relabelled = apply_to_dataset(perm, dataset)
    np.testing.assert_array_equal(relabelled["mu"], expected.theta)
    np.testing.assert_array_equal(relabelled["theta"], np.moveaxis(expected.weight, 2, 0))
    np.testing.assert_array_equal(relabelled["p"], expected.p)
    xr.testing.assert_identical(relabelled["lp"], dataset["lp"])
    assert relabelled["theta"].dims == ("component", "chain", "draw")
    assert relabelled["component"].to_numpy().tolist() == ["a", "b", "c"]
    np.testing.assert_array_equal(dataset["mu"], draws.theta)


def test_a_matrix_is_relabelled_on_both_sides():
    matrix = np.random.default_rng(1).normal(size=(1, 1, 3, 3))
    dataset = xr.Dataset({"move": (("chain", "draw", "component", "to"), matrix)})
    perm = [[[2, 0, 1]]]
    moved = apply_to_dataset(perm, dataset, dims=("component", "to"))["move"].to_numpy()
    np.testing.assert_array_equal(moved[0, 0], matrix[0, 0][np.ix_([2, 0, 1], [2, 0, 1])])


def test_parameters_are_stacked_by_component(draws, dataset):
    stacked = stack_parameters(dataset, ["theta", "mu"])
    np.testing.assert_array_equal(stacked[..., 0], draws.weight)
    np.testing.assert_array_equal(stacked[..., 1:], draws.theta)
    assert stack_parameters(dataset).shape == (2, 12, 3, 2 + 1 + len(draws.y))


def test_a_dataset_is_relabelled_from_end_to_end(draws, dataset):
    perm = random_permutations(102, 2, 12, 3)
    switched = apply_to_dataset(perm, dataset)
    back = apply_to_dataset(pra(stack_parameters(switched, ["mu"])), switched)
    spread = back["mu"].std(("chain", "draw"))
    np.testing.assert_allclose(
        np.sort(spread, axis=0), np.sort(dataset["mu"].std(("chain", "draw")), axis=0)
    )


def test_a_group_of_a_data_tree_is_a_dataset(draws, dataset):
    group = xr.DataTree.from_dict({"posterior": dataset})["posterior"]
    perm = np.tile([2, 0, 1], (*draws.theta.shape[:2], 1))
    found = apply_to_dataset(perm, group)
    xr.testing.assert_identical(found, apply_to_dataset(perm, dataset))
    np.testing.assert_array_equal(stack_parameters(group), stack_parameters(dataset))


def test_refuses_what_does_not_fit(dataset):
    perm = random_permutations(103, 2, 12, 3)
    with pytest.raises(InputError, match=r"no variable has the dimension 'k'; .*'chain'"):
        apply_to_dataset(perm, dataset, dims="k")
    with pytest.raises(InputError, match="draws has 2 chains of 12 draws, but perm has 1"):
        apply_to_dataset(perm[:1], dataset)
    with pytest.raises(InputError, match="no variable 'sigma'; it has 'mu'"):
        stack_parameters(dataset, ["sigma"])
    with pytest.raises(InputError, match="lp has the dimensions"):
        stack_parameters(dataset, ["lp"])
    with pytest.raises(InputError, match="no variable has the dimension 'k'"):
        stack_parameters(dataset, dim="k")
    with pytest.raises(InputError, match=r"mu has the dimensions .*expected 'chain' and 'draw'"):
        stack_parameters(dataset.isel(chain=0), ["mu"])
