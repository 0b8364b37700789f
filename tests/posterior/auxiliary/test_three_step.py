"""Second models against posteriors on grids, whose mixture is known, and against the truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import expit, log_expit
from synthetic import fit_of

import stanmix
from stanmix.errors import InputError

MU, THETA = np.array([0.0, 2.0]), np.array([0.6, 0.4])
MODEL = stanmix.Mixture("x", 2, order=None)


def simulated(rows: int, seed: int) -> pd.DataFrame:
    """Two classes of which `x` tells, an outcome of each kind, and a covariate of the class."""
    rng = np.random.default_rng(seed)
    age = rng.normal(40, 10, rows)
    z = (rng.random(rows) < expit(-0.4 + 0.05 * (age - 40))).astype(int)
    return pd.DataFrame(
        {
            "x": rng.normal(MU[z], 1.0),
            "age": age,
            "y": rng.normal(10 + 3 * z + 0.1 * age, 2.0),
            "b": (rng.random(rows) < np.where(z, 0.8, 0.3)).astype(int),
            "z": z,
        }
    )


def known(frame: pd.DataFrame, model: stanmix.Mixture = MODEL, draws: int = 1) -> stanmix.Fit:
    """A fit whose draws are all the truth."""
    values = {"theta": THETA, "mu": MU, "sigma": np.ones(2)}
    return fit_of(model, frame, {n: np.tile(v, (1, draws, 1)) for n, v in values.items()})


def densities(frame: pd.DataFrame) -> np.ndarray:
    return stats.norm.pdf(frame["x"].to_numpy()[:, None], MU, 1.0)


def on_grid(log_density: np.ndarray, *axes: np.ndarray) -> list[tuple[float, float]]:
    """Mean and sd of each number, of a log density on a grid of equal steps."""
    p = np.exp(log_density - log_density.max())
    p /= p.sum()
    found = []
    for i, axis in enumerate(axes):
        alone = p.sum(axis=tuple(j for j in range(p.ndim) if j != i))
        mean = float(alone @ axis)
        found.append((mean, float(np.sqrt(alone @ (axis - mean) ** 2))))
    return found


def assert_same(table: pd.DataFrame, names: list[str], exact: list[tuple[float, float]], S: int):
    """Within four Monte Carlo errors of S independent draws, of the mean and of the sd."""
    for name, (mean, sd) in zip(names, exact, strict=True):
        assert abs(table.loc[name, "mean"] - mean) < 4 * sd / np.sqrt(S), name
        assert abs(table.loc[name, "sd"] / sd - 1) < 4 / np.sqrt(2 * S), name


def test_draws_are_those_of_the_posterior_given_the_mixture():
    """Of a logit with a class, whose posterior has two numbers and so fits on a grid."""
    frame, S = simulated(80, seed=1), 4000
    fit = known(frame)
    r = densities(frame) * THETA
    r /= r.sum(axis=1, keepdims=True)
    a, d = np.linspace(-6, 3, 301), np.linspace(-3, 12, 301)
    b = frame["b"].to_numpy()[:, None, None]
    sign = 2 * b - 1
    low, both = log_expit(sign * a[None, :, None]), log_expit(sign * (a[:, None] + d)[None])
    likelihood = np.log(r[:, :1, None] * np.exp(low) + r[:, 1:, None] * np.exp(both)).sum(axis=0)
    share = r[:, 1].mean()
    prior = stats.norm.logpdf(a[:, None] + d * share, 0, 2.5)
    prior = prior + stats.norm.logpdf(d, 0, 2.5 / np.sqrt(share * (1 - share)))
    found = fit.outcome("b ~ class", frame, family="bernoulli", draws=S)
    exact = on_grid(likelihood + prior, a, d)
    # Of one draw of the mixture all draws are taken from 8 times as many candidates, with returns.
    assert_same(found.summary(), ["beta[Intercept]", "beta[class[T.2]]"], exact, S // 2)


def test_membership_is_that_of_the_posterior_given_the_densities():
    frame, S = simulated(150, seed=2), 4000
    f, age = densities(frame), frame["age"].to_numpy()
    middle, spread = age.mean(), age.std()
    c, s = np.linspace(-3, 3, 241), np.linspace(-0.3, 0.4, 241)
    p = expit(c[None, :, None] + s * (age - middle)[:, None, None])
    likelihood = np.log(f[:, :1, None] * (1 - p) + f[:, 1:, None] * p).sum(axis=0)
    # Coefficients that sum to zero, half of the log odds each, are normal(0, 2.5 / sd).
    prior = 2 * stats.norm.logpdf(c[:, None] / 2, 0, 2.5)
    prior = prior + 2 * stats.norm.logpdf(s / 2, 0, 2.5 / spread)
    found = known(frame).membership("~ age", frame, draws=S)
    exact = on_grid(likelihood + prior, c, s)
    assert_same(found.summary(), ["gamma[2, age]"], exact[1:], S // 2)


def test_the_class_tells_of_the_outcome_what_assigned_classes_do_not():
    """At an entropy R-squared of about 0.5, where rows of the most probable class are mixed."""
    frame = simulated(3000, seed=3)
    fit = known(frame, draws=100)
    assert 0.4 < fit.classes().quality.loc["entropy R-squared", "mean"] < 0.6
    found = fit.outcome("y ~ class + age", frame, draws=100).summary()
    effect = found.loc["beta[class[T.2]]"]
    assert abs(effect["mean"] - 3) < 4 * effect["sd"]
    assigned = (fit.allocations()["component"] == 2).to_numpy().astype(float)
    X = np.column_stack([np.ones(len(frame)), assigned, frame["age"]])
    naive = np.linalg.lstsq(X, frame["y"].to_numpy(), rcond=None)[0][1]
    assert 3 - naive > 6 * effect["sd"]


def test_weights_are_numbers_of_equal_rows():
    frame = simulated(60, seed=4)
    times = np.arange(60) % 3
    weighted = stanmix.Mixture("x", 2, order=None, weights="w")
    repeated = frame.loc[np.repeat(np.arange(60), times)].reset_index(drop=True)
    found = known(frame.assign(w=times), weighted).outcome(
        "y ~ class", frame.assign(w=times), draws=20
    )
    same = known(repeated).outcome("y ~ class", repeated, draws=20)
    pd.testing.assert_frame_equal(found.summary(), same.summary(), rtol=1e-5)
    gates = [
        known(frame.assign(w=times), weighted).membership("~ age", frame.assign(w=times), draws=9),
        known(repeated).membership("~ age", repeated, draws=9),
    ]
    pd.testing.assert_frame_equal(*(one.summary() for one in gates), rtol=1e-5)


def test_a_class_of_a_group_is_that_of_all_its_rows():
    """Rows that tell nothing by themselves do so with others of their group."""
    rng = np.random.default_rng(5)
    group = np.repeat(np.arange(150), 8)
    z = (rng.random(150) < 0.4).astype(int)[group]
    frame = pd.DataFrame(
        {"g": group, "x": rng.normal(MU[z] / 2, 1), "y": rng.normal(4 * z, 2), "w": (z + 1) * 1.0}
    )
    values = {"theta": THETA, "mu": MU / 2, "sigma": np.ones(2)}
    draws = {n: np.tile(v, (1, 1, 1)) for n, v in values.items()}
    fit = fit_of(stanmix.Mixture("x", 2, order=None, group="g"), frame, draws)
    effect = fit.outcome("y ~ class", frame, draws=100).summary().loc["beta[class[T.2]]"]
    certain = 2 * np.sqrt(1 / (z == 0).sum() + 1 / (z == 1).sum())
    assert abs(effect["mean"] - 4) < 4 * certain and effect["sd"] < 1.2 * certain
    with pytest.raises(InputError, match=r"'x' differs within a group of 'g'"):
        fit.membership("~ x", frame)


def test_known_classes_count_in_the_rows_of_the_fit_and_not_in_new_ones():
    frame = simulated(120, seed=6)
    frame["known"] = (frame["z"] + 1).astype(float)
    fit = known(frame, stanmix.Mixture("x", 2, labels="known"))
    by_class = frame.groupby("z")["b"].mean().to_numpy()
    found = fit.outcome("b ~ class", frame, family="bernoulli", draws=400).summary()
    np.testing.assert_allclose(found["mean"].iloc[:2], by_class, atol=0.03)
    some = frame.iloc[:60]
    new = fit.outcome("b ~ class", some, family="bernoulli", draws=20)
    unlabelled = known(some).outcome("b ~ class", some, family="bernoulli", draws=20)
    pd.testing.assert_frame_equal(new.summary(), unlabelled.summary(), rtol=1e-6)


def test_covariates_of_the_outcome_are_those_of_the_class_unless_told():
    frame = simulated(2000, seed=7)
    fit = known(frame, draws=40)
    along = fit.outcome("y ~ class + age", frame, draws=40)
    assert along.title.endswith("and classes ~ age")
    assert abs(along.summary().loc["beta[age]", "mean"] - 0.1) < 0.03
    alone = fit.outcome("y ~ class + age", frame, membership=None, draws=40)
    assert "classes" not in alone.title
    # Age that stands in for the class takes a part of its effect.
    assert alone.summary().loc["beta[age]", "mean"] > along.summary().loc["beta[age]", "mean"]


def test_contrasts_are_of_means_and_of_log_odds():
    frame = simulated(100, seed=8)
    fit = known(frame)
    found = fit.outcome("b ~ class + age", frame, family="bernoulli", draws=30)
    mean = found.draws["mean"].to_numpy()[0]
    contrast = found.contrasts(prob=0.5).loc[(2, 1)]
    difference = mean[:, 1] - mean[:, 0]
    np.testing.assert_allclose(contrast["mean"], difference.mean())
    np.testing.assert_allclose(contrast["upper"], np.quantile(difference, 0.75))
    assert contrast["P(> 0)"] == (difference > 0).mean()
    beta = found.draws["beta"].to_numpy()[0]
    logit = beta[:, 0, None] + np.outer(beta[:, 1], [0, 1])
    by_row = expit(logit[:, :, None] + beta[:, 2, None, None] * frame["age"].to_numpy())
    np.testing.assert_allclose(mean, by_row.mean(axis=2))
    gates = fit.membership("~ age", frame, draws=30)
    assert list(gates.contrasts().index) == [(2, 1, "Intercept"), (2, 1, "age")]
    np.testing.assert_allclose(gates.contrasts()["mean"], gates.summary()["mean"])


def test_the_same_seed_gives_the_same_draws_and_a_mode_is_said_to_be_known():
    frame = simulated(60, seed=9)
    fit = known(frame)
    first, again, other = (
        fit.outcome("y ~ class", frame, draws=8, seed=seed).draws for seed in (1, 1, 2)
    )
    assert first.equals(again) and not first.equals(other)
    truth = {"theta": THETA[None, None], "mu": MU[None, None], "sigma": np.ones((1, 1, 2))}
    mode = fit_of(MODEL, frame, truth, "map")
    assert "taken as known" in str(mode.outcome("y ~ class", frame, draws=8))
    assert "taken as known" not in str(fit.outcome("y ~ class", frame, draws=8))


@pytest.mark.parametrize(
    ("formula", "options", "message"),
    [
        ("y ~ age", {}, "has no 'class'"),
        ("x ~ class", {}, "'x' is what the classes are made of"),
        ("nothing ~ class", {}, "Unknown column 'nothing'"),
        ("y ~ class", {"family": "poisson"}, "family='poisson' takes counts"),
        ("y ~ class", {"family": "mvnormal"}, "not taken here"),
        ("b ~ class", {"family": "categorical"}, "not taken here"),
        ("y ~ class", {"family": "none"}, "Unknown family 'none'"),
        ("b ~ class", {"family": "binomial"}, "name the column that holds it"),
        ("y ~ class", {"membership": "~ class"}, "which is what it explains"),
        ("y ~ class", {"membership": "~ 1"}, "has no covariates"),
        ("y ~ class", {"membership": "age"}, "this formula has no response"),
        ("y ~ class + log(age) + np.log(age)", {}, "linearly dependent"),
        ("y ~ class + open('/etc/passwd')", {}, "Cannot use the formula"),
    ],
)
def test_what_cannot_be_is_refused_in_words(formula, options, message):
    frame = simulated(30, seed=10)
    with pytest.raises(InputError, match=message):
        known(frame).outcome(formula, frame, **options)


def test_rows_that_cannot_be_used_are_refused_in_words():
    frame = simulated(30, seed=11)
    fit = known(frame)
    with pytest.raises(InputError, match=r"Unknown column 'y'.*as frame="):
        fit.outcome("y ~ class")
    with pytest.raises(InputError, match=r"'y' has 1 missing value.*row 3"):
        fit.outcome("y ~ class", frame.assign(y=frame["y"].where(frame.index != 3)))
    with pytest.raises(InputError, match=r"have a column 'class'"):
        fit.outcome("y ~ class", frame.assign(**{"class": 1}))
    single = {"theta": np.ones((1, 2, 1)), "mu": np.zeros((1, 2, 1)), "sigma": np.ones((1, 2, 1))}
    with pytest.raises(InputError, match=r"one component"):
        fit_of(stanmix.Mixture("x", 1), frame, single).membership("~ age", frame)
