"""Vectors of which rows lack some columns: what is there has the marginal density."""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd
import pytest
from independent import log_posterior, random_points
from interpreted import interpreted
from kept_fits import check_kept
from scipy import special, stats

import stanmix
from stanmix.data.missing_cells import patterns
from stanmix.errors import InputError

pytestmark = pytest.mark.usefixtures("few_searched")

COLUMNS = ["a", "b", "c", "d"]


def rows() -> pd.DataFrame:
    """A few rows of correlated columns in units of their own; row 0 is whole, row 1 lacks all."""
    rng, size = np.random.default_rng(3), 12
    y = rng.normal(size=(size, 4)) @ rng.normal(size=(4, 4)) * [1, 10, 0.1, 2] + [5, 100, 0, 3]
    lacking = rng.random((size, 4)) < 0.3
    lacking[0], lacking[1] = False, True
    frame = pd.DataFrame(np.where(lacking, np.nan, y), columns=COLUMNS)
    return frame.assign(
        z=rng.normal(size=size), g=np.arange(size) // 2, times=rng.integers(1, 4, size)
    )


FRAME = rows()
STATED = {
    "full": ("mvnormal", {"covariance": "full", "gating": "~ z"}),
    "tied": ("mvnormal", {"covariance": "tied", "group": "g", "weights": "times"}),
    "diagonal": ("mvnormal", {"covariance": "diagonal"}),
    "spherical": ("mvnormal", {"covariance": "spherical", "mean": "common", "group": "g"}),
    "shapes": ("mvnormal", {"covariance": "VEI"}),
    "ratios": ("mvnormal", {"covariance": "EVV", "mean": "common"}),
    "factors": ("mvnormal", {"covariance": "factor", "factors": 1, "weights": "times"}),
    "full of a t": ("mvstudent_t", {"covariance": "full", "mean": "common"}),
    "shapes of a t": ("mvstudent_t", {"covariance": "EVI", "gating": "~ z"}),
    "factors of a t": ("mvstudent_t", {"covariance": "factor", "factors": 1}),
    "one scale of a t": ("mvstudent_t", {"covariance": "spherical"}),
}


def mixture(name: str) -> stanmix.Mixture:
    family, stated = STATED[name]
    return stanmix.Mixture(COLUMNS, 2, family=family, missing="marginalise", **stated)


@pytest.mark.parametrize("name", STATED)
def test_the_density_is_that_of_scipy(name):
    model = mixture(name)
    data = model.data(FRAME)
    points = random_points(model, data, 2, seed=1)
    found = interpreted(model, data, points)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found[:, 0], [log_posterior(model, data, u) for u in points], 1e-10)


def test_patterns_are_told_by_their_columns():
    y = np.array([[1, np.nan, 2], [np.nan] * 3, [3, np.nan, 4], [5, 6, 7]])
    found = {tuple(at): rows.tolist() for at, rows in patterns(y)}
    assert found == {(0, 2): [0, 2], (0, 1, 2): [3]}
    wide = np.tile(y, (1, 30))
    assert [rows.tolist() for _, rows in patterns(wide)] == [[0, 2], [3]]
    data = mixture("full").data(FRAME)
    assert 1 < data["patterns"] < 12 and sum(data["rows_of"]) == 11
    assert 2 not in data["by_pattern"]


def test_the_likelihood_is_written_in_stan():
    model = mixture("diagonal")
    assert model.program() == model.program("stan")
    with pytest.raises(InputError, match="no fused likelihood of vectors of which rows lack"):
        model.program("fused")
    with pytest.raises(InputError, match="there is one response"):
        stanmix.Mixture("a", 2, missing="marginalise")
    with pytest.raises(InputError, match="missing in every row"):
        mixture("full").data(FRAME.assign(b=np.nan))
    flat = FRAME.assign(b=2 * FRAME.a, c=FRAME.c.where(FRAME.index % 2 > 0))
    with pytest.raises(InputError, match="is a combination of the others"):
        stanmix.Mixture(["a", "b"], 2, family="mvnormal", covariance="full",
                        missing="marginalise").data(flat)  # fmt: skip


TRUTH = {
    "mu": np.array([[0.0, 50.0, 3.0], [4.0, 30.0, 3.0]]),
    "matrix": np.array(
        [
            [[1.0, 8.0, 0.5], [8.0, 100.0, 0.0], [0.5, 0.0, 1.0]],
            [[1.0, -5.0, 0.0], [-5.0, 100.0, 6.0], [0.0, 6.0, 1.0]],
        ]
    ),
}
NAMES = ["a", "b", "c"]


@functools.cache
def simulated() -> tuple[pd.DataFrame, np.ndarray]:
    """Rows of two classes that lack 30 % of the cells of two columns, more where `a` is large."""
    rng, size = np.random.default_rng(11), 300
    which = (rng.random(size) < 0.4).astype(int)
    y = np.array([rng.multivariate_normal(TRUTH["mu"][k], TRUTH["matrix"][k]) for k in which])
    chance = np.where(y[:, 0] > TRUTH["mu"][which, 0], 0.6, 0.0)
    for column in (1, 2):
        y[rng.random(size) < chance, column] = np.nan
    y[5] = np.nan
    return pd.DataFrame(y, columns=NAMES), which


@functools.cache
def fitted() -> stanmix.Fit:
    model = stanmix.Mixture(NAMES, 2, family="mvnormal", covariance="full", missing="marginalise")
    return model.fit(
        simulated()[0], "importance", engine="stanli", draws=400, progress=False, seed=1
    )


def test_what_is_missing_at_random_does_not_mislead():
    """The truth lies within three posterior sds; means of what is there do not."""
    frame, which = simulated()
    assert 0.28 < frame[["b", "c"]].isna().to_numpy().mean() < 0.32
    draws = fitted().draws()
    found = {"mu": draws["mu"], "matrix": fitted().covariances().to_numpy().reshape(-1, 2, 3, 3)}
    for name, truth in TRUTH.items():
        of_draws = found[name].reshape(-1, *truth.shape)
        apart = (of_draws.mean(axis=0) - truth) / of_draws.std(axis=0)
        assert (np.abs(apart) < 3).all(), name  # of 24 figures, each as if of a normal
    b = frame.b[which == 0].dropna()
    assert (b.mean() - TRUTH["mu"][0, 1]) / b.std() * np.sqrt(len(b)) < -2.5


def joint(fit: stanmix.Fit, y: np.ndarray, draw: int) -> np.ndarray:
    """Log weight and marginal density of each row in each component with SciPy, (N, K)."""
    at = {name: values[draw] for name, values in fit.draws().items()}
    matrices = fit.covariances().to_numpy().reshape(-1, 2, 3, 3)[draw]
    found = np.tile(np.log(at["theta"]), (len(y), 1))
    for n, row in enumerate(y):
        there = np.flatnonzero(~np.isnan(row))
        for k in range(2) if len(there) else ():
            of_some = matrices[k][np.ix_(there, there)]
            found[n, k] += stats.multivariate_normal.logpdf(row[there], at["mu"][k, there], of_some)
    return found


def test_responsibilities_are_those_of_brute_force():
    fit, y = fitted(), simulated()[0].to_numpy()
    for draw in (0, 7):
        expected = special.logsumexp(joint(fit, y, draw), axis=1).sum()
        assert fit.log_likelihood().to_numpy().ravel()[draw] == pytest.approx(expected, rel=1e-10)
    new = pd.DataFrame({"a": [0.5, np.nan], "b": [np.nan, 20.0], "c": [np.nan, 3.5]})
    found = fit.responsibilities(new)
    size = len(fit.draws()["theta"])
    by_hand = [special.softmax(joint(fit, new.to_numpy(), s), axis=1) for s in range(size)]
    np.testing.assert_allclose(found, np.mean(by_hand, axis=0), rtol=1e-8)
    assert fit.responsibilities()[5].to_numpy() == pytest.approx(fit.draws()["theta"].mean(axis=0))


def test_one_draw_has_the_densities_that_many_have():
    """Rows of one draw are taken all at once, of several pattern by pattern."""
    fit, y = fitted(), simulated()[0]
    one = {name: values[:1] for name, values in fit.draws().items()}
    terms = fit.rows()[0]
    many = {name: np.repeat(values[:1], 3, axis=0) for name, values in fit.draws().items()}
    found, of_each = terms.log_density(one), terms.log_density(many)
    assert found.shape == (1, len(y), 2)
    np.testing.assert_allclose(of_each, np.repeat(found, 3, axis=0), rtol=1e-10, atol=1e-12)


def test_predictions_are_of_all_columns():
    drawn = fitted().predict(kind="draws")
    assert np.isfinite(drawn).all() and drawn.shape[-2:] == (300, 3)
    residuals = fitted().quantile_residuals()
    np.testing.assert_array_equal(np.isnan(residuals), simulated()[0].isna())


def test_a_fit_is_read_back_and_made_of_draws(tmp_path):
    check_kept(fitted(), simulated()[0], tmp_path / "fit")
