"""Constants of families that are stated and not estimated: the minimum of Pareto distributions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import stanmix
from stanmix.errors import InputError
from stanmix.model.families import FAMILIES

FRAME = pd.DataFrame({"y": [2.0, 2.0, 2.5, 3.0, 4.0, 9.0, 80.0, 3000.0]})
RUN = {"engine": "stanli", "seed": 3, "progress": False}


def pareto(**stated) -> stanmix.Mixture:
    return stanmix.Mixture("y", 2, family="pareto", **stated)


@pytest.mark.parametrize(
    ("stated", "words"),
    [
        ({}, r"has a minimum that is known and not estimated.*fixed=\{'minimum': 1.0\}"),
        ({"fixed": {"minimum": 0.0}}, "minimum must be positive and finite"),
        ({"fixed": {"minimum": [1.0, 2.0, 3.0]}}, "one number a component"),
        ({"fixed": {"minimum": 1.0}, "shared": ("minimum",)}, "both shared and fixed"),
        ({"fixed": {"minimum": 1.0}, "order": "minimum"}, "is fixed, so it cannot order"),
        ({"fixed": {"minimum": 1.0}, "formulas": {"minimum": "~ x"}}, "depends on nothing"),
    ],
)
def test_what_cannot_be_stated(stated, words):
    with pytest.raises(InputError, match=words):
        pareto(**stated)


def test_responses_below_every_minimum_are_refused_before_anything_runs():
    with pytest.raises(InputError, match=r"cannot take 2, which 'y' is in row 0.* 1 other row"):
        pareto(fixed={"minimum": 2.1}).data(FRAME)
    with pytest.raises(InputError, match=r"cannot take 2, .*nor the values of 1 other"):
        pareto(fixed={"minimum": [2.1, 2.2]}).data(FRAME)
    for possible in (2.0, [2.0, 10.0]):
        assert pareto(fixed={"minimum": possible}).data(FRAME)["N"] == len(FRAME)


def test_components_of_different_minima_are_told_apart():
    assert pareto(fixed={"minimum": 2.0}).exchangeable
    apart = pareto(fixed={"minimum": [2.0, 50.0]})
    assert not apart.exchangeable
    fit = apart.fit(FRAME, "map", **RUN)
    below = FRAME["y"] < 50
    np.testing.assert_array_equal(fit.responsibilities().to_numpy()[below], [[1.0, 0.0]] * 6)


def test_the_unit_of_the_response_is_that_of_the_minimum():
    """One component, whose posterior mode SciPy finds on the log scale; in two units."""
    logs = np.log(FRAME["y"] / 2)
    prior = stats.lognorm(1.0, scale=np.exp(-0.7))

    def negative(u: float) -> float:
        return -(stats.expon.logpdf(logs, scale=np.exp(u)).sum() + prior.logpdf(np.exp(u)))

    grid = np.linspace(-2, 3, 200_001)
    sizes = logs.sum() * np.exp(-grid) + len(logs) * grid
    best = grid[np.argmin(sizes - prior.logpdf(np.exp(grid)))]
    assert negative(best) <= min(negative(best - 1e-4), negative(best + 1e-4))
    for unit in (1.0, 1e-6, 3.7e5):
        model = stanmix.Mixture("y", 1, family="pareto", fixed={"minimum": 2 * unit})
        fit = model.fit(FRAME * unit, "map", **RUN)
        assert fit.draws()["mu"].item() == pytest.approx(np.exp(best), rel=1e-3)
        assert fit.predict(kind="density").to_numpy() == pytest.approx(
            stats.pareto.pdf(FRAME["y"], np.exp(-best), scale=2) / unit, rel=2e-3
        )


def test_rows_at_the_minimum_and_steep_tails_keep_their_digits():
    y, mu = np.array([2.0, np.nextafter(2.0, 0), 2.0000001]), np.array(1e-6)
    found = FAMILIES["pareto"].log_density(y, {"mu": mu, "minimum": np.array(2.0)})
    excess = (2.0000001 - 2.0) / 2.0
    exact = -np.log(1e-6) - (excess - excess**2 / 2) * 1e6 - np.log(2.0000001)
    np.testing.assert_allclose(found, [-np.log(2e-6), -np.inf, exact], rtol=1e-8)
