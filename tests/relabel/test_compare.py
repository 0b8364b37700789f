import importlib

import gibbs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from switched_draws import make, random_permutations, seeds
from test_sjw import log_density, parameters

from stanmix.errors import InputError
from stanmix.relabel import (
    RelabellingWarning,
    agreement,
    apply,
    apply_to_allocations,
    compare,
    compare_relabellings,
    stephens,
)

comparison = importlib.import_module("stanmix.relabel.compare")  # the function has its name


@settings(max_examples=50, deadline=None, derandomize=True)
@given(seeds, st.integers(1, 5))
def test_agreement_does_not_depend_on_names(seed, components):
    first = random_permutations(seed, 2, 6, components)
    names = random_permutations(seed + 1, 1, 1, components)[0, 0]
    assert agreement(first, first[..., names]) == 1
    second = first[..., names].copy()
    second[0, 0] = np.roll(second[0, 0], 1)
    assert agreement(first, second) == (1 if components == 1 else 11 / 12)


def test_all_methods_are_compared_and_timed():
    draws = make(91, components=4)
    switched = draws.switched(random_permutations(91, 2, 12, 4))
    table = compare_relabellings(
        z=switched.z,
        p=switched.p,
        theta=parameters(switched),
        y=switched.y,
        pivot=draws.truth,
        log_density=log_density,
    )
    assert set(table.index) == {
        "order",
        "ecr",
        "ecr_iterative_1",
        "ecr_iterative_2",
        "stephens",
        "pra",
        "sjw",
        "data_based",
    }
    right = table.drop(index="order")
    assert (right.drop(columns="agrees_with_order").filter(like="agrees") == 1).all(axis=None)
    assert (table["seconds"] > 0).all()
    assert (table["invariance"] < 1e-12).all()
    assert (right["differing"] == (draws.z != draws.truth).mean()).all()
    assert table["converged"].map({True: "yes", None: "-"})[["stephens", "ecr"]].tolist() == [
        "yes",
        "-",
    ]


def test_all_methods_agree_on_switching_draws_of_a_sampler():
    rng = np.random.default_rng(7)
    y = np.concatenate([rng.normal(m, 1, 60) for m in (0.0, 5.0, 10.0)])
    chains = [gibbs.sample(y, 3, 100, seed) for seed in (1, 2)]
    z, p, theta = (np.stack([chain[name] for chain in chains]) for name in ("z", "p", "theta"))
    table = compare_relabellings(
        z=z, p=p, theta=theta, y=y, log_density=gibbs.log_density, pivot=z[0, -1]
    )
    assert len(table) == 8
    assert (table["switched"] > 0.5).all()
    assert (table["invariance"] < 1e-12).all()
    # The groups are five standard deviations apart: no draw leaves a choice.
    assert (table.filter(like="agrees") == 1).all(axis=None)
    means = np.sort(apply(stephens(p), theta)[..., 0].mean(axis=1), axis=1)
    # Three times 1 / sqrt(60), the posterior sd of a mean, and little Monte Carlo error.
    assert np.abs(means - [0, 5, 10]).max() < 3 / np.sqrt(60)


def test_figures_equal_direct_computations():
    draws = make(92, components=3, separation=2.0)
    perms = {
        "as they are": np.broadcast_to(np.arange(3), (2, 12, 3)),
        "at random": random_permutations(92, 2, 12, 3),
    }
    table = compare(perms, z=draws.z, p=draws.p, theta=draws.theta)
    for name, perm in perms.items():
        z = apply_to_allocations(perm, draws.z).reshape(24, -1)
        modal = sum(np.bincount(column).max() for column in z.T)
        assert table.loc[name, "differing"] == pytest.approx(1 - modal / z.size, rel=1e-12)
        theta = apply(perm, draws.theta)
        parts = [
            np.mean([theta[:, :, k, j].var() for k in range(3)])
            / np.mean([draws.theta[:, :, k, j].var() for k in range(3)])
            for j in range(2)
        ]
        assert table.loc[name, "spread"] == pytest.approx(np.mean(parts), rel=1e-12)
        commonest = max(np.sum((perm == q).all(axis=-1)) for q in perm.reshape(-1, 3))
        assert table.loc[name, "switched"] == pytest.approx(1 - commonest / 24, rel=1e-12)
    assert table.loc["as they are", "switched"] == 0


def test_a_change_of_what_must_not_change_shows(monkeypatch):
    draws = make(93)
    perm = random_permutations(93, 2, 12, 3)
    monkeypatch.setattr(comparison, "apply", lambda perm, x: apply(perm, x) * 1.001)
    assert compare({"a": perm}, theta=draws.theta)["invariance"].item() > 1e-4
    monkeypatch.setattr(comparison, "apply_to_allocations", lambda perm, z: np.zeros_like(z))
    assert compare({"a": perm}, z=draws.z)["invariance"].item() > 1e-2
    monkeypatch.setattr(comparison, "relabelled_sum", lambda p, perm: p.sum(axis=0) * 1.001)
    assert compare({"a": perm}, p=draws.p)["invariance"].item() > 1e-4


def test_allocations_are_sampled_where_only_probabilities_are_given():
    draws = make(94)
    table = compare_relabellings(p=draws.p, seed=3)
    assert set(table.index) == {"ecr_iterative_1", "ecr_iterative_2", "stephens"}
    assert (table.filter(like="agrees") == 1).all(axis=None)


def test_an_iteration_that_did_not_settle_is_marked(monkeypatch):
    draws = make(95)
    method = comparison.METHODS["stephens"]

    def stopped(inputs, report):
        return stephens(inputs.p, max_iterations=1, report=report)

    monkeypatch.setitem(comparison.METHODS, "stephens", type(method)(method.needs, stopped))
    with pytest.warns(RelabellingWarning):
        table = compare_relabellings(["stephens"], p=draws.p)
    assert table["converged"].tolist() == [False]


@pytest.mark.parametrize(
    ("methods", "message"),
    [(["best"], "methods must be a list of 'order', 'ecr'"), (["sjw"], "'sjw' needs theta, z, y")],
)
def test_methods_that_cannot_run_are_refused(methods, message):
    with pytest.raises(InputError, match=message):
        compare_relabellings(methods, p=make(96).p)


def test_permutations_of_other_draws_are_refused():
    perm = random_permutations(97, 2, 12, 3)
    with pytest.raises(InputError, match="no permutations to compare"):
        compare({})
    with pytest.raises(InputError, match=r"perms\['b'\] has shape \(1, 12, 3\)"):
        compare({"a": perm, "b": perm[:1]})
    with pytest.raises(InputError, match="theta has 1 chains"):
        compare({"a": perm}, theta=np.zeros((1, 12, 3)))
    with pytest.raises(InputError, match="second has"):
        agreement(perm, perm[:1])
