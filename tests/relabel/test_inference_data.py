from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from synthetic import pair_draws, switched

import stanmix
from stanmix import containers
from stanmix.errors import InputError


@pytest.fixture(scope="module")
def swap():
    return np.random.default_rng(0).random((4, 250)) < 0.4


@pytest.fixture(scope="module")
def idata(swap):
    """As another program would give it: other names, no statistics, allocations in the draws."""
    draws, y = pair_draws()
    mixed = switched(draws, swap)
    z = (np.abs(y - mixed["mu"][..., [1]]) < np.abs(y - mixed["mu"][..., [0]])).astype(int)
    data = {
        "w": (("chain", "draw", "cluster"), mixed["theta"]),
        "center": (("chain", "draw", "cluster"), mixed["mu"]),
        "tau": (("chain", "draw"), mixed["sigma"][..., 0]),
        "z": (("chain", "draw", "row"), z),
    }
    return containers.container({"posterior": xr.Dataset(data)}, {})


@pytest.mark.parametrize(
    ("method", "options"),
    [
        ("auto", {}),
        ("auto", {"z": "z"}),
        ("order", {"parameters": ["center"]}),
        ("pra", {}),
        ("ecr_iterative_1", {"z": "z"}),
    ],
)
def test_draws_of_other_programs_are_aligned(idata, swap, method, options):
    found = stanmix.relabel_inference_data(idata, method, dim="cluster", **options)
    center = found.posterior["center"].to_numpy()
    assert (np.ptp(center, axis=(0, 1)) < 2).all()  # the two lie 4 apart
    expected = np.sort(idata.posterior["center"], axis=-1)
    np.testing.assert_array_equal(np.sort(center, axis=-1), expected)
    xr.testing.assert_identical(found.posterior["tau"], idata.posterior["tau"])
    assert type(found) is type(idata)
    perm = found.sample_stats["permutation"].to_numpy()
    swapped = perm[..., 0] == 1
    assert (swapped == swap).all() or (swapped == ~swap).all()
    if "z" in options:
        assert (found.posterior["z"].to_numpy().std(axis=(0, 1)) == 0).mean() > 0.8
    assert found.attrs["labelling"].startswith("relabelled")
    assert "permutation" not in idata.posterior


def test_what_is_missing_is_named(idata):
    with pytest.raises(InputError, match="'component'"):
        stanmix.relabel_inference_data(idata)
    with pytest.raises(InputError, match="needs p"):
        stanmix.relabel_inference_data(idata, "stephens", dim="cluster")
    with pytest.raises(InputError, match="no such variable; it has 'w'"):
        stanmix.relabel_inference_data(idata, dim="cluster", z="allocation")
    with pytest.raises(InputError, match="relabel_inference_data: method must be one of 'auto'"):
        stanmix.relabel_inference_data(idata, "best", dim="cluster")
    with pytest.raises(InputError, match="no group 'posterior'"):
        stanmix.relabel_inference_data(containers.container({}, {}))


@pytest.fixture
def by_default(swap):
    """As ArviZ makes them of arrays: each variable has dimensions of its own."""
    draws = switched(pair_draws()[0], swap)
    return containers.container({"posterior": containers.arviz().convert_to_dataset(draws)}, {})


def aligned(found):
    """Whether each variable has the same components together in all draws."""
    draws, _ = pair_draws()
    return {
        name: all(np.array_equal(found[name], values) or np.array_equal(found[name], flipped)
                  for flipped in [values[..., ::-1]])
        for name, values in draws.items()
    }  # fmt: skip


def test_one_default_name_stands_for_all_of_its_kind_and_says_so(by_default):
    with pytest.warns(UserWarning, match=r"dim=\['mu_dim_0', 'theta_dim_0', 'sigma_dim_0'\]"):
        found = stanmix.relabel_inference_data(by_default, dim="mu_dim_0")
    assert all(aligned(found.posterior).values())


def test_a_list_of_dimensions_is_taken_as_it_is(by_default):
    every = ["mu_dim_0", "theta_dim_0", "sigma_dim_0"]
    found = stanmix.relabel_inference_data(by_default, dim=every)
    assert all(aligned(found.posterior).values())
    assert found.sample_stats["permutation"].dims == ("chain", "draw", "mu_dim_0")
    two = stanmix.relabel_inference_data(by_default, dim=every[:2])
    assert aligned(two.posterior) == {"theta": True, "mu": True, "sigma": False}


def test_what_is_left_as_sampled_is_said(idata):
    posterior = containers.group(idata, "posterior").assign(
        tau=(("chain", "draw", "site"), np.ones((4, 250, 2)))
    )
    with pytest.warns(UserWarning, match="tau: without the dimension 'cluster' and left as sam"):
        found = stanmix.relabel_inference_data(posterior, dim="cluster")
    xr.testing.assert_identical(found.posterior["tau"], posterior["tau"])


def test_components_in_other_orders_are_refused(by_default):
    draws = containers.group(by_default, "posterior")
    posterior = draws.assign_coords(mu_dim_0=[1, 0])
    with pytest.raises(InputError, match=r"labels \[1, 0\].*into one order"):
        stanmix.relabel_inference_data(posterior, dim=["mu_dim_0", "sigma_dim_0"])
    other = draws.assign(nu=(("chain", "draw", "of"), np.ones((4, 250, 3))))
    with pytest.raises(InputError, match="differ in length"):
        stanmix.relabel_inference_data(other, dim=["mu_dim_0", "of"])


@pytest.mark.parametrize("container", ["DataTree", "a group of a DataTree", "Dataset"])
def test_other_containers_of_draws_will_do(idata, container):
    posterior = given = containers.group(idata, "posterior")
    if container == "a group of a DataTree":
        given = xr.DataTree(posterior)
    if container == "DataTree":
        given = xr.DataTree.from_dict({"posterior": posterior})
        given.attrs["made by"] = "another program"
    found = stanmix.relabel_inference_data(given, dim="cluster")
    expected = stanmix.relabel_inference_data(idata, dim="cluster")
    np.testing.assert_array_equal(found["posterior"]["center"], expected.posterior["center"])
    np.testing.assert_array_equal(
        found["sample_stats"]["permutation"], expected.sample_stats["permutation"]
    )
    assert found["posterior"].attrs["labelling"] == expected.posterior.attrs["labelling"]
    if container == "DataTree":
        assert isinstance(found, xr.DataTree) and "sample_stats" not in given.children
        assert set(found.attrs) == {"made by", "labelling"}
    else:
        assert type(found) is type(containers.container({}, {}))


def test_probabilities_in_the_posterior_are_relabelled_with_the_rest(swap):
    draws, y = pair_draws()

    def of(mu):
        p = np.exp(-((y[:, None] - np.asarray(mu)[:, :, None]) ** 2) / 2)
        return p / p.sum(axis=-1, keepdims=True)

    mu = switched(draws, swap)["mu"]
    given = containers.arviz().convert_to_dataset({"mu": mu, "p": of(mu)})
    found = stanmix.relabel_inference_data(given, "stephens", dim=["mu_dim_0"], p="p").posterior
    assert aligned({**draws, "mu": found["mu"]})["mu"]
    np.testing.assert_allclose(found["p"], of(found["mu"]), rtol=1e-12)


def test_statistics_of_other_draws_are_refused(idata):
    stats = xr.Dataset({"lp": (("chain", "draw"), np.zeros((4, 10)))})
    groups = {"posterior": containers.group(idata, "posterior"), "sample_stats": stats}
    other = containers.container(groups, {})
    with pytest.raises(InputError, match="'sample_stats' has other labels of 'draw'"):
        stanmix.relabel_inference_data(other, dim="cluster")


@pytest.mark.parametrize("given", [None, "idata.nc", {"mu": np.zeros((1, 2, 2))}, np.zeros(3)])
def test_what_holds_no_draws_is_refused(given):
    with pytest.raises(InputError, match=r"idata must be arviz.InferenceData, an xarray.DataTree"):
        stanmix.relabel_inference_data(given)
