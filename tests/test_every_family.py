"""Every family of the registry, in everything that a fit can be asked.

Two components that lie apart are simulated from each. Programs are run by the interpreter, so that
nothing compiles.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from independent import family_of, log_posterior, log_prior, parameters, total_log_likelihood
from parameters_block import declarations
from scipy import optimize, stats
from scipy_families import SCIPY
from stan_transforms import free_shape

import stanmix
from stanmix import cli, plots
from stanmix.model.families import FAMILIES, TRIALS

pytestmark = pytest.mark.usefixtures("few_searched")
N = 150
SECOND = 0.45  # weight of the second component
RUN = {"engine": "stanli", "seed": 1, "progress": False}
FEW = {**RUN, "chains": 2, "draws": 200, "warmup": 150}
# The arm of a skewness that the data leave open is reached too rarely in so few draws.
MORE = {"skew_normal": {"draws": 800, "warmup": 500}}

TRUTH: dict[str, dict[str, list]] = {
    "normal": {"mu": [-2, 4], "sigma": [1, 1.5]},
    "student_t": {"mu": [-2, 6], "sigma": [1, 1], "nu": [4, 6]},
    "cauchy": {"mu": [-5, 5], "sigma": [0.5, 0.6]},
    "laplace": {"mu": [-3, 4], "sigma": [0.7, 0.9]},
    "asymmetric_laplace": {"mu": [-4, 4], "sigma": [1, 1], "quantile": [0.4, 0.6]},
    "logistic": {"mu": [-3, 4], "sigma": [0.6, 0.5]},
    "gumbel": {"mu": [-3, 4], "sigma": [0.8, 1]},
    "skew_normal": {"mu": [-8, 8], "sigma": [2, 1.5], "alpha": [4, -4]},
    "exgaussian": {"mu": [-2, 6], "sigma": [0.5, 0.6], "tau": [1, 1]},
    "lognormal": {"mu": [0, 2.5], "sigma": [0.4, 0.5]},
    "gamma": {"mu": [1, 10], "shape": [6, 9]},
    "exponential": {"mu": [0.3, 20]},
    "weibull": {"mu": [1, 10], "shape": [2, 4]},
    "inverse_gaussian": {"mu": [1, 10], "shape": [8, 90]},
    "frechet": {"mu": [1, 12], "shape": [4, 6]},
    "loglogistic": {"mu": [1, 12], "shape": [5, 6]},
    "pareto": {"mu": [0.1, 2]},
    "beta": {"mu": [0.2, 0.75], "phi": [20, 25]},
    "von_mises": {"mu": [-0.5, 1.8], "kappa": [6, 12]},
    "poisson": {"mu": [2, 14]},
    "negative_binomial": {"mu": [3, 60], "phi": [2, 8]},
    "geometric": {"mu": [0.5, 25]},
    "bernoulli": {"mu": [0.2, 0.8]},
    "binomial": {"mu": [0.2, 0.75]},
    "beta_binomial": {"mu": [0.2, 0.75], "phi": [20, 25]},
    "categorical": {"mu": [[0.1, 0.2, 0.7], [0.7, 0.2, 0.1]]},
    "ordinal": {"mu": [-0.6, 2.5], "cutpoints": [[0.7, 2], [1, 2.5]]},
}
# Of single rows two of their components are one.
IN_GROUPS = ("bernoulli", "categorical", "ordinal")
# How a summary calls the numbers of vectors.
VECTORS = {
    "categorical": [f"mu[{k}, {c}]" for k in (1, 2) for c in (1, 2, 3)],
    "ordinal": ["mu", *(f"cutpoints[{k}, {c}]" for k in (1, 2) for c in ("2|3", "3|4"))],
}
# Families whose tails may be too heavy for a mean, in a draw or in all.
WITHOUT_MEAN = {"student_t", "cauchy", "frechet", "loglogistic", "pareto"}
# Constants of a family, which are stated.
STATED: dict[str, dict[str, float]] = {"pareto": {"minimum": 3.0}}


@dataclass(frozen=True)
class Case:
    """A mixture of two components of a family, and rows of it."""

    family: str
    frame: pd.DataFrame
    roles: dict[str, str]

    def mixture(self, formula: str = "y", **stated) -> stanmix.Mixture:
        fixed = STATED.get(self.family, {})
        return stanmix.Mixture(formula, 2, family=self.family, fixed=fixed, **self.roles, **stated)

    @property
    def beside(self) -> dict[str, np.ndarray]:
        """What a density takes beside the parameters: constants, and numbers of trials (N, 1)."""
        known = {name: np.asarray(value) for name, value in STATED.get(self.family, {}).items()}
        if TRIALS in self.frame:
            known[TRIALS] = self.frame[TRIALS].to_numpy()[:, None]
        return known

    def cdf(self, fit: stanmix.Fit, y: np.ndarray) -> np.ndarray:
        """Posterior mean of the probability of at most y, (N,)."""
        draws = fit.draws()
        at = {**{name: draws[name][:, None] for name in TRUTH[self.family]}, **self.beside}
        each = SCIPY[self.family](at).cdf(y[:, None])
        if FAMILIES[self.family].response.circular:  # which goes on from turn to turn
            each = each - SCIPY[self.family](at).cdf(-np.pi)
        return (draws["theta"][:, None] * each).sum(axis=-1).mean(axis=0)


@functools.cache
def case(family: str) -> Case:
    rng, size = np.random.default_rng(0), 10 if family in IN_GROUPS else 1
    which = np.repeat(rng.random(N // size) < SECOND, size).astype(int)
    at = {name: np.array(values, float)[which] for name, values in TRUTH[family].items()}
    frame, roles = pd.DataFrame({"x": rng.uniform(-1, 1, N)}), {}
    if size > 1:
        frame["g"], roles["group"] = np.arange(N) // size, "g"
    if FAMILIES[family].response.trials:
        frame[TRIALS], roles["trials"] = rng.integers(8, 20, N), TRIALS
        at[TRIALS] = frame[TRIALS].to_numpy()
    frozen = SCIPY[family]({**at, **STATED.get(family, {})})
    return Case(family, frame.assign(y=frozen.rvs(random_state=rng)), roles)


@functools.cache
def fitted(family: str) -> stanmix.Fit:
    one = case(family)
    return one.mixture().fit(one.frame, **{**FEW, **MORE.get(family, {})})


@functools.cache
def at_mode(family: str, formula: str) -> stanmix.Fit:
    one = case(family)
    return one.mixture(formula).fit(one.frame, "map", **RUN)


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_there_is_a_case_of_each():
    assert set(TRUTH) == {name for name, one in FAMILIES.items() if not one.multivariate}


every = pytest.mark.parametrize("family", TRUTH)


@every
def test_parameters_are_recovered(family):
    """Within 4.5 posterior sds, on the scale of the link: beyond are 7 of a million for each."""
    draws, found = fitted(family).draws(), FAMILIES[family]
    for name, truth in TRUTH[family].items():
        link = found.parameter(name).link.forward
        values = link(draws[name])
        distance = np.abs(values.mean(axis=0) - link(np.array(truth, float)))
        assert (distance < 4.5 * values.std(axis=0)).all(), name
    assert abs(draws["theta"][:, 1].mean() - SECOND) < 4.5 * np.hypot(
        draws["theta"][:, 1].std(), 0.02
    )


@pytest.mark.parametrize("formula", ["y", "y ~ x"])
@every
def test_the_mode_is_that_of_scipy(family, formula):
    """SciPy climbs from the truth, where lines have no slope, and finds nothing above the mode."""
    one, found = case(family), FAMILIES[family]
    model = one.mixture(formula)
    data = model.data(one.frame)
    truth = {**TRUTH[family], "theta": [1 - SECOND, SECOND]}
    if formula == "y ~ x":
        levels = found.location.link.forward(np.array(truth.pop("mu"), float))
        truth["beta"] = np.stack([levels, np.zeros_like(levels)], axis=-1)
    draws = at_mode(family, formula).draws()
    order = np.argsort(draws[model.location][0].reshape(2, -1)[:, 0])
    mode = {name: draws[name][0][order] for name in truth}
    size = sum(np.prod(free_shape(each, data)) for each in declarations(model.program()))

    def negative(u: np.ndarray) -> float:
        return -log_posterior(model, data, u, jacobian=False)

    def climbed(start: dict) -> optimize.OptimizeResult:
        def away(u: np.ndarray) -> np.ndarray:
            values = parameters(model, data, u)[0]
            return np.concatenate(
                [np.ravel(values[name]) - np.ravel(start[name]) for name in start]
            )

        u = optimize.least_squares(away, np.zeros(int(size))).x
        return optimize.minimize(negative, u, method="BFGS", options={"gtol": 1e-4})

    best = min((climbed(start) for start in (truth, mode)), key=lambda climb: climb.fun)
    prior = sum(
        log_prior(name, family_of(model), data, values, False) for name, values in mode.items()
    )
    # The density is of the scaled response, as `log_posterior` has it.
    unit = N * np.log(data.get("y_scale", 1.0))
    value = prior + total_log_likelihood(model, data, mode) + unit
    # A density with kinks at the rows lets climbs end a little short.
    assert value == pytest.approx(-best.fun, abs=5e-3 if "laplace" in family else 1e-4)
    expected = parameters(model, data, best.x)[0]
    for name, values in mode.items():
        np.testing.assert_allclose(
            values,
            expected[name],
            rtol=0.05 if "laplace" in family else 0.02,
            atol=1e-3,
            err_msg=name,
        )


@every
def test_what_is_said_of_it(family, tmp_path):
    fit = fitted(family)
    table = fit.summary()
    assert list(table.index) == [
        name if "[" in name else f"{name}[{k}]"
        for name in ("theta", *VECTORS.get(family, TRUTH[family]))
        for k in ((1,) if "[" in name else (1, 2))
    ]
    assert np.isfinite(table["mean"]).all()
    diagnosis = fit.diagnose()
    assert [each for each in diagnosis.findings if each.level == "problem"] == []
    assert diagnosis.figures["distinct_components"] == 2
    fit.save(tmp_path / "fit.nc")
    loaded = stanmix.load(tmp_path / "fit.nc")
    for name, values in fit.draws().items():
        np.testing.assert_array_equal(loaded.draws()[name], values)
    np.testing.assert_allclose(loaded.predict(), fit.predict(), rtol=1e-12)


@every
def test_responsibilities_and_labels(family):
    one, fit = case(family), fitted(family)
    p = fit.responsibilities().to_numpy()
    np.testing.assert_allclose(p.sum(axis=1), 1)
    table = fit.allocations()
    np.testing.assert_array_equal(table["component"], p.argmax(axis=1) + 1)
    for method in ("order", "ecr"):
        again = fit.relabel(method).draws()
        for name in TRUTH[family]:
            np.testing.assert_array_equal(
                np.sort(again[name], axis=1), np.sort(fit.draws()[name], axis=1)
            )
    ascending = fit.relabel("order").draws()["mu"].reshape(fit.posterior.sizes["draw"] * 2, 2, -1)
    assert (np.diff(ascending[..., 0], axis=1) > 0).all()
    z = fit.sample_allocations()
    assert abs(float((z == 2).mean()) - p[:, 1].mean()) < 0.05
    made = stanmix.from_draws(one.mixture(), one.frame, fit.posterior)
    np.testing.assert_allclose(made.responsibilities(), p, rtol=1e-9)


def resultant(kappa: np.ndarray) -> np.ndarray:
    """Length of the mean of a von Mises distribution on the unit circle, by its moment."""
    grid = np.linspace(-np.pi, np.pi, 2001)[:-1]
    dense = stats.vonmises.pdf(grid, kappa[..., None])
    return (np.cos(grid) * dense).mean(axis=-1) / dense.mean(axis=-1)


@every
def test_predictions(family):
    one, fit, found = case(family), fitted(family), FAMILIES[family]
    draws, y = fit.draws(), one.frame["y"].to_numpy(float)
    at = {**{name: draws[name][:, None] for name in TRUTH[family]}, **one.beside}
    frozen, theta = SCIPY[family](at), draws["theta"][:, None]
    angle = found.response.circular
    of_each = np.exp(1j * at["mu"]) * resultant(at["kappa"]) if angle else frozen.mean()
    mean = np.broadcast_to(of_each, (len(theta), N, 2, *of_each.shape[3:]))
    share = theta.reshape(*theta.shape, *[1] * (mean.ndim - 3))
    parts = fit.predict(kind="mean", by_component=True)
    finite = np.isfinite(mean).all(axis=0)
    each, expected = mean.mean(axis=0), (share * mean).sum(axis=2).mean(axis=0)
    if angle:
        each, expected = np.angle(each), np.angle(expected)
    np.testing.assert_allclose(parts.to_numpy()[finite], each[finite], rtol=1e-9)
    finite = finite.all(axis=1)
    np.testing.assert_allclose(fit.predict().to_numpy()[finite], expected[finite], rtol=1e-9)
    assert finite.all() or family in WITHOUT_MEAN
    dense = (frozen.pmf if found.counts else frozen.pdf)(y[:, None]) * theta
    if "group" not in one.roles:
        np.testing.assert_allclose(
            fit.predict(kind="density"), dense.sum(axis=-1).mean(axis=0), rtol=1e-7
        )
    new = one.frame.iloc[[3, 8]].assign(y=y[[3, 8]])
    if "group" not in one.roles:
        np.testing.assert_allclose(
            fit.predict(new, "density"), fit.predict(kind="density")[[3, 8]], rtol=1e-9
        )
    drawn = fit.predict(kind="draws")
    assert found.response.holds(drawn.to_numpy()).all()
    if found.response.categories == "any":
        with pytest.raises(stanmix.InputError, match="no order, and so no quantiles"):
            fit.predict(new, "draws", quantiles=(0.05, 0.95))
    else:
        low, high = fit.predict(new, "draws", quantiles=(0.05, 0.95))
        assert (low <= high).all()
    assert fit.predict(new, "draws", by_component=True).shape[-1] == 2
    assert fit.predict(new, "responsibilities").shape == (2, 2)
    held = fit.with_predictive()
    np.testing.assert_array_equal(held.idata["posterior_predictive"]["y"], drawn)


@every
def test_residuals_are_standard_normal(family):
    """And those of SciPy's distribution functions; Kolmogorov's distance by 1 of 1000."""
    one, fit = case(family), fitted(family)
    y = one.frame["y"].to_numpy(float)
    if FAMILIES[family].response.categories == "any":
        with pytest.raises(stanmix.InputError, match="without an order, and so no quantiles"):
            fit.quantile_residuals()
        return
    found = fit.quantile_residuals().to_numpy()
    if FAMILIES[family].counts:
        low, high = one.cdf(fit, y - 1), one.cdf(fit, y)
        at = stats.norm.cdf(found)
        assert ((low - 1e-9 <= at) & (at <= high + 1e-9)).all()
    else:
        np.testing.assert_allclose(stats.norm.cdf(found), one.cdf(fit, y), rtol=1e-7, atol=1e-12)
    assert stats.kstest(found, "norm").pvalue > 1e-3


@every
def test_leaving_one_out(family):
    loo = fitted(family).loo()
    assert np.isfinite(loo.elpd if hasattr(loo, "elpd") else loo.elpd_loo)


@every
def test_pictures(family, tmp_path):
    fit = fitted(family)
    ax = plots.density(fit)
    low, high = FAMILIES[family].response.ends
    for line in ax.lines:
        if line.get_label().startswith(("component", "posterior")):
            x, y = (np.asarray(values, float) for values in line.get_data())
            assert low <= x.min() and x.max() <= high and np.isfinite(y).all()
    for name in ("trace", "rank", "pairs"):
        assert getattr(plots, name)(fit) is not None
    if FAMILIES[family].response.categories != "any":
        plots.save(plots.residuals(fit), tmp_path / "residuals.png", dpi=50)
        assert (tmp_path / "residuals.png").stat().st_size > 2_000
    if FAMILIES[family].categories:
        with pytest.raises(stanmix.InputError, match="a probability for each category"):
            plots.regression(at_mode(family, "y ~ x"))
        return
    ax = plots.regression(at_mode(family, "y ~ x"))
    assert all(np.isfinite(line.get_ydata()).all() for line in ax.lines)


@every
def test_draws_from_the_prior(family):
    one = case(family)
    drawn = stanmix.prior_predictive(one.mixture(), one.frame, draws=50, seed=1)
    y = drawn.prior_predictive["y"].to_numpy()
    # Of wide priors a draw may be more than a double holds.
    assert FAMILIES[family].response.holds(y[np.isfinite(y)]).all()
    assert np.isfinite(y).mean() > 0.9


@every
def test_folders_and_the_command_line(family, tmp_path, capsys):
    one = case(family)
    folder = one.mixture().export(
        tmp_path / "export", one.frame, "map", seed=1, runs=1, kernel="stan"
    )
    written = json.loads((folder / "data.json").read_text())
    # Equal rows of counts are written once, with their number.
    times = np.asarray(written.get("weights", np.ones(len(written["y"]))), dtype=int)
    whole = np.repeat(written["y"], times)
    np.testing.assert_array_equal(np.sort(whole), np.sort(one.frame["y"]))
    roles = [word for role, column in one.roles.items() for word in (f"--{role}", column)]
    known = [w for name, at in STATED.get(family, {}).items() for w in ("--fixed", f"{name}={at}")]
    stated = ["--formula", "y", "--components", "2", "--family", family, *roles, *known]
    assert cli.main(["render", *stated]) == 0
    assert capsys.readouterr().out == one.mixture().program()


def test_the_command_line_fits_trials_with_a_link(tmp_path, capsys):
    one = case("binomial")
    one.frame.to_csv(tmp_path / "rows.csv", index=False)
    stated = ["--formula", "y ~ x", "--components", "2", "--family", "binomial", "--trials", TRIALS]
    words = [*stated, "--link", "mu=probit", "--method", "map", "--engine", "stanli", "--seed", "1"]
    out = tmp_path / "out"
    assert cli.main(["fit", str(tmp_path / "rows.csv"), *words, "--out", str(out), "--quiet"]) == 0
    assert "beta[1, x]" in capsys.readouterr().out
    model = one.mixture("y ~ x", link={"mu": "probit"})
    expected = model.fit(one.frame, "map", **RUN).draws()["beta"]
    np.testing.assert_allclose(stanmix.load(out / "fit.nc").draws()["beta"], expected, rtol=1e-6)
