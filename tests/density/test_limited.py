"""Censored and truncated responses against sums and integrals of SciPy's densities."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from independent import total_log_likelihood
from scipy import integrate, stats
from scipy_families import SCIPY
from synthetic import at_draw, made_up_fit

import stanmix
from stanmix.model.families import FAMILIES, truncation
from stanmix.model.parameters import FRACTION

LIMITED = [name for name, one in FAMILIES.items() if one.tails is not None]
HEAVY = {"cauchy"}  # without a mean, where an end is open
USUAL = {"mu": 3.0, "sigma": 1.3, "tau": 0.7, "nu": 6.0, "phi": 3.0, "shape": 4.5, "alpha": 2.0,
         "quantile": 0.3, "minimum": 0.5}  # fmt: skip


def values_of(name: str) -> dict[str, np.ndarray]:
    found = {one.name: np.array([USUAL[one.name]]) for one in FAMILIES[name].parameters}
    if FAMILIES[name].location.support == FRACTION:
        found["mu"] = np.array([0.3])
    if FAMILIES[name].location.unitless:  # a tail with a mean
        found["mu"] = np.array([0.3])
    if FAMILIES[name].location.logarithm:
        found["mu"] = np.array([1.0])
    return found | ({"trials": np.array([30.0])} if FAMILIES[name].response.trials else {})


def expected_mean(name, values, low, high):
    """By sums of masses, or quadrature between many quantiles."""
    exact = SCIPY[name](values)
    if FAMILIES[name].counts:
        at = np.arange(0 if low is None else low, 3000 if high is None else high + 1)
        mass = exact.pmf(at)
        return (at * mass).sum() / mass.sum()
    ends = [-np.inf if low is None else low, np.inf if high is None else high]
    inner = exact.ppf(np.array([1e-12, 1e-6, 0.01, 0.2, 0.5, 0.8, 0.99, 1 - 1e-6, 1 - 1e-12]))
    points = [*np.clip(ends, *inner[[0, -1]])]
    points = sorted({*points, *(p for p in inner if points[0] < p < points[1])})

    def integral(of):
        parts = [integrate.quad(of, a, b, limit=200)[0]
                 for a, b in itertools.pairwise(points)]  # fmt: skip
        return sum(parts)

    def density(t):
        return exact.pdf(t)[0]

    return integral(lambda t: t * density(t)) / integral(density)


@pytest.mark.parametrize("name", LIMITED)
@pytest.mark.parametrize("ends", [(0.3, None), (None, 0.8), (0.2, 0.9), (0.999, None)])
def test_draws_and_means_are_of_what_lies_between_the_ends(name, ends):
    family, values = FAMILIES[name], values_of(name)
    low, high = (None if p is None else float(SCIPY[name](values).ppf(p)[0]) for p in ends)
    arrays = [None if end is None else np.array([end]) for end in (low, high)]
    expected = expected_mean(name, values, low, high)
    if name not in HEAVY or None not in ends:
        found = truncation.mean(family, values, *arrays)[0]
        assert found == pytest.approx(expected, rel=1e-4, abs=1e-4)
    size = 4000
    wide = {key: np.full(size, value[0]) for key, value in values.items()}
    between = [None if end is None else np.full(size, end) for end in (low, high)]
    drawn = truncation.sample(family, np.random.default_rng(1), wide, *between)
    assert low is None or (drawn >= low).all()
    assert high is None or (drawn <= high).all()
    exact = SCIPY[name](values)

    def cdf(at):  # once a value: SciPy sums the masses of some counts for each
        each, where = np.unique(at, return_inverse=True)
        return exact.cdf(each)[where]

    step = int(family.counts)
    below = 0.0 if low is None else exact.cdf(low - step)[0]
    above = 1.0 if high is None else exact.cdf(high)[0]
    # Randomised over what counts leave open, the probabilities of draws are uniform.
    u = np.random.default_rng(2).random(size) if family.counts else 1.0
    left = cdf(drawn - step) if family.counts else 0.0
    at = (left + u * (cdf(drawn) - left) - below) / (above - below)
    assert stats.kstest(at, "uniform").pvalue > 1e-4


def rows(kind: str = "y") -> pd.DataFrame:
    rng = np.random.default_rng(4)
    y = rng.gamma(3.0, 2.0, 30)
    frame = pd.DataFrame({"y": y, "x": rng.normal(size=30), "n": rng.poisson(4, 30) + 1})
    frame["c"] = np.resize(["none", "left", "right", "interval"], 30)
    return frame.assign(
        to=frame.y * 1.4, n_to=frame.n + 2, g=np.repeat(np.arange(10), 3), w=rng.integers(1, 4, 30)
    )


CASES = {
    "censored": {"formula": "y ~ x", "family": "gamma", "censoring": ("c", "to")},
    "truncated": {"formula": "y", "truncation": (0.0, 30.0)},
    "both": {"formula": "y ~ x", "censoring": ("c", "to"), "truncation": (None, 60.0),
             "weights": "w"},
    "groups": {"formula": "y", "family": "weibull", "censoring": ("c", "to"), "group": "g"},
    "counts": {"formula": "n ~ x", "family": "negative_binomial", "censoring": ("c", "n_to"),
               "truncation": (1, None)},
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_log_likelihood_is_that_of_scipy(name):
    model = stanmix.Mixture(components=2, **CASES[name])
    fit, data = made_up_fit(model, rows()), model.data(rows())
    expected = [total_log_likelihood(model, data, at_draw(fit, s)) for s in range(7)]
    np.testing.assert_allclose(fit.log_likelihood().to_numpy()[0], expected, rtol=1e-9)
    terms = fit.rows()[0]
    np.testing.assert_allclose(
        terms[3:9].log_density(fit.draws()), terms.log_density(fit.draws())[:, 3:9], rtol=1e-12
    )


def test_probabilities_between_far_ends_keep_their_digits():
    normal = FAMILIES["normal"]
    values = {"mu": np.zeros(1), "sigma": np.ones(1)}
    for low, high in ((30.0, 31.0), (-31.0, -30.0)):
        found = truncation.log_between(normal, np.array([low]), np.array([high]), values)[0]
        assert found == pytest.approx(stats.norm.logsf(30) + np.log1p(-np.exp(
            stats.norm.logsf(31) - stats.norm.logsf(30))), rel=1e-12)  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_residuals_of_what_the_mixture_made_are_normal(name):
    """Of responses drawn from it, some censored at limits that know nothing of them."""
    rng = np.random.default_rng(7)
    frame = rows().loc[np.resize(np.arange(30), 900)].reset_index(drop=True)
    frame["g"] = np.arange(900)
    model = stanmix.Mixture(components=2, **CASES[name])
    fit = made_up_fit(model, frame, draws=1)
    drawn, limit = fit.predict(kind="draws", seed=1), fit.predict(kind="draws", seed=2)
    y, limit = drawn.to_numpy()[0, 0], limit.to_numpy()[0, 0]
    kinds, seen, to = np.full(900, "none", dtype=object), y.copy(), np.full(900, np.nan)
    if model.censoring is not None:
        way = rng.integers(0, 3, 900)
        kinds[(way == 1) & (y > limit)], kinds[(way == 2) & (y < limit)] = "right", "left"
        seen = np.where(kinds == "none", y, limit)
        if fit.family.counts:  # at least so many: one more than the limit
            seen = np.where(kinds == "right", limit + 1, np.where(kinds == "left", limit - 1, y))
        # Between limits on either side of it.
        other = np.sort(np.stack([limit, np.roll(limit, 1)]), axis=0)
        inside = (way == 0) & (other[0] < y) & (y < other[1])
        step = int(fit.family.counts)
        kinds[inside], seen[inside], to[inside] = "interval", other[0][inside] + step, 0.0
        to[inside] = other[1][inside] - step
    name_of_y = model.formula.split(" ")[0]
    made = frame.assign(**{name_of_y: seen, "c": kinds, "to": to, "n_to": to})
    draws = {one: fit.posterior[one].to_numpy() for one in model.parameters}
    found = stanmix.from_draws(model, made, draws).quantile_residuals().to_numpy()
    assert stats.kstest(found, "norm").pvalue > 1e-3
    if model.censoring is not None:
        assert {*kinds} == {"none", "left", "right", "interval"}


def test_predictions_are_of_what_is_recorded():
    model = stanmix.Mixture("y", 2, truncation=(0.0, 30.0))
    fit = made_up_fit(model, rows())
    drawn = fit.predict(kind="draws").to_numpy()
    assert ((drawn >= 0) & (drawn <= 30)).all()
    means, draws = fit.predict(by_component=True).to_numpy(), fit.draws()
    z = [(end - draws["mu"]) / draws["sigma"] for end in (0.0, 30.0)]
    whole = stats.norm.cdf(z[1]) - stats.norm.cdf(z[0])
    shift = (stats.norm.pdf(z[0]) - stats.norm.pdf(z[1])) / whole
    expected = (draws["mu"] + draws["sigma"] * shift).mean(axis=0)
    np.testing.assert_allclose(means, np.broadcast_to(expected, means.shape), rtol=1e-4)
    columns = stanmix.Mixture("y", 2, truncation=(None, "most"))
    with pytest.raises(stanmix.InputError, match="most"):
        made_up_fit(columns, rows().assign(most=60.0)).predict({"y": [1.0, 2.0]})
