"""cmdstanpy, unpatched, drives every method; results agree with exact posteriors.

The posterior of the known program: theta ~ Beta(3, 9); x ~ N(MEAN, COVARIANCE). Where a test
is statistical, the Monte Carlo standard error is stated and four of them are allowed.
"""

from __future__ import annotations

import functools
from pathlib import Path

import cmdstanpy
import numpy as np
import pytest
from driver_programs import COVARIANCE, DATA, MEAN, NORMAL_DATA, known, normal, simulator, stan_from
from scipy import stats

THETA = stats.beta(3, 9)


@functools.cache
def model() -> cmdstanpy.CmdStanModel:
    return cmdstanpy.CmdStanModel(exe_file=str(known().exe_file))


@pytest.fixture(autouse=True)
def toolchain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CMDSTAN", str(known().cmdstan))


def test_cmdstanpy_compiles_a_program(tmp_path: Path) -> None:
    file = tmp_path / "line.stan"
    source = (
        "data { real mean; } parameters { real x; } model { target += normal_lpdf(x | mean, 1); }\n"
    )
    file.write_text(source)
    compiled = cmdstanpy.CmdStanModel(
        stan_file=str(file), cpp_options={"STANMIX_SLIM": True}, stanc_options={"O1": True}
    )
    assert (compiled.name, compiled.code()) == ("line", source)
    assert (compiled.stan_file, compiled.exe_file) == (str(file), str(tmp_path / "line"))
    assert compiled.cpp_options == {"STANMIX_SLIM": True}
    assert compiled.stanc_options == {"O1": True}
    assert compiled.src_info()["parameters"] == {"x": {"type": "real", "dimensions": 0}}
    assert compiled.exe_info()["stan_version_major"] == "2"
    fit = compiled.optimize({"mean": 3.0}, seed=1, sig_figs=12, output_dir=tmp_path)
    assert fit.stan_variable("x") == pytest.approx(3, abs=1e-6)
    assert fit.optimized_params_dict["lp__"] == pytest.approx(stats.norm.logpdf(0), abs=1e-10)
    compiled.format(overwrite_file=True, backup=False)
    lines = [line.strip() for line in compiled.code().splitlines()]
    assert "target += normal_lpdf(x | mean, 1);" in lines  # a line of its own now
    with pytest.raises(ValueError, match="Failed to get source info"):
        file.write_text("parameters { real x }")
        compiled.src_info()


def sample(folder: Path, **options: object) -> cmdstanpy.CmdStanMCMC:
    settings = {"seed": 5, "chains": 2, "show_progress": False, "output_dir": folder, **options}
    return model().sample(DATA, **settings)


def check_posterior(draws: dict[str, np.ndarray], effective: float) -> None:
    """Compare means and covariances; `effective` is a cautious effective sample size."""
    theta, x = draws["theta"], draws["x"]
    assert abs(theta.mean() - THETA.mean()) < 4 * THETA.std() / np.sqrt(effective)
    error = np.sqrt(np.diag(COVARIANCE) / effective)
    assert np.all(np.abs(x.mean(axis=0) - MEAN) < 4 * error)
    # The standard error of a sample covariance of normals (Wishart).
    spread = np.sqrt((COVARIANCE**2 + np.outer(*[np.diag(COVARIANCE)] * 2)) / effective)
    assert np.all(np.abs(np.cov(x.T) - COVARIANCE) < 4 * spread)


@pytest.mark.parametrize("metric", ["unit_e", "diag_e", "dense_e"])
def test_nuts_with_each_metric(metric: str, tmp_path: Path) -> None:
    fit = sample(tmp_path, metric=metric, iter_sampling=2000)
    check_posterior(fit.stan_variables(), effective=1000)
    assert fit.metric_type == metric
    assert np.all(fit.step_size > 0)
    if metric == "unit_e":
        return
    assert fit.metric.shape == ((2, 3) if metric == "diag_e" else (2, 3, 3))
    # Adapted from a few hundred draws: near the posterior's own covariance.
    x = fit.metric[..., 1:] if metric == "diag_e" else fit.metric[:, 1:, 1:]
    expected = np.diag(COVARIANCE) if metric == "diag_e" else COVARIANCE
    assert np.allclose(x, expected, rtol=0.5, atol=0.3)


def test_result_of_sample(tmp_path: Path) -> None:
    fit = sample(tmp_path, iter_sampling=100, iter_warmup=150, save_warmup=True, thin=2)
    assert (fit.num_draws_sampling, fit.num_draws_warmup, fit.thin) == (50, 75, 2)
    assert fit.draws().shape == (50, 2, len(fit.column_names))
    assert fit.draws(inc_warmup=True).shape[0] == 125
    assert fit.column_names[:8] == (
        "lp__", "accept_stat__", "stepsize__", "treedepth__", "n_leapfrog__", "divergent__",
        "energy__", "theta",
    )  # fmt: skip
    shape = fit.stan_variable("shape")
    assert shape.shape == (100, 2, 3)
    assert np.array_equal(shape[:, 0, 0], fit.stan_variable("theta"))
    assert np.array_equal(shape[:, 1, 1], fit.stan_variable("x")[:, 1])
    assert set(np.unique(fit.stan_variable("y_rep"))) <= {0, 1}
    assert set(fit.method_variables()) >= {"lp__", "divergent__"}
    assert fit.draws_pd(["theta"]).shape == (100, 1)
    assert fit.draws_xr(["x"]).x.shape == (2, 50, 2)
    assert fit.chain_ids == [1, 2]
    assert np.array_equal(fit.divergences, [0, 0])
    assert np.array_equal(fit.max_treedepths, [0, 0])
    assert "method=sample" in repr(fit)
    saved = tmp_path / "saved"
    saved.mkdir()
    fit.save_csvfiles(str(saved))
    # A folder is read in the order that the file system gives, a list in its own.
    again = cmdstanpy.from_csv([str(path) for path in sorted(saved.glob("*.csv"))])
    assert np.array_equal(again.draws(), fit.draws())


@pytest.mark.filterwarnings("ignore:The 'float_precision' argument is deprecated")
def test_summary_and_diagnose_of_a_fit(tmp_path: Path) -> None:
    fit = sample(tmp_path, iter_sampling=1000, sig_figs=10)
    table = fit.summary(sig_figs=8)
    assert table.loc["theta", "Mean"] == pytest.approx(fit.stan_variable("theta").mean(), rel=1e-7)
    assert table.loc["x[2]", "StdDev"] == pytest.approx(
        fit.stan_variable("x")[:, 1].std(ddof=1), rel=1e-7
    )
    assert "shape[2,3]" in table.index
    assert "no problems detected" in fit.diagnose()


def test_own_metric_and_step_size_without_adaptation(tmp_path: Path) -> None:
    metric = {"inv_metric": [1.5, 1.0, 2.0]}
    fit = sample(
        tmp_path, metric=metric, step_size=0.5, adapt_engaged=False, iter_warmup=0, chains=1
    )
    assert set(fit.method_variables()["stepsize__"].ravel()) == {0.5}
    check_posterior(fit.stan_variables(), effective=200)


def test_fixed_param_draws_only_generated_quantities(tmp_path: Path) -> None:
    program = cmdstanpy.CmdStanModel(exe_file=str(simulator().exe_file))
    for fixed in (True, False):  # False: the driver sees that there are no parameters
        fit = program.sample(
            {"scale": 2}, fixed_param=fixed, seed=2, chains=1, iter_sampling=1000,
            show_progress=False, output_dir=tmp_path / str(fixed),
        )  # fmt: skip
        z = fit.stan_variable("z")
        assert abs(z.mean() - 3) < 4 * 2 / np.sqrt(1000)
        assert abs(z.std() - 2) < 4 * 2 / np.sqrt(2 * 1000)


@pytest.mark.parametrize("algorithm", ["lbfgs", "bfgs"])
@pytest.mark.parametrize("jacobian", [False, True])
def test_optimize_finds_the_mode(algorithm: str, jacobian: bool, tmp_path: Path) -> None:
    fit = model().optimize(
        DATA, algorithm=algorithm, jacobian=jacobian, seed=1, sig_figs=12, output_dir=tmp_path
    )
    # The mode of Beta(3, 9); with the Jacobian of the logit, that of Beta(4, 10).
    mode = 3 / 12 if jacobian else 2 / 10
    assert fit.converged
    assert fit.stan_variable("theta") == pytest.approx(mode, abs=2e-4)
    assert np.allclose(fit.stan_variable("x"), MEAN, atol=2e-3)
    assert fit.optimized_params_pd["theta"][0] == fit.optimized_params_dict["theta"]
    assert fit.optimized_params_np[fit.column_names.index("theta")] == fit.stan_variable("theta")
    assert fit.column_names[0] == "lp__"
    assert ("converged__" in fit.column_names) is stan_from(39)
    if stan_from(39):
        assert fit.optimized_params_dict["converged__"] > 0  # why it ended


# Stan estimates Newton's Hessian from differences of the gradient that it multiplies by
# their step, 1e-3, where it should divide by it (stan/model/grad_hess_log_prob.hpp): steps are a
# million times too long, and the search along them (stan/optimization/newton.hpp) halves them
# until the density no longer falls. On a quadratic the first such step is 1e6 / 2^19 = 1.907 of
# the exact one, which leaves 0.907 of the error on the other side: slow, but it converges. It
# ends where an iteration gains at most 1e-8, which leaves less than 4.7e-8 to be gained.
NEWTON_ERROR = np.sqrt(2 * 4.7e-8)  # in posterior standard deviations


def newton(folder: Path, mu: float, sigma: float, **options: object) -> cmdstanpy.CmdStanMLE:
    return cmdstanpy.CmdStanModel(exe_file=str(normal().exe_file)).optimize(
        NORMAL_DATA, algorithm="newton", inits={"mu": mu, "sigma": sigma}, seed=1, sig_figs=12,
        output_dir=folder, **options,
    )  # fmt: skip


@pytest.mark.parametrize("start", [(6, 2), (0, 1), (0, 100), (-30, 1e3)])
@pytest.mark.parametrize("jacobian", [False, True])
def test_newton_finds_the_mode(start: tuple[float, float], jacobian: bool, tmp_path: Path) -> None:
    fit = newton(tmp_path, *start, jacobian=jacobian)
    y = np.array(NORMAL_DATA["y"])
    degrees = len(y) - jacobian
    sigma = np.sqrt(np.sum((y - y.mean()) ** 2) / degrees)
    assert fit.converged
    error = abs(fit.optimized_params_dict["mu"] - y.mean()) / (sigma / np.sqrt(len(y)))
    assert error < NEWTON_ERROR
    error = abs(np.log(fit.optimized_params_dict["sigma"] / sigma)) * np.sqrt(2 * degrees)
    assert error < NEWTON_ERROR


def test_newton_may_leap_to_where_the_density_is_flat(tmp_path: Path) -> None:
    # From a steep place a step that is far too long may gain. There is no curvature where it
    # lands, so that Stan stops, and takes the place for the optimum.
    fit = newton(tmp_path, mu=6, sigma=0.01, jacobian=True, save_iterations=True)
    assert fit.optimized_params_dict["sigma"] > 1e100
    path = fit.optimized_iterations_pd
    assert path is not None
    assert path["lp__"].iloc[-1] == path["lp__"].max()


def test_newton_fails_in_words_where_it_leaves_the_support(tmp_path: Path) -> None:
    # A step so long makes theta 0, where the density is nan; it is taken, because nan is not
    # less than anything. The next step finds no density to compare with, and leaves its zeros.
    with pytest.raises(RuntimeError, match="Error during optimization"):
        model().optimize(DATA, algorithm="newton", seed=1, output_dir=tmp_path)
    (console,) = tmp_path.glob("*-stdout.txt")
    assert "Optimization diverged" in console.read_text()
    # At the mode of theta nothing moves it, and the rest of the program is normal.
    start = {"theta": 0.2, "x": [50, 50]}
    fit = model().optimize(DATA, algorithm="newton", sig_figs=12, inits=start, output_dir=tmp_path)
    assert fit.stan_variable("theta") == pytest.approx(0.2, abs=1e-9)
    deviation = fit.stan_variable("x") - MEAN
    assert np.sqrt(deviation @ np.linalg.solve(COVARIANCE, deviation)) < NEWTON_ERROR


def test_optimize_saves_its_iterations(tmp_path: Path) -> None:
    fit = model().optimize(DATA, seed=1, save_iterations=True, output_dir=tmp_path)
    path = fit.optimized_iterations_pd
    assert path is not None
    assert len(path) > 2
    assert path["lp__"].iloc[-1] == path["lp__"].max()
    assert np.array_equal(fit.optimized_iterations_np, path.to_numpy())


@pytest.mark.parametrize("algorithm", ["meanfield", "fullrank"])
def test_variational(algorithm: str, tmp_path: Path) -> None:
    fit = model().variational(
        DATA, algorithm=algorithm, seed=3, draws=2000, output_dir=tmp_path, require_converged=False
    )
    assert fit.variational_sample.shape[0] == 2000
    assert fit.eta > 0
    x = fit.stan_variable("x", mean=False)
    # ADVI stops at a noisy optimum: a coarse agreement is all that it promises.
    assert np.allclose(x.mean(axis=0), MEAN, atol=0.5)
    if algorithm == "fullrank":
        assert np.corrcoef(x.T)[0, 1] > 0.2
    assert np.array_equal(fit.variational_sample_pd.to_numpy(), fit.variational_sample)
    assert fit.variational_params_pd["theta"][0] == fit.variational_params_dict["theta"]
    assert fit.variational_params_np[fit.column_names.index("theta")] == fit.stan_variable("theta")
    assert fit.variational_params_dict["theta"] == pytest.approx(THETA.mean(), abs=0.1)


@pytest.mark.parametrize("paths", [1, 4])
def test_pathfinder(paths: int, tmp_path: Path) -> None:
    fit = model().pathfinder(DATA, seed=4, num_paths=paths, draws=1000, output_dir=tmp_path)
    assert fit.draws().shape[0] == 1000
    x = fit.stan_variable("x")
    # Draws are resampled with replacement: a quarter of them counts as independent.
    error = np.sqrt(np.diag(COVARIANCE) / 250)
    assert np.all(np.abs(x.mean(axis=0) - MEAN) < 4 * error + 0.1)
    number = {"path__"} if stan_from(37) else set()
    assert set(fit.method_variables()) == {"lp_approx__", "lp__"} | number
    assert fit.is_resampled is (paths > 1)
    starts = fit.create_inits(chains=2, seed=1)
    assert len(starts) == 2
    assert 0 < starts[0]["theta"] < 1


def test_laplace_is_exact_for_a_normal(tmp_path: Path) -> None:
    mode = model().optimize(DATA, jacobian=True, seed=1, sig_figs=16, output_dir=tmp_path / "mode")
    fit = model().laplace_sample(DATA, mode, seed=2, draws=2000, output_dir=tmp_path / "laplace")
    x = fit.stan_variable("x")
    assert np.all(np.abs(x.mean(axis=0) - MEAN) < 4 * np.sqrt(np.diag(COVARIANCE) / 2000))
    spread = np.sqrt((COVARIANCE**2 + np.outer(*[np.diag(COVARIANCE)] * 2)) / 2000)
    assert np.all(np.abs(np.cov(x.T) - COVARIANCE) < 4 * spread)
    # On the logit scale: mode logit(3 / 12), variance 1 / (12 * 1/4 * 3/4).
    logit = fit.stan_variable("log_odds")
    assert abs(logit.mean() - np.log(1 / 3)) < 4 * np.sqrt(16 / 36 / 2000)
    assert abs(logit.var() - 16 / 36) < 4 * 16 / 36 * np.sqrt(2 / 2000)
    assert fit.mode.optimized_params_dict["theta"] == pytest.approx(0.25, abs=1e-4)
    # log q is the normal's own quadratic form.
    deviation = x - MEAN
    quadratic = -0.5 * np.einsum("ni,ij,nj->n", deviation, np.linalg.inv(COVARIANCE), deviation)
    theta_part = -0.5 * (logit - np.log(1 / 3)) ** 2 * 36 / 16
    assert np.allclose(fit.method_variables()["log_q__"], quadratic + theta_part, atol=0.02)


def test_generate_quantities_follows_the_draws(tmp_path: Path) -> None:
    fit = sample(tmp_path / "fit", iter_sampling=500, sig_figs=16)
    again = model().generate_quantities(
        DATA, fit, seed=9, sig_figs=16, gq_output_dir=tmp_path / "gq"
    )
    theta = fit.stan_variable("theta")
    assert np.allclose(again.stan_variable("log_odds"), np.log(theta / (1 - theta)), rtol=1e-12)
    y_rep = again.stan_variable("y_rep")
    assert abs(y_rep.mean() - theta.mean()) < 4 * np.sqrt(0.25 * 0.75 / 1000)
    assert again.draws().shape[:2] == (500, 2)
    assert again.mcmc_sample is fit
    # Not draws(inc_sample=True): cmdstanpy 1.3.2 drops chains there in place of columns when
    # both programs generate the same quantities.
    assert {"theta", "log_odds"} <= set(again.draws_pd(inc_sample=True).columns)
    assert "log_odds" in again.draws_pd().columns


@pytest.mark.parametrize("jacobian", [False, True])
def test_log_prob_and_gradient(jacobian: bool) -> None:
    theta, x = 0.3, np.array([0.5, -1.0])
    table = model().log_prob({"theta": theta, "x": list(x)}, DATA, jacobian=jacobian, sig_figs=16)
    expected = stats.multivariate_normal(MEAN, COVARIANCE).logpdf(x)
    expected += 2 * np.log(theta) + 8 * np.log1p(-theta)
    expected += jacobian * (np.log(theta) + np.log1p(-theta))
    # The log density is up to a constant: log(2 pi) + log(det) / 2 are dropped or not as Stan
    # drops them; here "target +=" keeps them.
    assert table["lp__"][0] == pytest.approx(expected, rel=1e-12)
    logit_gradient = 2 - 10 * theta + jacobian * (1 - 2 * theta)
    assert table["theta"][0] == pytest.approx(logit_gradient, rel=1e-10)
    slope = -np.linalg.solve(COVARIANCE, x - MEAN)
    assert np.allclose(table[["x.1", "x.2"]].to_numpy()[0], slope, rtol=1e-10)


def test_constants_are_left_out_where_a_tilde_allows_it() -> None:
    source = cmdstanpy.CmdStanModel(exe_file=str(normal().exe_file))
    table = source.log_prob({"mu": 5.0, "sigma": 2.0}, NORMAL_DATA, jacobian=False, sig_figs=16)
    y = np.array(NORMAL_DATA["y"])
    whole = stats.norm.logpdf(y, 5.0, 2.0).sum()
    assert table["lp__"][0] == pytest.approx(whole + len(y) * np.log(2 * np.pi) / 2, rel=1e-12)


def test_diagnose_compares_gradients() -> None:
    table = model().diagnose(inits={"theta": 0.3, "x": [0.5, -1.0]}, data=DATA)
    assert list(table["param_idx"]) == [0, 1, 2]
    assert np.all(np.abs(table["error"]) < 1e-6)
    with pytest.raises(RuntimeError, match="may exceed the error threshold"):
        model().diagnose(inits={"theta": 0.3, "x": [0.5, -1.0]}, data=DATA, epsilon=0.9)
