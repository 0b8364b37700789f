from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from synthetic import fit_of

import stanmix
from stanmix.model.families import FAMILIES

S, N = 3, 4_000


def fitted(family: str, y: np.ndarray, values: dict[str, list[float]], **columns: np.ndarray):
    """A fit whose draws are all the same, of two components with weights .3 and .7."""
    trials = {"trials": "n"} if "n" in columns else {}
    model = stanmix.Mixture("y ~ 1", 2, family=family, order=None, **trials)
    draws = {"theta": [0.3, 0.7], **values}
    draws = {name: np.tile(value, (1, S, 1)) for name, value in draws.items()}
    return fit_of(model, {"y": y, **columns}, draws)


def drawn(family: str, values: dict[str, list[float]], **rows: np.ndarray) -> np.ndarray:
    rng = np.random.default_rng(4)
    which = (rng.random(N) < 0.7).astype(int)
    return FAMILIES[family].sample(rng, {k: np.array(v)[which] for k, v in values.items()} | rows)


@pytest.mark.parametrize(
    ("family", "values"),
    [
        ("normal", {"mu": [-2.0, 1.0], "sigma": [0.5, 1.0]}),
        ("gamma", {"mu": [1.0, 6.0], "shape": [2.0, 5.0]}),
        ("poisson", {"mu": [0.5, 6.0]}),
        ("negative_binomial", {"mu": [1.0, 9.0], "phi": [2.0, 4.0]}),
        ("beta", {"mu": [0.2, 0.7], "phi": [9.0, 20.0]}),
    ],
)
def test_residuals_of_the_right_mixture_are_standard_normal(family, values):
    """Kolmogorov's distance is below 2 / sqrt(N) but in 7 of 10 000 cases."""
    fit = fitted(family, drawn(family, values), values)
    found = fit.quantile_residuals().values
    assert found.shape == (N,)
    assert stats.kstest(found, "norm").statistic < 2 / np.sqrt(N)


def test_trials_of_rows_count():
    n = np.random.default_rng(3).integers(1, 12, N).astype(float)
    values = {"mu": [0.1, 0.6]}
    fit = fitted("binomial", drawn("binomial", values, trials=n), values, n=n)
    assert stats.kstest(fit.quantile_residuals().values, "norm").statistic < 2 / np.sqrt(N)


def test_a_mixture_that_does_not_fit_is_seen():
    values = {"mu": [0.5, 6.0]}
    fit = fitted("poisson", drawn("poisson", values), {"mu": [0.5, 4.0]})
    assert stats.kstest(fit.quantile_residuals().values, "norm").statistic > 10 / np.sqrt(N)


def test_residuals_are_normal_quantiles_of_the_mixture_averaged_over_draws():
    y = np.array([-3.0, 0.2, 1.7, 40.0])
    model = stanmix.Mixture("y ~ 1", 2, order=None)
    rng = np.random.default_rng(6)
    draws = {
        "theta": rng.dirichlet([3, 3], (1, S)),
        "mu": rng.normal(size=(1, S, 2)),
        "sigma": rng.uniform(0.5, 2, size=(1, S, 2)),
    }
    found = fit_of(model, {"y": y}, draws).quantile_residuals().values
    parts = stats.norm.cdf(y[:, None, None], draws["mu"][0], draws["sigma"][0])
    expected = stats.norm.ppf((parts * draws["theta"][0]).sum(axis=2).mean(axis=1))
    np.testing.assert_allclose(found[:3], expected[:3], rtol=1e-9)
    assert 8 < found[3] < 8.3


def test_a_seed_decides_where_in_its_mass_a_count_lies():
    values = {"mu": [0.5, 6.0]}
    fit = fitted("poisson", drawn("poisson", values), values)
    one, same, other = (fit.quantile_residuals(seed=seed).values for seed in (1, 1, 2))
    assert (one == same).all() and (one != other).any()
    lower = stats.poisson.cdf(fit.design.y[:, None] - 1, values["mu"]) @ [0.3, 0.7]
    upper = stats.poisson.cdf(fit.design.y[:, None], values["mu"]) @ [0.3, 0.7]
    levels = stats.norm.cdf(one)
    assert ((lower - 1e-12 <= levels) & (levels <= upper + 1e-12)).all()


def test_columns_have_residuals_of_their_own():
    rng = np.random.default_rng(7)
    frame = {"x1": rng.normal(size=50), "x2": rng.normal(2, 3, size=50)}
    model = stanmix.Mixture(["x1", "x2"], 1, family="mvnormal", covariance="diagonal", order=None)
    draws = {
        "theta": np.ones((1, S, 1)),
        "mu": np.tile([[0.0, 2.0]], (1, S, 1, 1)),
        "sigma": np.tile([[1.0, 3.0]], (1, S, 1, 1)),
    }
    found = fit_of(model, frame, draws).quantile_residuals()
    assert found.dims == ("obs_id", "dimension")
    expected = np.stack([frame["x1"], (frame["x2"] - 2) / 3], axis=1)
    np.testing.assert_allclose(found.values, expected, atol=1e-9)
