"""Components that priors tell apart: their coordinates, numbers, and the whole posterior."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import stanmix
from stanmix import Normal, Uniform
from stanmix.inference.engines.ready import ready
from stanmix.inference.exploration.component_space import ComponentSpace
from stanmix.inference.exploration.emptied import EmptyBlock
from stanmix.inference.exploration.explore import explore
from stanmix.inference.exploration.users_units import draws
from stanmix.inference.problem import problem
from stanmix.inference.runs import stan
from stanmix.inference.starts import multistart
from stanmix.inference.starts.numberings import numberings
from stanmix.inference.unconstrained.space import Space

FAST = {"engine": "stanli", "seed": 1, "progress": False}
BOUNDED = [Uniform(0, 2), Uniform(1, 5)]


def frame(seed=0, rows=40):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=rows)
    y = np.where(np.arange(rows) % 2, rng.normal(-1, 0.7, rows), rng.normal(1, 1.5, rows)) + x
    return pd.DataFrame({"y": y, "x": x, "a": y, "b": 2 - x})


def space_of(model, data, folder):
    stated = problem(model, data, "nuts", FAST)
    made = ready(stated)
    declared = Space(stated.program, stated.data, made.stan_version)
    space = ComponentSpace(declared, float(len(data)), model.alike)
    file = stan.write_json(folder / "data.json", stated.data)
    return space, made.log_density(declared, file, folder, jacobian=False)


@pytest.mark.parametrize(
    "stated",
    [
        {"formula": "y", "priors": {"mu": [Normal(-1, 1), Normal(1, 1)], "sigma": BOUNDED}},
        {"formula": "y ~ x", "gating": "~ x", "priors": {"x": [Normal(0, 1), Normal(1, 2)]}},
        {
            "formula": ["a", "b"],
            "family": "mvnormal",
            "covariance": "diagonal",
            "priors": {"sigma[a]": BOUNDED},
        },
    ],
    ids=["bounded scales", "a slope", "scales of coordinates"],
)
def test_the_density_of_components_changes_as_its_gradient_says(stated, tmp_path):
    model = stanmix.Mixture(components=2, **stated)
    space, density = space_of(model, frame(), tmp_path)
    points = np.random.default_rng(1).normal(0, 0.3, (3, space.size))
    value, gradient = space.target(points, density)
    assert np.isfinite(value).all()
    for i, e in enumerate(1e-5 * np.eye(space.size)):
        rise = space.target(points + e, density)[0] - space.target(points - e, density)[0]
        np.testing.assert_allclose(gradient[:, i], rise / 2e-5, rtol=1e-5, atol=1e-4)
    values = space.space.constrain(space.to_stan(points)[0])
    back = space.to_stan(space.from_program(values)[None])
    np.testing.assert_allclose(back, space.to_stan(points)[:1], atol=1e-9)


def test_each_empty_component_follows_its_own_prior(tmp_path):
    priors = {"mu": [Normal(-3, 1), Normal(5, 2)], "sigma": BOUNDED}
    model = stanmix.Mixture("y", 2, priors=priors)
    space, _ = space_of(model, frame(), tmp_path)
    data = space.space.data
    for k, prior in enumerate(priors["mu"]):
        block = EmptyBlock.of(space, k)
        drawn = block.draw(3000, np.random.default_rng(k))
        mu = data["y_centre"] + data["y_scale"] * drawn[:, 1]
        assert stats.kstest(mu, stats.norm(prior.mu, prior.sigma).cdf).pvalue > 1e-3
        low, high = BOUNDED[k].alpha, BOUNDED[k].beta
        share = stats.logistic.cdf(drawn[:, 2])
        assert (
            stats.kstest(low + (high - low) * share, stats.uniform(low, high - low).cdf)[1] > 1e-3
        )


def test_numberings_come_by_their_prior_density():
    data = frame(rows=90)
    centres = [4.0, -5.0, 0.0]
    data["y"] += np.repeat(np.sort(centres), 30) - data["x"]
    model = stanmix.Mixture("y", 3, priors={"mu": [Normal(each, 3) for each in centres]})
    design = model.matrices(data)
    state = multistart.optima(model, design, seed=1)[0]
    numbers = [*numberings(model, model.data(data), state, np.random.default_rng(0))]
    mu = np.asarray(
        model.data(data)["y_centre"] + model.data(data)["y_scale"] * state.parameters["mu"]
    )
    assert list(np.argsort(mu[numbers[0]])) == [1, 2, 0]
    densities = [stats.norm(centres, 3).logpdf(mu[each]).sum() for each in numbers]
    assert len({tuple(each) for each in numbers}) == len(numbers) > 1
    assert (np.diff(densities) <= 1e-9).all()
    for start in multistart.chain_starts(model, design, 4, seed=1):
        assert list(np.argsort(start["mu_scaled"])) == [1, 2, 0]


def test_components_that_priors_do_not_tell_apart_come_in_any_order():
    data = frame(rows=90)
    data["y"] = data["y"] - data["x"] + np.repeat([-12.0, 0.0, 12.0], 30)
    alike, other = Normal(0, 9), Normal(12, 2)
    model = stanmix.Mixture("y", 3, priors={"mu": [alike, other, alike]})
    state = multistart.optima(model, model.matrices(data), seed=1)[0]
    stan_data, rng = model.data(data), np.random.default_rng(0)
    first = [next(numberings(model, stan_data, state, rng)) for _ in range(30)]
    ranks = {tuple(np.argsort(np.argsort(state.parameters["mu"][each]))) for each in first}
    assert ranks == {(0, 2, 1), (1, 2, 0)}
    every = [tuple(each) for each in numberings(model, stan_data, state, rng)]
    assert len({frozenset([each[0], each[2]]) for each in every}) == len(every) <= 3


def test_many_components_have_their_likeliest_numbering():
    centres = np.array([0.0, 30, 10, 20, 40])
    rng = np.random.default_rng(1)
    data = {"y": np.concatenate([rng.normal(each, 1, 20) for each in np.sort(centres)])}
    model = stanmix.Mixture("y", 5, priors={"mu": [Normal(each, 9) for each in centres]})
    state = multistart.optima(model, model.matrices(data), seed=1)[0]
    (numbers,) = numberings(model, model.data(data), state, np.random.default_rng(0))
    found = model.data(data)["y_scale"] * state.parameters["mu"][numbers]
    assert list(np.argsort(found)) == list(np.argsort(centres))


def test_weak_priors_leave_every_numbering_its_part_of_the_posterior(tmp_path):
    """By quadrature over the means; scales and weights are known."""
    y = np.random.default_rng(4).normal(size=14) + np.repeat([-1.6, 1.6], 7)
    priors = {"mu": [Normal(-0.5, 2), Normal(0.5, 2)]}
    known = {"sigma": 1.0, "theta": [0.5, 0.5]}
    model = stanmix.Mixture("y", 2, fixed=known, priors=priors)
    stated = problem(model, {"y": y}, "nuts", FAST)
    file = stan.write_json(tmp_path / "data.json", stated.data)
    found, rng = multistart.optima(model, stated.design, 1), np.random.default_rng(2)
    seen = explore(stated, ready(stated), file, tmp_path, found, rng)
    grid = np.linspace(-5, 5, 401)
    rows = stats.norm.logpdf(y[:, None], grid)
    log = np.logaddexp(rows[:, :, None], rows[:, None, :]).sum(axis=0)
    log += stats.norm.logpdf(grid, -0.5, 2)[:, None] + stats.norm.logpdf(grid, 0.5, 2)
    weight = np.exp(log - log.max())
    weight /= weight.sum()
    exact = float(np.tril(weight, -1).sum())  # the first mean above the second
    assert 0.05 < exact < 0.95
    mu = draws(seen.space, seen.found.points)["mu"]
    found = seen.found.weights[mu[:, 0] > mu[:, 1]].sum() / seen.found.weights.sum()
    error = np.sqrt(exact * (1 - exact) / seen.found.effective)
    assert seen.found.trusted and abs(found - exact) < 4 * error


@pytest.mark.parametrize("components", [2, 5])
def test_whether_families_may_be_empty_is_said(components):
    """Where there are too many, such parts are not looked for, and draws are not held to them."""
    y = np.random.default_rng(2).normal(size=60)
    family = [*["normal"] * (components - 1), "student_t"]
    fit = stanmix.Mixture("y", components, family=family, fixed={"nu": 4.0}).fit(
        {"y": y}, draws=50, warmup=100, chains=2, **FAST
    )
    assert json.loads(fit.idata.attrs["explored"])["whole"] == (components == 2)
    said = "that part of the posterior was not looked for" in str(fit.diagnose())
    assert said == (components == 5)
