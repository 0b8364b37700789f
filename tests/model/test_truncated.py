"""Truncated families beside SciPy's distributions, by sums and integrals of their densities."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats
from scipy_families import SCIPY

import stanmix
from stanmix.errors import InputError
from stanmix.model.families.components import entry

CASES = {
    "normal above": ("normal", 0.0, None, {"mu": -1.0, "sigma": 1.3}),
    "normal far out": ("normal", 6.0, None, {"mu": 0.0, "sigma": 1.0}),
    "normal between": ("normal", -1.0, 2.0, {"mu": 0.5, "sigma": 1.3}),
    "normal below": ("normal", None, -2.0, {"mu": 0.5, "sigma": 1.3}),
    "student_t above": ("student_t", 1.0, None, {"mu": 0.0, "sigma": 1.0, "nu": 6.0}),
    "gamma below": ("gamma", None, 4.0, {"mu": 3.0, "shape": 2.0}),
    "lognormal above": ("lognormal", 1.5, None, {"mu": 0.2, "sigma": 0.6}),
    "beta between": ("beta", 0.1, 0.7, {"mu": 0.4, "phi": 3.0}),
    "pareto below": ("pareto", None, 9.0, {"mu": 0.7, "minimum": 2.0}),
    "poisson hurdle": ("poisson", 1, None, {"mu": 2.0}),
    "poisson rare": ("poisson", 12, None, {"mu": 2.0}),
    "negative_binomial between": ("negative_binomial", 1, 9, {"mu": 3.0, "phi": 1.5}),
    "geometric above": ("geometric", 3, None, {"mu": 4.0}),
}


def case(name):
    """The family, its values, the density of SciPy, and all that it is over."""
    family, lower, upper, given = CASES[name]
    made, ends = entry(stanmix.Truncated(family, lower, upper), {})
    values = {key: np.asarray(value, dtype=float) for key, value in {**given, **ends}.items()}
    exact = SCIPY[family](values)
    counts = isinstance(exact.dist, stats.rv_discrete)
    low = (0 if counts else exact.support()[0]) if lower is None else lower
    high = (exact.ppf(1 - 1e-15) + 60 if counts else exact.support()[1]) if upper is None else upper
    return made, values, exact, counts, float(low), float(high)


def moment(name, power, upto=np.inf):
    """E Y^power of responses up to a value, as the density of SciPy has it."""
    _, _, exact, counts, low, high = case(name)
    high = min(high, upto)
    if counts:
        y = np.arange(low, high + 1)
        whole = exact.sf(low - 1) - exact.sf(case(name)[5])
        return float((y**power * exact.pmf(y)).sum() / whole)
    whole = exact.sf(low) - (0.0 if np.isinf(case(name)[5]) else exact.sf(case(name)[5]))
    return integrate.quad(lambda y: y**power * exact.pdf(y) / whole, low, high, epsabs=1e-13)[0]


@pytest.mark.parametrize("name", CASES)
def test_density_distribution_and_moments(name):
    family, values, exact, counts, low, high = case(name)
    first, last = (low, min(low + 4, high)) if np.isfinite(low) else (high - 4, high)
    y = np.linspace(first, last, 7)[1:-1]
    y = np.unique(np.round(y)) if counts else y
    whole = moment(name, 0)
    assert whole == pytest.approx(1, rel=1e-8)
    of = exact.logpmf if counts else exact.logpdf
    shift = family.log_density(y, values) - of(y)
    np.testing.assert_allclose(shift, shift[0], atol=1e-10)
    share = exact.sf(low - counts) - (0 if np.isinf(high) else exact.sf(high))
    assert shift[0] == pytest.approx(-np.log(share), rel=1e-8)
    _, lower, upper, _ = CASES[name]
    beyond = np.array([end for end in (low - 1 if lower is not None else None,
                                       high + 1 if upper is not None else None)
                       if end is not None])  # fmt: skip
    assert (family.log_density(beyond, values) == -np.inf).all()
    for at in y[1:-1]:
        assert family.cdf(at, values) == pytest.approx(moment(name, 0, at), abs=1e-8)
    mean = moment(name, 1)
    assert family.mean(values) == pytest.approx(mean, rel=1e-6)
    assert family.variance(values) == pytest.approx(moment(name, 2) - mean**2, rel=1e-5)


@pytest.mark.parametrize("name", CASES)
def test_draws_have_the_distribution(name):
    family, values, _, counts, low, high = case(name)
    drawn = family.sample(
        np.random.default_rng(3), {k: np.full(4000, v) for k, v in values.items()}
    )
    assert drawn.min() >= low and drawn.max() <= high
    level = family.cdf(drawn, values)
    if counts:  # randomised within each step
        level -= np.random.default_rng(4).random(4000) * np.exp(family.log_density(drawn, values))
    assert stats.kstest(level, stats.uniform.cdf).pvalue > 1e-3


@pytest.mark.parametrize(
    ("stated", "words"),
    [
        (("gauss", 0), "Unknown family"),
        (("von_mises", 0), "cannot be truncated: it has no distribution function.*'normal', 'stud"),
        (("poisson", 0.5), "lower must be whole, got 0.5"),
        (("poisson",), "no end is stated"),
        (("normal", 2, 1), "from 2 to 1 there is no room"),
        (("gamma", None, -1), "there is no room"),
        (("normal", np.inf), "lower must be a finite number"),
    ],
)
def test_what_cannot_be_truncated_is_refused(stated, words):
    with pytest.raises(InputError, match=words):
        stanmix.Truncated(*stated)


@pytest.mark.parametrize(
    ("ends", "minimum", "y", "words"),
    [
        ({"upper": 0.5}, 1.0, 2.0, "from 1 to 0.5 there is no room.*move an end"),
        ({"upper": 20}, 1.0, 25.0, "'minimum': 1.0.*cannot take 25, which 'y' is in row 0"),
        ({"upper": 20}, 1.0, 0.5, "cannot take 0.5"),
        ({"lower": 3, "upper": 20}, 1.0, 2.0, "cannot take 2"),
    ],
)
def test_a_truncated_pareto_lies_above_its_minimum(ends, minimum, y, words):
    family = [stanmix.Truncated("pareto", **ends)] * 2
    model = stanmix.Mixture("y", 2, family=family, fixed={"minimum": minimum})
    with pytest.raises(InputError, match=words):
        model.data({"y": [y, 4.0, 5.0, 7.0, 8.0]})
    with pytest.raises(InputError, match="a minimum that is known and not estimated"):
        stanmix.Mixture("y", 2, family=family)


def test_a_hurdle_is_two_models():
    """Whether it is zero, and the counts above: the mode of each is that of the whole."""
    rng = np.random.default_rng(1)
    above = rng.poisson(1.5, 900)
    y = np.concatenate([np.zeros(200), above[above > 0]])
    family = [stanmix.PointMass(0), stanmix.Truncated("poisson", lower=1)]
    model = stanmix.Mixture("y", 2, family=family, priors={"mu": stanmix.Flat()})
    assert stanmix.Mixture.from_dict(model.to_dict()) == model
    mode = model.fit({"y": y}, "map", seed=1, engine="stanli", progress=False).draws()
    np.testing.assert_allclose(mode["theta"][0, 0], np.mean(y == 0), rtol=1e-4)
    rate = mode["mu"][0, 1]
    # The score of a Poisson number that is not zero: its mean is that of the data.
    assert rate / -np.expm1(-rate) == pytest.approx(y[y > 0].mean(), rel=1e-4)
