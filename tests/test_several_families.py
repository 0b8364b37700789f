"""Components of several families in all that a fit can be asked; programs are interpreted."""

from __future__ import annotations

import functools

import matplotlib.pyplot as plt
import numpy as np
import pytest
from scipy import special, stats

import stanmix
from stanmix import cli, plots
from stanmix.errors import InputError

N = 300
ZERO = stanmix.PointMass(0)
RUN = {"engine": "stanli", "seed": 1, "progress": False}
FEW = {**RUN, "chains": 2, "draws": 300}


@functools.cache
def frame():
    rng = np.random.default_rng(1)
    x, zero = rng.normal(size=N), rng.random(N) < 0.3
    noisy = np.where(rng.random(N) < 0.5, rng.normal(-2, 0.5, N), rng.normal(2, 0.8, N))
    noisy[:20] = rng.uniform(-10, 10, 20)
    return {
        "x": x,
        "count": np.where(zero, 0, rng.poisson(np.exp(1 + 0.3 * x))),
        "wait": np.where(zero, 0.0, rng.gamma(3.0, np.exp(0.5 + 0.3 * x) / 3)),
        "noisy": noisy,
    }


STATED = {
    "counts": {"formula": "count ~ x", "family": [ZERO, "poisson"]},
    "waiting times": {"formula": "wait ~ x", "family": [ZERO, "gamma"]},
    "noise": {"formula": "noisy", "family": ["normal", "normal", stanmix.Uniform(-10, 10)]},
}
TRUE = {
    "counts": {"theta": [0.3, 0.7], "beta": [[1.0, 0.3]]},
    "waiting times": {"theta": [0.3, 0.7], "beta": [[0.5, 0.3]], "shape": [3.0]},
    "noise": {"mu": [-2, 2], "sigma": [0.5, 0.8]},
}


@functools.cache
def mixture(name):
    return stanmix.Mixture(components=len(STATED[name]["family"]), **STATED[name])


@functools.cache
def fitted(name):
    return mixture(name).fit(frame(), **FEW)


@pytest.mark.parametrize("name", STATED)
def test_simulated_values_are_recovered_and_nothing_is_wrong(name):
    fit = fitted(name)
    assert fit.diagnose().ok
    for parameter, true in TRUE[name].items():
        draws = fit.posterior[parameter]
        apart = (draws.mean(("chain", "draw")) - np.array(true)) / draws.std(("chain", "draw"))
        assert np.abs(apart).max() < 3.5


def test_inflated_counts_have_the_density_of_the_closed_form():
    """A zero is one of the point mass or one of the counts: both have a probability there."""
    draws, y = fitted("counts").draws(), frame()["count"]
    design = np.column_stack([np.ones(N), frame()["x"]])
    rate = np.exp(np.einsum("np,sp->sn", design, draws["beta"][:, 1]))
    extra = draws["theta"][:, :1]
    expected = np.log((1 - extra) * stats.poisson.pmf(y, rate) + extra * (y == 0)).sum(axis=1)
    found = fitted("counts").log_likelihood().to_numpy().ravel()
    np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_a_point_mass_beside_a_density_is_a_model_of_its_own():
    """The likelihood is that of how many are zero, times that of the others."""
    draws, y = fitted("waiting times").draws(), frame()["wait"]
    zero, design = y == 0, np.column_stack([np.ones(N), frame()["x"]])
    mean = np.exp(np.einsum("np,sp->sn", design[~zero], draws["beta"][:, 1]))
    shape = draws["shape"][:, 1:]
    others = stats.gamma.logpdf(y[~zero], shape, scale=mean / shape).sum(axis=1)
    of_zeros = stats.binom.logpmf(zero.sum(), N, draws["theta"][:, 0])
    of_zeros -= np.log(special.comb(N, zero.sum(), exact=False))
    found = fitted("waiting times").log_likelihood().to_numpy().ravel()
    np.testing.assert_allclose(found, of_zeros + others, rtol=1e-10)


def test_the_mode_is_that_of_the_two_models_apart():
    flat = {"mu": stanmix.Flat(), "shape": stanmix.Flat()}
    model = stanmix.Mixture("wait", 2, family=[ZERO, "gamma"], priors=flat)
    at_mode = model.fit(frame(), "map", **RUN).draws()
    y = frame()["wait"]
    shape, _, scale = stats.gamma.fit(y[y > 0], floc=0)
    np.testing.assert_allclose(at_mode["theta"][0], [np.mean(y == 0), np.mean(y > 0)], rtol=1e-4)
    np.testing.assert_allclose(at_mode["shape"][0, 1], shape, rtol=1e-3)
    np.testing.assert_allclose(at_mode["mu"][0, 1], shape * scale, rtol=1e-3)


def test_rows_at_a_point_mass_belong_to_it():
    p = fitted("waiting times").responsibilities().to_numpy()
    zero = frame()["wait"] == 0
    np.testing.assert_array_equal(p[zero], np.tile([1.0, 0.0], (zero.sum(), 1)))
    np.testing.assert_array_equal(p[~zero], np.tile([0.0, 1.0], ((~zero).sum(), 1)))
    of_counts = fitted("counts").responsibilities().to_numpy()[frame()["count"] == 0]
    assert ((of_counts > 0) & (of_counts < 1)).all()


def test_parameters_belong_to_the_components_that_have_them():
    fit = fitted("noise")
    assert fit.posterior["mu"].dims == ("chain", "draw", "normal_component")
    np.testing.assert_array_equal(fit.posterior["normal_component"], [1, 2])
    draws = fit.draws()
    assert np.isnan(draws["mu"][:, 2]).all() and np.isfinite(draws["mu"][:, :2]).all()
    np.testing.assert_array_equal(draws["low"][0, 2], -10)
    assert {"theta[3]", "mu[1]", "mu[2]"} <= set(fit.summary().index)


@pytest.mark.parametrize(
    "method",
    ["order", "ecr", "ecr_iterative_1", "ecr_iterative_2", "stephens", "pra", "sjw", "data_based"],
)
def test_components_of_one_family_are_relabelled_among_themselves(method):
    """Draws whose normal components change places are brought back; the noise stays where it is."""
    fit, rng = fitted("noise"), np.random.default_rng(2)
    posterior = fit.posterior
    swap = rng.random(posterior["mu"].shape[:2]) < 0.5
    changed = {}
    for name in ("theta", "mu", "sigma"):
        values = posterior[name].to_numpy().copy()
        values[swap] = values[swap][:, [1, 0, *range(2, values.shape[-1])]]
        changed[name] = (posterior[name].dims, values)
    mixed = fit.with_groups(posterior=posterior.assign(changed))
    found = mixed.relabel(method).posterior
    for name in ("theta", "mu", "sigma"):
        np.testing.assert_array_equal(found[name], posterior[name])


def test_parts_are_compared_where_they_can_be_exchanged():
    table = fitted("noise").compare_relabellings(["ecr", "stephens", "pra"])
    assert len(table) == 3
    with pytest.raises(InputError, match="told apart by their families"):
        fitted("counts").relabel("ecr")


@pytest.mark.parametrize("name", STATED)
def test_predictions_are_those_of_the_mixture(name):
    fit = fitted(name)
    draws, column = fit.draws(), STATED[name]["formula"].split(" ~ ")[0]
    means = fit.predict(kind="mean", by_component=True)
    assert means.shape == (N, len(STATED[name]["family"]))
    if ZERO in STATED[name]["family"]:
        assert (means[:, 0] == 0).all()
        drawn = fit.predict(kind="draws", seed=4).to_numpy().reshape(-1, N)
        share = (drawn == 0).mean(axis=1)
        beside = np.exp(-np.exp(1.0)) if name == "counts" else 0.0  # about, for counts
        error = 4 * np.sqrt(0.25 / N) + 0.05
        assert abs(share.mean() - draws["theta"][:, 0].mean() - 0.7 * beside) < error
    residuals = fit.quantile_residuals(seed=3).to_numpy()
    # 300 of them: Kolmogorov's test at 0.1 %.
    assert stats.kstest(residuals, stats.norm.cdf).pvalue > 1e-3
    assert np.isfinite(fit.loo().elpd_loo if hasattr(fit.loo(), "elpd_loo") else fit.loo().elpd)
    prior = stanmix.prior_predictive(mixture(name), frame(), draws=20)
    drawn = np.asarray(prior["prior_predictive"]["y"])
    assert drawn.shape == (1, 20, N) and np.isfinite(drawn).all(), column


@pytest.mark.parametrize("name", STATED)
def test_a_fit_is_saved_stated_anew_and_read(name, tmp_path):
    fit, model = fitted(name), mixture(name)
    assert stanmix.Mixture.from_dict(model.to_dict()) == model
    again = stanmix.load(fit.save(tmp_path / "fit.nc"))
    assert again.model == model
    for key, values in fit.draws().items():
        np.testing.assert_array_equal(again.draws()[key], values)
    elsewhere = stanmix.from_draws(model, frame(), fit.idata)
    np.testing.assert_allclose(
        elsewhere.responsibilities(), fit.responsibilities(), rtol=1e-12, atol=1e-12
    )
    folder = model.export(tmp_path / "stan", frame(), engine="stanli", seed=1)
    (program,) = folder.glob("*.stan")
    assert "uniform_lpdf" in program.read_text() or "at_atom" in program.read_text()


@pytest.mark.parametrize("name", STATED)
def test_pictures_show_all_components(name):
    fit = fitted(name)
    for picture in (plots.density, plots.regression):
        if picture is plots.regression and "~" not in STATED[name]["formula"]:
            continue
        ax = picture(fit)
        texts = [text.get_text() for text in ax.get_legend().get_texts()]
        named = [text for text in texts if text.startswith("component")]
        assert len(named) == len(STATED[name]["family"]) - (picture is plots.regression)
    if name == "waiting times":  # the line of the zeros stands within the axes
        low, high = plots.density(fit).get_xlim()
        assert low < 0 < high
    plots.trace(fit)
    plots.pairs(fit, ["theta", "mu"]) if name == "noise" else None
    plt.close("all")


def test_the_command_line_states_components(capsys):
    stated = ["--formula", "y", "--components", "3", "--family", "PointMass(0)", "Uniform(0, 9)"]
    assert cli.main(["render", *stated, "gamma"]) == 0
    family = [ZERO, stanmix.Uniform(0, 9), "gamma"]
    assert (
        capsys.readouterr().out.strip() == stanmix.Mixture("y", 3, family=family).program().strip()
    )
    assert cli.main(["render", *stated, "PointMass(a)"]) != 0
    assert "is no component" in capsys.readouterr().err
    hurdle = ["--formula", "y", "--components", "2", "--family", "PointMass(0)"]
    assert cli.main(["render", *hurdle, "Truncated(poisson, lower=1)"]) == 0
    assert "truncated_poisson_lpmf" in capsys.readouterr().out
