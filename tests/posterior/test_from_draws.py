from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr
from rendered import render
from scipy import stats
from synthetic import fit_of, made_up_fit, pair_draws, switched

import stanmix
from stanmix import containers, plots
from stanmix.errors import InputError

DRAWS, Y = pair_draws(gap=6.0)
NAMES = {"theta": "w", "mu": "center", "sigma": "tau"}
MODEL = stanmix.Mixture("y", 2)


@pytest.fixture(scope="module")
def idata():
    """As another program would give it: other names, other order of dimensions, switched."""
    swap = np.random.default_rng(0).random((4, 250)) < 0.4
    mixed = switched(DRAWS, swap)
    data = {
        NAMES[name]: (("cluster", "chain", "draw"), np.moveaxis(values, -1, 0))
        for name, values in mixed.items()
    }
    diverging = {"diverging": (("chain", "draw"), swap)}
    groups = {"posterior": xr.Dataset(data), "sample_stats": xr.Dataset(diverging)}
    return containers.container(groups, {})


@pytest.fixture(scope="module")
def fit(idata):
    return stanmix.from_draws(MODEL, {"y": Y}, idata, names=NAMES, dim="cluster", seed=1)


def test_switched_draws_of_elsewhere_are_diagnosed_and_repaired(fit):
    diagnosis = fit.diagnose()
    assert diagnosis.about("label switching").level == "problem"
    assert diagnosis.figures["divergences"] > 0
    named = fit.relabel()
    np.testing.assert_array_equal(named.idata.posterior["mu"], DRAWS["mu"])
    assert named.diagnose().about("label switching").level == "note"
    assert fit.method == "mcmc" and fit.model.order is None


def test_all_that_follows_the_draws_follows_these(fit):
    own = fit_of(stanmix.Mixture("y", 2, order=None), {"y": Y}, DRAWS)
    named = fit.relabel("order", "mu")
    np.testing.assert_allclose(named.responsibilities(), own.responsibilities(), rtol=1e-12)
    np.testing.assert_allclose(fit.log_likelihood(), own.log_likelihood(), rtol=1e-12)
    np.testing.assert_allclose(fit.predict(), own.predict(), rtol=1e-12)
    assert fit.loo().elpd_loo == pytest.approx(own.loo().elpd_loo, rel=1e-9)
    assert fit.clusters().attrs["clusters"] == 2
    np.testing.assert_array_equal(named.sample_allocations(seed=3), own.sample_allocations(seed=3))
    np.testing.assert_array_equal(fit.log_density(), fit.log_likelihood().to_numpy().ravel())
    assert set(fit.summary().index) == set(own.summary().index)
    for picture in (plots.trace, plots.density, plots.rank, plots.autocorrelation, plots.pairs):
        picture(named)
    plots.switching(named)
    plt.close("all")


def test_a_foreign_fit_is_read_back(fit, tmp_path):
    again = stanmix.load(fit.save(tmp_path / "fit.nc"))
    np.testing.assert_array_equal(again.responsibilities(), fit.responsibilities())
    assert again.method == "mcmc"


def test_plain_arrays_and_a_shared_scale_will_do():
    draws = {**DRAWS, "sigma": DRAWS["sigma"][..., 0]}
    lp = np.random.default_rng(0).normal(size=(4, 250))
    model = stanmix.Mixture("y", 2, shared=("sigma",))
    fit = stanmix.from_draws(model, {"y": Y}, draws, log_density=lp)
    d = {name: values[7] for name, values in fit.draws().items()}
    terms = d["theta"] * stats.norm.pdf(Y[:, None], d["mu"], draws["sigma"][0, 7])
    found = fit.log_likelihood(pointwise=True)[0, 7]
    np.testing.assert_allclose(found, np.log(terms.sum(axis=1)), rtol=1e-10)
    np.testing.assert_array_equal(fit.log_density(), lp.ravel())


def test_weights_with_a_component_of_reference_are_centred():
    frame = render.grouped_lines(groups=8)
    own = made_up_fit(stanmix.Mixture("y ~ x", 3, gating="~ z", order=None), frame)
    draws = {name: own.idata.posterior[name].to_numpy() for name in own.model.parameters}
    draws["gamma"] = draws["gamma"] - draws["gamma"][:, :, -1:]
    fit = stanmix.from_draws(own.model, frame, draws)
    np.testing.assert_allclose(fit.idata.posterior["gamma"].sum("component"), 0, atol=1e-12)
    np.testing.assert_allclose(fit.log_likelihood(), own.log_likelihood(), rtol=1e-10)


def test_what_does_not_fit_is_refused(idata):
    def made(**changed):
        return stanmix.from_draws(MODEL, {"y": Y}, {**DRAWS, **changed})

    with pytest.raises(InputError, match="no 'theta' for the parameter 'theta'; they have 'w'"):
        stanmix.from_draws(MODEL, {"y": Y}, idata)
    with pytest.raises(InputError, match="no 'component'; dim= names"):
        stanmix.from_draws(MODEL, {"y": Y}, idata, names=NAMES)
    with pytest.raises(InputError, match="names: 'beta' is no parameter"):
        stanmix.from_draws(MODEL, {"y": Y}, idata, names={"beta": "b"})
    with pytest.raises(InputError, match="no group 'posterior'"):
        stanmix.from_draws(MODEL, {"y": Y}, containers.container({}, {}))
    with pytest.raises(InputError, match=r"mu has shape \(4, 250, 3\); expected"):
        made(mu=np.zeros((4, 250, 3)))
    with pytest.raises(InputError, match="numbers of chains and draws: theta"):
        made(mu=np.zeros((4, 200, 2)))
    with pytest.raises(InputError, match=r"in one draw it sums to 0\.5"):
        made(theta=np.full((4, 250, 2), 0.25))
    with pytest.raises(InputError, match="sigma must not be negative"):
        made(sigma=-DRAWS["sigma"])
    with pytest.raises(InputError, match="not finite"):
        made(mu=np.full((4, 250, 2), np.nan))
    with pytest.raises(InputError, match=r"log_density has shape \(4, 7\)"):
        stanmix.from_draws(MODEL, {"y": Y}, DRAWS, log_density=np.zeros((4, 7)))


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        (
            {"sigma": DRAWS["sigma"] * (DRAWS["sigma"] > 1)},
            "sigma must be positive, but .* are zero",
        ),
        ({"mu": DRAWS["mu"].astype("datetime64[s]")}, "mu must be an array of real numbers"),
        ({"mu": DRAWS["mu"] + 1j}, "mu must be an array of real numbers"),
        ({"mu": np.ma.masked_less(DRAWS["mu"], 0)}, "mu must be an array of real numbers"),
        ({"mu": DRAWS["mu"].astype(str)}, "mu must be an array of real numbers"),
        ({"mu": [[1.0, 2.0], [3.0]]}, "mu must be an array of real numbers"),
        ({name: values[:, :0] for name, values in DRAWS.items()}, "there are no draws in it"),
    ],
)
def test_numbers_that_are_none_are_refused(changed, word):
    with pytest.raises(InputError, match=word):
        stanmix.from_draws(MODEL, {"y": Y}, {**DRAWS, **changed})


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"draws": None}, "draws must be arviz.InferenceData.*got None"),
        ({"draws": [1, 2]}, "draws must be arviz.InferenceData"),
        ({"model": "y ~ 1"}, "model must be a stanmix.Mixture, got 'y ~ 1'"),
        ({"names": "w"}, "names must be a mapping of names to names"),
        ({"names": {"mu": 1}}, "names must be a mapping of names to names"),
        ({"seed": -1}, "seed must be an integer of at least 0, got -1"),
        ({"log_density": np.full((4, 250), np.nan)}, "1000 value.s. that are not finite"),
        ({"log_density": "lp"}, "log_density must be an array of real numbers, .chain, draw."),
    ],
)
def test_arguments_that_are_none_are_refused(arguments, word):
    with pytest.raises(InputError, match=word):
        stanmix.from_draws(**{"model": MODEL, "frame": {"y": Y}, "draws": DRAWS, **arguments})


def test_draws_of_other_families_are_held_to_what_their_parameters_may_be():
    rng = np.random.default_rng(4)
    frame = {"n": rng.poisson(3, 20).astype(float), "z": rng.normal(size=20)}
    draws = {
        "theta": rng.dirichlet([5, 5], size=(2, 6)),
        "mu": rng.gamma(3, size=(2, 6, 2)),
        "phi": rng.gamma(3, size=(2, 6, 2)),
    }
    model = stanmix.Mixture("n", 2, family="negative_binomial")
    fit = stanmix.from_draws(model, frame, draws)
    d = {name: values[7] for name, values in fit.draws().items()}
    mass = stats.nbinom.pmf(frame["n"][:, None], d["phi"], d["phi"] / (d["phi"] + d["mu"]))
    expected = np.log((d["theta"] * mass).sum(axis=1)).sum()
    assert fit.log_likelihood().to_numpy().ravel()[7] == pytest.approx(expected, rel=1e-10)
    # A mean of counts may be zero; a precision may not.
    stanmix.from_draws(
        model, frame, {**draws, "mu": np.zeros((2, 6, 2))}, log_density=np.ones((2, 6))
    )
    with pytest.raises(InputError, match="mu must not be negative"):
        stanmix.from_draws(model, frame, {**draws, "mu": -draws["mu"]})
    with pytest.raises(InputError, match="phi must be positive, but 24 of its draws are zero"):
        stanmix.from_draws(model, frame, {**draws, "phi": np.zeros((2, 6, 2))})
    by_row = stanmix.Mixture("n", 2, family="negative_binomial", formulas={"phi": "~ z"})
    free = {name: draws[name] for name in ("theta", "mu")} | {
        "beta_phi": rng.normal(size=(2, 6, 2, 2))
    }
    assert (stanmix.from_draws(by_row, frame, free).draws()["beta_phi"] < 0).any()
    with pytest.raises(InputError, match=r"expected \(chain, draw, component, phi_covariate\)"):
        stanmix.from_draws(by_row, frame, {**free, "beta_phi": np.zeros((2, 6, 2))})


def test_correlations_of_elsewhere_must_be_some():
    rng = np.random.default_rng(1)
    model = stanmix.Mixture(list("abc"), 2, family="mvnormal", covariance="full")
    frame = dict(zip("abc", rng.normal(size=(3, 30)), strict=True))
    draws = {
        "theta": rng.dirichlet([5, 5], size=(2, 10)),
        "mu": rng.normal(size=(2, 10, 2, 3)),
        "sigma": rng.uniform(1, 2, size=(2, 10, 2, 3)),
        "rho": rng.uniform(-0.4, 0.4, size=(2, 10, 2, 3)),
    }
    fit = stanmix.from_draws(model, frame, draws, seed=1)
    assert list(fit.posterior["pair"].to_numpy()) == ["a, b", "a, c", "b, c"]
    draws["rho"][1, 3, 0] = [0.9, 0.9, -0.9]
    with pytest.raises(InputError, match="positive definite"):
        stanmix.from_draws(model, frame, draws, seed=1)
