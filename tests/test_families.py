"""Heavy tails, overdispersed counts and parameters by row, from data to every answer.

Most programs are shipped ones, under other data. Densities of rows are SciPy's.
"""

from __future__ import annotations

import inspect

import arviz as az
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from exported import put_program, run_script
from fused_mixtures import TAILS_BY_ROW, mixture
from independent import (
    PRIORS,
    log_posterior,
    parameters,
    random_points,
    total_log_likelihood,
)
from interpreted import interpreted
from rendered import render
from scipy import optimize, special, stats
from synthetic import at_draw

import stanmix
from stanmix import cli, plots

pytestmark = pytest.mark.usefixtures("few_searched")

GROUPED = render.grouped_lines()
SEIZURE = stanmix.datasets.load("seizure").assign(log_hours=lambda data: np.log(data["Hours"]))
FEW = {"seed": 1, "chains": 2, "draws": 150, "progress": False}
# Where CmdStan's own part is not the question, nothing compiles.
INTERPRETED = {"seed": 1, "engine": "stanli", "progress": False}
ALL = stanmix.Mixture(
    "y ~ x", 2, family="student_t", formulas={"sigma": "~ z"}, fixed={"nu": 4.0}, gating="~ z",
    group="group", weights="times",
)  # fmt: skip


@pytest.fixture(scope="module")
def lines() -> stanmix.Fit:
    """Two lines with tails, whose scales and weights depend on z; rows in groups, with weights."""
    return ALL.fit(GROUPED, **FEW)


# The ends of families --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("general", "end", "response", "frame"),
    [
        (
            {"family": "student_t", "fixed": {"nu": 1e8}},
            {"family": "normal"},
            {"formula": "waiting", "priors": {"sigma": stanmix.LogNormal(2.0, 1.0)}},
            stanmix.datasets.load("faithful"),
        ),
        (
            {"family": "negative_binomial", "fixed": {"phi": 1e8}},
            {"family": "poisson"},
            {"formula": "Seizures", "offset": "log_hours", "priors": {"mu": stanmix.Gamma(2, 0.3)}},
            SEIZURE,
        ),
    ],
    ids=["student_t", "negative_binomial"],
)
def test_the_mode_at_a_huge_shape_is_that_of_the_family_at_the_end(general, end, response, frame):
    """What is left is of the order of y^2 / phi, about 1e-7; the optimiser's part is below that."""
    one, other = (
        stanmix.Mixture(components=2, **stated, **response).fit(frame, "map", **INTERPRETED)
        for stated in (general, end)
    )
    for name, values in other.draws().items():
        np.testing.assert_allclose(one.draws()[name], values, rtol=3e-6)


def test_the_mode_of_one_component_is_the_maximum_of_the_likelihood():
    """Of counts with a precision by row, with flat priors."""
    rng = np.random.default_rng(4)
    x, z = rng.normal(size=(2, 300))
    mu, phi = np.exp(1.5 + 0.4 * x), np.exp(0.5 - 0.8 * z)
    frame = pd.DataFrame({"n": rng.negative_binomial(phi, phi / (phi + mu)), "x": x, "z": z})
    flat = {"beta": stanmix.Flat(), "beta_phi": stanmix.Flat()}
    model = stanmix.Mixture(
        "n ~ x", 1, family="negative_binomial", formulas={"phi": "~ z"}, priors=flat
    )
    draws = model.fit(frame, "map", **INTERPRETED).draws()

    def negative(b: np.ndarray) -> float:
        mu, phi = np.exp(b[0] + b[1] * x), np.exp(b[2] + b[3] * z)
        return -stats.nbinom.logpmf(frame["n"], phi, phi / (phi + mu)).sum()

    best = optimize.minimize(negative, [1.0, 0.0, 0.0, 0.0], method="BFGS", options={"gtol": 1e-4})
    found = np.concatenate([draws["beta"][0, 0], draws["beta_phi"][0, 0]])
    np.testing.assert_allclose(found, best.x, atol=2e-4)
    # And the truth is where it should be: within four standard errors, in 9 997 of 10 000 samples.
    errors = np.sqrt(np.diag(best.hess_inv))
    assert (np.abs(found - [1.5, 0.4, 0.5, -0.8]) < 4 * errors).all()


# Simulated data --------------------------------------------------------------------------------


def test_lines_with_tails_and_scales_by_row_are_recovered():
    """Each within four posterior sds of the truth: beyond are 1 of 16 000 for each of ten."""
    rng = np.random.default_rng(11)
    z, x, upper = rng.normal(size=400), rng.uniform(-1, 1, 400), rng.random(400) < 0.6
    sigma = np.exp(np.where(upper, -1.0 + 0.8 * z, -0.5 - 0.5 * z))
    y = np.where(upper, 4 + 2 * x, -4 - x) + sigma * rng.standard_t(3, 400)
    model = stanmix.Mixture("y ~ x", 2, family="student_t", formulas={"sigma": "~ z"}, shared="nu")
    fit = model.fit({"y": y, "x": x, "z": z}, **INTERPRETED, chains=1, draws=200, warmup=150)
    draws = fit.draws()
    truth = {
        "theta": [0.4, 0.6],
        "beta": [[-4.0, -1.0], [4.0, 2.0]],
        "beta_sigma": [[-0.5, -0.5], [-1.0, 0.8]],
    }
    for name, expected in truth.items():
        distance = np.abs(draws[name].mean(axis=0) - expected) / draws[name].std(axis=0)
        assert distance.max() < 4
    assert 1.5 < np.median(draws["nu"]) < 6


def test_counts_whose_precision_depends_on_a_covariate_are_recovered():
    rng = np.random.default_rng(12)
    z, x, upper = rng.normal(size=500), rng.uniform(-1, 1, 500), rng.random(500) < 0.5
    mu = np.exp(np.where(upper, 5.0 + x, 1.0 - x))
    phi = np.exp(np.where(upper, 3.0 + 0.7 * z, 2.0 - 0.6 * z))
    n = rng.negative_binomial(phi, phi / (phi + mu))
    model = stanmix.Mixture("n ~ x", 2, family="negative_binomial", formulas={"phi": "~ z"})
    fit = model.fit({"n": n, "x": x, "z": z}, **INTERPRETED, chains=1, draws=200, warmup=150)
    draws = fit.draws()
    for name, expected in {
        "beta": [[1.0, -1.0], [5.0, 1.0]],
        "beta_phi": [[2.0, -0.6], [3.0, 0.7]],
    }.items():
        distance = np.abs(draws[name].mean(axis=0) - expected) / draws[name].std(axis=0)
        assert distance.max() < 4
    assert (fit.responsibilities().argmax("component") == upper).mean() > 0.97


def test_data_with_tails_prefer_the_family_with_tails():
    rng = np.random.default_rng(13)
    x, z = rng.uniform(-1, 1, 160), rng.normal(size=160)
    y = np.where(np.arange(160) < 80, 3 + x, -3 - x) + 0.5 * rng.standard_t(2, 160)
    frame, by_row = {"y": y, "x": x, "z": z}, {"sigma": "~ z"}
    few = {**INTERPRETED, "chains": 2, "draws": 150, "warmup": 150}
    fits = {
        "t": stanmix.Mixture("y ~ x", 2, family="student_t", formulas=by_row, shared="nu").fit(
            frame, **few
        ),
        "normal": stanmix.Mixture("y ~ x", 2, formulas=by_row).fit(frame, **few),
    }
    comparison = stanmix.compare(fits)
    assert comparison.table.index[0] == "t"
    assert comparison.table.loc["normal", "elpd_diff"] > 2 * comparison.table.loc["normal", "dse"]


def test_a_precision_that_the_data_leave_open_is_no_problem():
    """Of Poisson counts it may be anything above the mean: its posterior has no mean itself."""
    counts = np.random.default_rng(14).poisson(9.0, 120)
    model = stanmix.Mixture("n", 1, order="mu", family="negative_binomial")
    fit = model.fit({"n": counts}, **INTERPRETED, chains=2, draws=1000)
    # The posterior of log mu and log phi, summed over a grid.
    mu, phi = np.exp(np.linspace(1.8, 2.6, 81))[:, None, None], np.exp(np.linspace(-1, 60, 611))
    values, times = np.unique(counts, return_counts=True)
    size = np.minimum(phi, 1e7)[:, None]  # beyond, counts are Poisson's
    log_density = stats.nbinom.logpmf(values, size, size / (size + mu)) @ times
    log_density = log_density + stats.invgamma.logpdf(phi, 0.4, scale=0.3) + np.log(phi)
    weights = np.exp(log_density - log_density.max()).sum(axis=0)
    weights /= weights.sum()
    expected = weights @ np.log(phi)
    sd = np.sqrt(weights @ (np.log(phi) - expected) ** 2)
    found = np.log(fit.draws()["phi"][:, 0])
    effective = float(az.ess(found.reshape(2, -1)))
    assert abs(found.mean() - expected) < 4 * sd / np.sqrt(effective)
    diagnosis = fit.diagnose()
    assert diagnosis.about("weighted draws").level == "fine"
    told = diagnosis.tables["weighted draws"].loc["log phi, rank 1"]
    assert told["expected"] == pytest.approx(expected, abs=0.3 * sd)
    assert all(one.level != "problem" for one in diagnosis.findings if one.topic == "priors")


# Priors as they are stated -----------------------------------------------------------------------


def test_stated_priors_are_those_of_parameters_in_the_users_units():
    """Priors as they were stated, at parameters as users know them: a constant apart."""
    frame = GROUPED.assign(y=100 + 7 * GROUPED["y"], x=30 + 4 * GROUPED["x"], z=GROUPED["z"] - 8)
    coefficients = {
        "Intercept": ("beta", 0, stanmix.StudentT(4, 100, 30)),
        "x": ("beta", 1, stanmix.Normal(0.1, 2)),
        "beta_sigma[Intercept]": ("beta_sigma", 0, stanmix.Normal(1.0, 2)),
        "beta_sigma[z]": ("beta_sigma", 1, stanmix.Laplace(0.1, 0.4)),
    }
    priors = {name: prior for name, (_, _, prior) in coefficients.items()}
    model = stanmix.Mixture(
        "y ~ x", 2, family="student_t", formulas={"sigma": "~ z"}, shared="nu",
        priors={**priors, "nu": stanmix.Uniform(1, 30)},
    )  # fmt: skip
    data = model.data(frame)
    points = random_points(model, data, 20, seed=4)
    expected = []
    for u in points:
        values, jacobian = parameters(model, data, u)
        assert ((values["nu"] > 1) & (values["nu"] < 30)).all()
        total = jacobian + total_log_likelihood(model, data, values)
        for name, column, prior in coefficients.values():
            total += PRIORS[prior.code](values[name][:, column], prior.arguments()).sum()
        expected.append(total)
    apart = interpreted(model, data, points)[:, 0] - expected
    np.testing.assert_allclose(apart - apart[0], 0, atol=1e-9 * np.abs(expected).max())


# A predictor of every parameter ------------------------------------------------------------------

OWN = mixture(TAILS_BY_ROW)


def test_scales_in_common_and_tails_by_row_have_the_density_of_scipy(log_density, fused_programs):
    data = OWN.data(GROUPED)
    points = random_points(OWN, data, 100, seed=6)
    expected = [log_posterior(OWN, data, u) for u in points]
    portable = interpreted(OWN, data, points)
    fused = log_density(OWN, data, points, kernel="fused", among=fused_programs)
    np.testing.assert_allclose(portable[:, 0], expected, rtol=1e-9)
    size = np.abs(portable).max(axis=1, keepdims=True)
    np.testing.assert_allclose(fused / size, portable / size, rtol=1e-9, atol=1e-9)


def test_scales_in_common_and_tails_by_row_are_fitted():
    fit = OWN.fit(GROUPED, **INTERPRETED, chains=2, draws=150)
    assert list(fit.summary().index) == [
        "theta[1]", "theta[2]", "mu[1]", "mu[2]", "beta_sigma[Intercept]", "beta_sigma[z]",
        "beta_nu[1, Intercept]", "beta_nu[1, x]", "beta_nu[2, Intercept]", "beta_nu[2, x]",
    ]  # fmt: skip
    assert fit.labelling == "ordered by mu in the program"
    draws, data = fit.draws(), OWN.data(GROUPED)
    assert (np.diff(draws["mu"]) > 0).all() and np.ptp(draws["beta_sigma"], axis=1).max() == 0
    expected = [total_log_likelihood(OWN, data, at_draw(fit, s)) for s in range(20)]
    np.testing.assert_allclose(fit.log_likelihood().to_numpy().ravel()[:20], expected, rtol=1e-10)
    x, z = GROUPED["x"].iloc[5], GROUPED["z"].iloc[5]
    mu = draws["mu"]
    sigma, nu = np.exp(draws["beta_sigma"] @ [1, z]), np.exp(draws["beta_nu"] @ [1, x])
    dense = (draws["theta"] * stats.t.pdf(0.4, nu, mu, sigma)).sum(axis=1).mean()
    new = pd.DataFrame({"x": [x], "z": [z], "y": [0.4]})
    np.testing.assert_allclose(fit.predict(new, "density"), [dense], rtol=1e-9)
    assert str(fit.diagnose())
    for name in ("density", "trace", "pairs"):
        assert getattr(plots, name)(fit) is not None
    plt.close("all")


# One fit with all of it --------------------------------------------------------------------------


def weights_of(fit: stanmix.Fit, z: np.ndarray) -> np.ndarray:
    """Of the components, by draw and row, (S, N, K)."""
    gamma = fit.draws()["gamma"][:, None]
    return special.softmax(gamma[..., 0] + gamma[..., 1] * z[:, None], axis=-1)


def predictors_of(fit: stanmix.Fit, rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Locations and scales, (S, N, K)."""
    draws, x, z = fit.draws(), rows["x"].to_numpy()[:, None], rows["z"].to_numpy()[:, None]
    beta, of_scale = draws["beta"][:, None], draws["beta_sigma"][:, None]
    return beta[..., 0] + beta[..., 1] * x, np.exp(of_scale[..., 0] + of_scale[..., 1] * z)


def test_its_figures_and_words(lines):
    names = list(lines.summary().index)
    assert names == [
        f"{of}[{k}, {name}]"
        for of, covariates in (("gamma", "Intercept z"), ("beta", "Intercept x"),
                               ("beta_sigma", "Intercept z"))
        for k in (1, 2)
        for name in covariates.split()
    ]  # fmt: skip
    assert lines.idata.posterior["beta_sigma"].dims[-1] == "sigma_covariate"
    assert (lines.draws()["nu"] == 4).all()
    assert lines.labelling == "relabelled by ECR"
    diagnosis = lines.diagnose()
    assert diagnosis.about("warm-up").level == "fine"
    assert "curvature" in lines.idata.attrs["warmup_reason"]
    assert diagnosis.about("weighted draws").level == "fine"


def test_the_posterior_does_not_depend_on_where_chains_start(lines):
    start = {
        "gamma": [[0.0, -1.0], [0.0, 1.0]],
        "beta": [[-1.0, -1.0], [1.0, 2.0]],
        "beta_sigma": [[0.0, 0.0], [0.0, 0.0]],
    }
    given = ALL.fit(GROUPED, starts=[start] * 2, warmup=150, **FEW)
    one, other = lines.summary(), given.summary()
    error = np.hypot(one["mcse_mean"], other["mcse_mean"])
    # Of twelve differences one in 800 comes to four errors.
    assert (np.abs(one["mean"] - other["mean"]) < 4 * error).all()


def test_responsibilities_and_allocations_are_bayes_rule_over_the_draws(lines):
    location, scale = predictors_of(lines, GROUPED)
    y, counted = GROUPED["y"].to_numpy()[:, None], GROUPED["times"].to_numpy()[:, None]
    rows = counted * stats.t.logpdf(y, 4, location, scale)
    joint = np.log(weights_of(lines, GROUPED["z"].to_numpy()))
    group = GROUPED["group"].to_numpy()
    for g in np.unique(group):
        joint[:, group == g] += rows[:, group == g].sum(axis=1, keepdims=True)
    expected = special.softmax(joint, axis=-1)
    np.testing.assert_allclose(lines.responsibilities(), expected.mean(axis=0), rtol=1e-9)
    table = lines.allocations()
    np.testing.assert_array_equal(table["component"], expected.mean(axis=0).argmax(axis=-1) + 1)
    drawn = lines.sample_allocations().to_numpy().reshape(len(expected), -1)
    error = np.sqrt((expected * (1 - expected)).sum(axis=0))[:, 1] + 1
    assert (np.abs((drawn == 2).sum(axis=0) - expected[..., 1].sum(axis=0)) < 5 * error).all()
    total = special.logsumexp(joint, axis=-1)[:, np.unique(group, return_index=True)[1]]
    np.testing.assert_allclose(
        lines.log_likelihood().to_numpy().ravel(), total.sum(axis=1), rtol=1e-10
    )


def test_predictions_at_new_rows(lines):
    new = pd.DataFrame({"x": [0.2, -0.9], "z": [2.5, -1.0], "y": [0.3, -4.0]}, index=["u", "v"])
    (location, scale), weight = predictors_of(lines, new), weights_of(lines, new["z"].to_numpy())
    mixed = (weight * location).sum(axis=-1)
    np.testing.assert_allclose(lines.predict(new), mixed.mean(axis=0), rtol=1e-10)
    np.testing.assert_allclose(
        lines.predict(new, by_component=True), location.mean(axis=0), rtol=1e-10
    )
    np.testing.assert_allclose(
        lines.predict(new, quantiles=[0.1, 0.9]), np.quantile(mixed, [0.1, 0.9], axis=0), rtol=1e-10
    )
    plain = new.assign(group=["a", "b"], times=1)
    dense = weight * stats.t.pdf(new["y"].to_numpy()[:, None], 4, location, scale)
    np.testing.assert_allclose(
        lines.predict(plain, "density"), dense.sum(axis=-1).mean(axis=0), rtol=1e-9
    )
    # Drawn responses: distribution functions at the draws' own parameters are uniform.
    many = new[["x", "z"]].iloc[np.repeat([0, 1], 60)].reset_index(drop=True)
    drawn = lines.predict(many, "draws").to_numpy().reshape(len(mixed), 2, 60)
    below = stats.t.cdf(drawn[..., None], 4, location[:, :, None], scale[:, :, None])
    u = (weight[:, :, None] * below).sum(axis=-1)
    assert stats.kstest(u.ravel(), "uniform").statistic < 2 / np.sqrt(u.size)  # but in 7 of 10 000


def test_the_prior_predictive_has_the_spread_of_the_model():
    """Of rows whose z differ: the log of |y - centre| moves with z by E(beta_sigma[z]) = 1."""
    priors = {
        "beta": stanmix.Normal(0, 1e-3),
        "Intercept": stanmix.Normal(0, 1e-3),
        "beta_sigma[Intercept]": stanmix.Normal(0, 0.1),
        "beta_sigma[z]": stanmix.Normal(1, 0.1),
    }
    model = stanmix.Mixture(
        "y ~ x", 2, family="student_t", formulas={"sigma": "~ z"}, fixed={"nu": 4.0}, priors=priors
    )
    rows = pd.DataFrame({"y": GROUPED["y"], "x": GROUPED["x"], "z": np.resize([-2.0, 2.0], 120)})
    drawn = stanmix.prior_predictive(model, rows, draws=400, seed=1).prior_predictive["y"]
    size = np.log(np.abs(drawn.to_numpy()[0]))
    gap = size[:, 1::2].mean(axis=1) - size[:, ::2].mean(axis=1)
    assert abs(gap.mean() - 4) < 4 * gap.std() / np.sqrt(len(gap))


def test_relabelling_carries_coefficients_along(lines):
    before = lines.log_likelihood().to_numpy()
    switched = {}
    for name in ("gamma", "beta", "beta_sigma"):  # of every other draw the labels swapped
        values = lines.posterior[name].to_numpy().copy()
        values[:, ::2] = values[:, ::2, ::-1]
        switched[name] = (lines.posterior[name].dims, values)
    mixed = lines.with_groups(posterior=lines.posterior.assign(switched))
    for method in ("ecr", "stephens", "pra", "sjw", "data_based", "ecr_iterative_1"):
        fit = mixed.relabel(method)
        np.testing.assert_allclose(fit.log_likelihood(), before, rtol=1e-10)
        np.testing.assert_allclose(fit.draws()["beta_sigma"], lines.draws()["beta_sigma"])


def test_loo_and_clusters(lines):
    estimate = lines.loo()
    assert estimate.n_data_points == GROUPED["group"].nunique()
    # A group is left out at a time: smoothing changes little of the plain harmonic estimate.
    of_groups = lines.with_log_likelihood().idata.log_likelihood["y"].to_numpy().reshape(300, -1)
    plain = np.log(300) - special.logsumexp(-of_groups, axis=0)
    assert estimate.elpd_loo == pytest.approx(plain.sum(), rel=0.01)
    found = lines.clusters(progress=False)
    upper = lines.responsibilities().sel(component=2) > 0.5
    agreement = pd.crosstab(found.to_numpy(), upper.to_numpy()).to_numpy()
    assert agreement.max(axis=1).sum() > 0.9 * len(GROUPED)


@pytest.mark.parametrize(
    "name",
    sorted(
        name
        for name in plots.__all__
        if inspect.isfunction(getattr(plots, name)) and name not in ("save", "contours", "elbo")
    ),
)
def test_every_plot(lines, name):
    drawn = getattr(plots, name)(lines)
    figures = [plt.figure(number) for number in plt.get_fignums()]
    assert drawn is not None and any(axes.has_data() for one in figures for axes in one.axes)
    plt.close("all")


def test_every_coefficient_has_a_panel(lines):
    axes = plots.trace(lines)
    said = {one.get_ylabel() for one in np.ravel(axes)}
    assert {"beta_sigma[z]", "beta_sigma[Intercept]", "gamma[z]", "beta[x]"} <= said
    plt.close("all")


def test_it_is_kept_whole(lines, tmp_path):
    again = stanmix.load(lines.save(tmp_path / "fit.nc"))
    assert again.model == lines.model
    for name, values in lines.draws().items():
        np.testing.assert_array_equal(again.draws()[name], values)
    new = GROUPED[["x", "z"]].iloc[:3]
    np.testing.assert_allclose(again.predict(new), lines.predict(new), rtol=1e-12)


def test_draws_made_elsewhere_are_a_fit(lines):
    posterior = lines.idata.posterior
    draws = {name: posterior[name].to_numpy() for name in ("gamma", "beta", "beta_sigma")}
    again = stanmix.from_draws(ALL, GROUPED, draws)
    np.testing.assert_allclose(again.log_likelihood(), lines.log_likelihood(), rtol=1e-12)
    np.testing.assert_allclose(again.responsibilities(), lines.responsibilities(), rtol=1e-12)
    with pytest.raises(stanmix.InputError, match="beta_sigma"):
        stanmix.from_draws(ALL, GROUPED, {name: draws[name] for name in ("gamma", "beta")})


def test_an_exported_folder_gives_the_draws_of_the_fit(cmdstan, tmp_path):
    options = {"method": "laplace", "seed": 7, "draws": 50, "restarts": 2, "progress": False}
    folder = ALL.export(tmp_path / "an export", GROUPED, **options)
    put_program(folder, cmdstan)
    assert run_script(folder, cmdstan).returncode == 0
    read, fit = stanmix.read(folder), ALL.fit(GROUPED, **options)
    for name, values in fit.draws().items():
        np.testing.assert_array_equal(read.draws()[name], values)
    assert stanmix.rerun(folder, progress=False).same


# The command line ------------------------------------------------------------------------------

STATED = [
    "--formula", "y ~ x", "--components", "2", "--family", "student_t", "--predictor", "sigma=~ z",
    "--fixed", "nu=4", "--gating", "~ z", "--group", "group", "--weights", "times",
]  # fmt: skip


def test_the_command_line_renders_and_fits_it(tmp_path, capsys):
    assert cli.main(["render", *STATED]) == 0
    assert capsys.readouterr().out == ALL.program("stan")
    GROUPED.to_csv(tmp_path / "data.csv", index=False)
    out = tmp_path / "out"
    options = ["--method", "map", "--seed", "3", "--out", str(out), "--quiet"]
    assert cli.main(["fit", str(tmp_path / "data.csv"), *STATED, *options]) == 0
    assert "beta_sigma[2, z]" in capsys.readouterr().out
    found, expected = stanmix.load(out / "fit.nc"), ALL.fit(GROUPED, "map", seed=3, progress=False)
    assert found.model == ALL
    for name, values in expected.draws().items():
        np.testing.assert_allclose(found.draws()[name], values, rtol=1e-9)


# One component ---------------------------------------------------------------------------------


def test_one_component_has_all_answers():
    model = stanmix.Mixture(
        "y ~ x", 1, family="student_t", formulas={"sigma": "~ z"}, fixed={"nu": 4.0},
        gating="~ z", group="group", weights="times",
    )  # fmt: skip
    fit = model.fit(GROUPED, **FEW)
    data = model.data(GROUPED)
    expected = [total_log_likelihood(model, data, at_draw(fit, s)) for s in range(20)]
    np.testing.assert_allclose(fit.log_likelihood().to_numpy().ravel()[:20], expected, rtol=1e-10)
    assert (fit.responsibilities() == 1).all() and (fit.allocations()["component"] == 1).all()
    (location,) = fit.predict(GROUPED[["x", "z"]].iloc[[5]])
    beta = fit.draws()["beta"].mean(axis=0)[0]
    assert location == pytest.approx(beta @ [1, GROUPED["x"].iloc[5]], rel=1e-9)
    assert fit.diagnose().about("convergence").level != "problem"
    assert np.isfinite(fit.loo().elpd_loo)
    assert list(fit.summary().index)[-1] == "beta_sigma[1, z]"
