"""stanli beside CmdStan: the same density, the same modes, and the sampler as it was told."""

from __future__ import annotations

import contextlib
import io
import json
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from independent import parameters
from rendered import EXAMPLES

import stanmix
from stanmix.cmdstan import version
from stanmix.errors import InferenceError
from stanmix.inference.engines.ready import ready
from stanmix.inference.engines.stanli import _climbed
from stanmix.inference.exploration.component_space import ComponentSpace
from stanmix.inference.methods import nuts
from stanmix.inference.problem import problem
from stanmix.inference.runs import stan
from stanmix.inference.settings import Prepared
from stanmix.inference.starts import multistart
from stanmix.inference.unconstrained.space import Space
from stanmix.inference.warmup import WarmUp
from stanmix.program.lower import lower

ENGINES = ("cmdstan", "stanli")
FAST = {"seed": 1, "progress": False, "engine": "stanli"}
# Programs, of all kinds of parameters and weights, that other tests compile with CmdStan anyway.
COMPILED = (
    "normal_mixture",
    "normal_mixture_known_sigma_known_theta",
    "normal_mixture_ordered_mu_shared_sigma",
    "normal_regressions",
    "normal_regressions_ordered_beta",
    "poisson_regressions_gating",
    "mvnormal_mixture_diagonal_ordered_mu_shared_sigma",
)


def asked(name, engine, folder):
    """Return a program's engine, its file of data, and the space that it declares."""
    model, frame = EXAMPLES[name]
    stated = problem(model, frame, "nuts", {"engine": engine, "seed": 1})
    made = ready(stated)
    data_file = stan.write_json(folder / f"{engine}.json", stated.data)
    return made, data_file, Space(stated.program, stated.data, made.stan_version)


def target(name, engine, folder):
    """Return a program's density by an engine, in coordinates that no transform of Stan's is in."""
    made, data_file, declared = asked(name, engine, folder)
    density = made.log_density(declared, data_file, folder, jacobian=False)
    space = ComponentSpace(declared, 10.0, EXAMPLES[name][0].alike)
    return space, lambda points: space.target(points, density)


def assert_same_densities(space, of_stanli, other):
    points = np.random.default_rng(8).normal(0, 0.4, (8, space.size))
    if not space.exchangeable:  # there points must be in the order of the program
        points = points[np.isfinite(of_stanli(points)[0])]
    assert len(points)
    (value, gradient), (expected, slope) = of_stanli(points), other(points)
    np.testing.assert_allclose(value, expected, rtol=1e-9)
    largest = np.abs(slope).max(axis=1, keepdims=True)
    assert (np.abs(gradient - slope) < 1e-9 * largest).all()


@pytest.mark.parametrize("name", COMPILED)
def test_density_and_gradient_are_cmdstans(name, tmp_path, cmdstan):
    """CmdStan takes the likelihood from the header."""
    _, of_cmdstan = target(name, "cmdstan", tmp_path)
    assert_same_densities(*target(name, "stanli", tmp_path), of_cmdstan)


@pytest.mark.parametrize("name", EXAMPLES)
def test_density_and_gradient_are_those_of_what_is_compiled(name, tmp_path, shipped):
    """All shipped programs, in coordinates of another Stan than the interpreter's."""
    space, of_stanli = target(name, "stanli", tmp_path)
    model, frame = EXAMPLES[name]
    program, data = lower(model, "fused"), model.data(frame)  # equal rows each by itself
    space_of_compiled = Space(program, data, version(shipped.cmdstan))
    own = ComponentSpace(space_of_compiled, 10.0, model.alike)

    def density(points):
        found = shipped.log_density(program, data, points, tmp_path)
        jacobian, slope = space_of_compiled.log_jacobian(points)
        return found[:, 0] - jacobian, found[:, 1:] - slope

    assert_same_densities(space, of_stanli, lambda points: own.target(points, density))


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_jacobian_is_taken_away_and_left_in(name, tmp_path):
    """Both ways, against differences: a gradient without its value's Jacobian would be found."""
    model, frame = EXAMPLES[name]
    stated = problem(model, frame, "map", {**FAST, "seed": 1})
    made, data_file = ready(stated), stan.write_json(tmp_path / "data.json", stated.data)
    space = Space(stated.program, stated.data, made.stan_version)
    points = np.random.default_rng(9).normal(0, 0.3, (3, space.size))
    for jacobian in (True, False):
        density = made.log_density(space, data_file, tmp_path, jacobian)
        _, gradient = density(points)
        for i, e in enumerate(1e-5 * np.eye(space.size)):
            rise = (density(points + e)[0] - density(points - e)[0]) / 2e-5
            np.testing.assert_allclose(gradient[:, i], rise, rtol=1e-5, atol=1e-4)
    both = [
        made.log_density(space, data_file, tmp_path, jacobian)(points)[0] for jacobian in (1, 0)
    ]
    np.testing.assert_allclose(both[0] - both[1], space.log_jacobian(points)[0], rtol=1e-9)


def test_a_point_without_a_density_costs_the_others_nothing(tmp_path):
    model, frame = EXAMPLES["normal_mixture"]
    stated = problem(model, frame, "nuts", FAST)
    made, data_file = ready(stated), stan.write_json(tmp_path / "data.json", stated.data)
    space = Space(stated.program, stated.data, made.stan_version)
    density = made.log_density(space, data_file, tmp_path, True)
    points = np.zeros((3, space.size))
    points[1, -1] = -1e4  # a scale of zero
    value, gradient = density(points)
    np.testing.assert_array_equal(np.isfinite(value), [True, False, True])
    assert value[1] == -np.inf and np.isfinite(gradient[[0, 2]]).all()
    with pytest.raises(InferenceError):
        density(points[[1, 1]])


# Modes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["normal_regressions", "poisson_regressions_gating", "normal_regressions_ordered_beta",
     "mvnormal_mixture_diagonal_ordered_mu_shared_sigma"],
)  # fmt: skip
def test_modes_are_cmdstans(name, cmdstan):
    model, frame = EXAMPLES[name]
    one, other = (
        model.fit(frame, "map", seed=1, engine=engine, progress=False) for engine in ENGINES
    )
    assert one.idata.attrs["converged"]
    heights = [fit.idata.sample_stats["run_lp"].to_numpy() for fit in (one, other)]
    np.testing.assert_allclose(*heights, rtol=1e-9)
    np.testing.assert_allclose(one.idata.sample_stats["run_gain"], 0, atol=1e-6)
    for key in other.idata.posterior.data_vars:
        pair = (fit.idata.posterior[key].to_numpy() for fit in (one, other))
        np.testing.assert_allclose(*pair, rtol=1e-4, atol=1e-6)


def test_climbs_from_random_starts_depend_on_the_seed_alone(pair):
    model = stanmix.Mixture("y", 2)

    def climbed(seed):
        options = {**FAST, "seed": seed, "starts": "random", "runs": 2, "iterations": 3}
        return model.fit(pair, "map", **options).idata.sample_stats

    np.testing.assert_array_equal(climbed(1)["run_lp"], climbed(1)["run_lp"])
    assert len(set(climbed(1)["run_lp"].to_numpy())) == 2
    assert not np.array_equal(climbed(1)["run_lp"], climbed(2)["run_lp"])
    assert list(climbed(1)["run_end"].to_numpy()) == ["iterations"] * 2


def test_climbs_without_a_density_are_an_error(pair):
    bad = [{"theta": [0.5, 0.5], "mu": [-1e200, 1e200], "sigma": [1e-200, 1e-200]}] * 2
    with pytest.raises(InferenceError, match="All 2 runs of method='map' failed"):
        stanmix.Mixture("y", 2).fit(pair, "map", runs=2, starts=bad, **FAST)


# The sampler -------------------------------------------------------------------------------------


def test_a_climb_does_not_begin_where_there_is_no_slope():
    def flat(points):
        return np.zeros(len(points)), np.full(points.shape, np.nan)

    with pytest.raises(InferenceError, match="no finite slope at the start"):
        _climbed(None, flat, np.zeros(2), 100)


def test_a_metric_from_the_curvature_stays_as_it_is(lines, tmp_path, monkeypatch):
    import stanli

    seen = {}
    sample = stanli.Model.sample

    def watched(self, **told):
        found = sample(self, **told)
        seen.update(told, after=found.inv_metric, steps=found.step_size)
        return found

    monkeypatch.setattr(stanli.Model, "sample", watched)
    model = stanmix.Mixture("y ~ 0 + x", 2, shared=("sigma",))
    fit = model.fit(lines, chains=2, draws=300, output_dir=tmp_path, **FAST)
    assert "curvature" in fit.idata.attrs["warmup_reason"]
    assert fit.idata.attrs["warmup"] == seen["warmup"] == 149
    given = np.array(json.loads((tmp_path / "metric.json").read_text())["inv_metric"])
    for chain in seen["after"]:
        np.testing.assert_array_equal(chain, given)
    steps = fit.idata.sample_stats["step_size"].to_numpy()
    assert len(set(seen["steps"])) == 2  # each chain has adapted its own
    np.testing.assert_array_equal(steps, np.repeat(seen["steps"][:, None], 300, axis=1))
    assert abs(fit.idata.sample_stats["acceptance_rate"].mean() - 0.8) < 0.15


@pytest.mark.parametrize("metric", ["diag_e", "dense_e", "unit_e"])
def test_it_does_what_it_is_told(pair, metric):
    model = stanmix.Mixture("y", 2, fixed={"sigma": 1.0, "theta": [0.5, 0.5]})
    options = {"chains": 3, "draws": 60, "thin": 3, "warmup": 200, "metric": metric}
    fit = model.fit(pair, max_treedepth=2, **options, **FAST)
    assert fit.idata.posterior["mu"].shape == (3, 20, 2)
    assert list(fit.idata.posterior["chain"]) == [1, 2, 3]
    stats = fit.idata.sample_stats
    assert set(stats.data_vars) >= {
        "lp", "acceptance_rate", "step_size", "tree_depth", "n_steps", "diverging", "energy",
    }  # fmt: skip
    assert stats["tree_depth"].max() == 2 and stats["diverging"].dtype == bool
    none = model.fit(pair, chains=1, draws=20, warmup=0, starts="random", **FAST)
    np.testing.assert_array_equal(none.idata.sample_stats["step_size"], 1.0)


@pytest.mark.parametrize("name", EXAMPLES)
def test_draws_are_where_the_sampler_was(name, tmp_path):
    """The log density told of a draw is Stan's there, and quantities are those of SciPy."""
    model, frame = EXAMPLES[name]
    stated = problem(model, frame, "nuts", {**FAST, "chains": 2, "draws": 10, "warmup": 100})
    made, data_file, space = asked(name, "stanli", tmp_path)
    points = np.random.default_rng(3).normal(0, 0.1, (2, space.size))
    starts = [space.constrain(point) for point in points]
    told = Prepared(starts, nuts._settings(stated.options, WarmUp(100, starts)))
    output = made.sample(stated, stated.options, told, data_file, tmp_path)
    density = made.log_density(space, data_file, tmp_path, True)
    for chain in range(2):
        assert len(set(output.stats["lp"][chain])) > 1
        for i in range(10):
            draw = {key: values[chain, i] for key, values in output.draws.items()}
            point = space.free(draw)
            value, _ = density(point[None])
            np.testing.assert_allclose(output.stats["lp"][chain, i], value[0], rtol=1e-9)
            expected, _ = parameters(model, stated.data, point)
            for one in stated.program.estimated:
                values = np.broadcast_to(draw[one.name], expected[one.name].shape)  # if shared
                np.testing.assert_allclose(values, expected[one.name], rtol=1e-9, atol=1e-12)


def test_seeds_make_draws_and_cores_do_not(pair):
    model = stanmix.Mixture("y", 2, fixed={"sigma": 1.0})
    draws = [
        model.fit(pair, chains=2, draws=50, **{**FAST, "seed": seed}, cores=cores)
        .idata.posterior["mu"]
        .to_numpy()
        for seed, cores in ((1, 1), (1, 2), (2, 2))
    ]
    np.testing.assert_array_equal(draws[0], draws[1])
    assert not np.array_equal(draws[0], draws[2])
    assert not np.array_equal(draws[0][0], draws[0][1])


def test_nothing_is_printed(pair):
    with contextlib.redirect_stdout(io.StringIO()) as said:
        stanmix.Mixture("y", 2).fit(pair, chains=1, draws=20, **FAST)
    assert said.getvalue() == ""


def test_a_chain_that_cannot_begin_is_an_error(pair):
    bad = [{"mu": [-1e200, 1e200]}]
    model = stanmix.Mixture("y", 2, fixed={"sigma": 1.0, "theta": [0.5, 0.5]})
    with pytest.raises(InferenceError, match="stanli could not sample"):
        model.fit(pair, chains=1, starts=bad, **FAST)


def test_the_fit_says_what_ran_it(pair, tmp_path):
    fit = stanmix.Mixture("y", 2).fit(pair, chains=2, draws=50, **FAST)
    attributes = fit.idata.attrs
    assert attributes["engine"] == "stanli"
    assert attributes["toolchain"] == "stanli 0.24.0 (Stan 2.40)"
    made_by = fit.provenance()
    assert made_by.options["engine"] == "stanli" and made_by.options["kernel"] == "stan"
    assert made_by.environment["stanli"] == "0.24.0" and made_by.environment["Stan"] == "2.40"
    assert "CmdStan" not in made_by.environment
    assert "stanli 0.24.0" in fit.diagnose().about("engine").text
    fit.save(tmp_path / "fit.nc")
    again = stanmix.load(tmp_path / "fit.nc")
    np.testing.assert_array_equal(again.idata.posterior["mu"], fit.idata.posterior["mu"])
    assert again.provenance() == made_by


# The same posterior ------------------------------------------------------------------------------
# Of programs that CmdStan has compiled. Of any other the density is the same, as are the sampler
# and what is made of its draws.


CHAINS, BATCHES = 4, 8


def moments(values):
    """Mean and sd of draws (chain, draw), and their Monte Carlo errors.

    Of means of batches, or of chains where that is more: chains that stay in one part of the
    posterior for long are less alike than their batches.
    """
    mean, sd = values.mean(), values.std()
    squares = (values - mean) ** 2
    errors = [
        max(
            each.reshape(count, -1).mean(axis=1).std(ddof=1) / np.sqrt(count)
            for count in (CHAINS, CHAINS * BATCHES)
        )
        for each in (values, squares)
    ]
    return np.array([mean, sd]), np.array([errors[0], errors[1] / (2 * sd)])


def label_free(stated, output, constant):
    """The log density and, of each parameter, the order statistics over the components."""
    found = {"lp": output.stats["lp"] - constant}
    for one in stated.program.estimated:
        draws = output.draws[one.name]
        ranked = draws if one.shared else np.sort(draws, axis=2)
        columns = ranked.reshape(*draws.shape[:2], -1)
        found |= {f"{one.name} {j}": columns[..., j] for j in range(columns.shape[2])}
    return found


@pytest.mark.parametrize("name", COMPILED)
def test_the_posterior_is_cmdstans(name, tmp_path, cmdstan):
    """Means and sds agree within four Monte Carlo errors, from the same starts."""
    model, frame = EXAMPLES[name]
    options = {"chains": CHAINS, "draws": 400, "warmup": 300, "seed": 1, "progress": False}
    found = {}
    for engine in ENGINES:
        stated = problem(model, frame, "nuts", {**options, "engine": engine})
        starts = multistart.chain_starts(model, stated.design, CHAINS, 1)
        plan = WarmUp(300, starts)
        told = Prepared(plan.starts, nuts._settings(stated.options, plan))
        folder = tmp_path / engine
        folder.mkdir()
        data_file = stan.write_json(folder / "data.json", stated.data)
        made = ready(stated)
        output = made.sample(stated, stated.options, told, data_file, folder)
        # The Jacobians of the two simplexes differ by a constant, that at any point.
        space = Space(stated.program, stated.data, made.stan_version)
        jacobian = space.log_jacobian(space.free(starts[0]))[0]
        found[engine] = label_free(stated, output, jacobian)
    one, other = found["stanli"], found["cmdstan"]
    assert list(one) == list(other)
    for key in one:
        (value, error), (expected, its_error) = moments(one[key]), moments(other[key])
        off = np.abs(value - expected) / np.hypot(error, its_error)
        assert (off < 4).all(), (key, value, expected, off)


LONG = """
import signal
import numpy as np
import stanmix
signal.signal(signal.SIGINT, signal.default_int_handler)
y = np.random.default_rng(0).normal(size=200)
print("ready", flush=True)
stanmix.Mixture("y", 2, fixed={"sigma": 1.0, "theta": [0.5, 0.5]}).fit(
    {"y": y}, seed=1, chains=2, draws=2_000_000, starts="random", engine="stanli", progress=False
)
"""


def test_an_interrupt_ends_it():
    running = subprocess.Popen(
        [sys.executable, "-c", LONG], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert running.stdout is not None and running.stdout.readline() == "ready\n"
    time.sleep(3)  # into the chains, which take minutes
    assert running.poll() is None
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert running.returncode != 0 and "KeyboardInterrupt" in said
