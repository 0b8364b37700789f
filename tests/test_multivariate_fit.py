"""The whole line, from data to answers, for responses of several columns."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from rendered import EXAMPLES
from scipy import special, stats
from synthetic import fit_of, noisy

import stanmix
from stanmix.errors import InputError

PLANE = {"family": "mvnormal", "covariance": "diagonal"}
RNG = np.random.default_rng(8)
FRAME = pd.DataFrame(RNG.normal(size=(25, 3)), columns=["a", "b", "z"])
NEW = pd.DataFrame(
    {"b": [0.1, 2.0, -1.0], "a": [1.0, 0.0, 0.5], "z": [0.0, 1.0, -1.0]}, ["p", "q", "r"]
)


def made(**arguments):
    model = stanmix.Mixture(["a", "b"], 2, **{**PLANE, **arguments})
    shape = (2, 20)
    draws = {}
    if model.gated:
        half = noisy(RNG, [0.3, 1.0], 0.2, *shape)
        draws["gamma"] = np.stack([half, -half], axis=2)
    else:
        draws["theta"] = RNG.dirichlet([5, 5], size=shape)
    draws["mu"] = noisy(RNG, [-1, 1] if model.mean == "common" else [[-1, 0], [1, 2]], 0.1, *shape)
    if "sigma" not in model.fixed:
        equal = "sigma" in model.shared or model.covariance == "tied"
        size = (() if equal else (2,)) + (
            (2,) if model.covariance in ("diagonal", "full", "tied") else ()
        )
        draws["sigma"] = np.exp(noisy(RNG, np.zeros(size), 0.2, *shape))
    if model.of_family.correlated:
        each = [[0.5], [-0.6]] if model.covariance == "full" else [0.7]
        draws["rho"] = np.tanh(noisy(RNG, each, 0.2, *shape))
    return fit_of(model, FRAME, draws)


FITS = {
    "diagonal": {},
    "spherical": {"covariance": "spherical"},
    "common mean": {"mean": "common", "shared": "sigma"},
    "one shared scale": {"covariance": "spherical", "shared": "sigma"},
    "known scales": {"fixed": {"sigma": [[1.0, 2.0], [0.5, 0.7]]}},
    "gating": {"gating": "~ z"},
    "full": {"covariance": "full"},
    "full, correlations in common": {"covariance": "tied", "shared": "sigma"},
}


def by_scipy(fit, frame, s):
    """Joint log density (N, K) at draw s, from the posterior as it is stored."""
    posterior = fit.idata.posterior.isel(chain=s // 20, draw=s % 20)
    y = frame[["a", "b"]].to_numpy()
    result = np.empty((len(y), 2))
    for k in range(2):
        mu = posterior["mu"].sel(component=k + 1).to_numpy()
        if "sigma" in fit.model.fixed:
            sigma = np.array(fit.model.fixed["sigma"])[k]
        else:
            scales = posterior["sigma"]
            sigma = (
                scales.sel(component=k + 1) if "component" in scales.dims else scales
            ).to_numpy()
        spread = np.diag(np.broadcast_to(sigma, 2) ** 2)
        if fit.model.of_family.correlated:
            rho = posterior["rho"]
            rho = rho.sel(component=k + 1) if "component" in rho.dims else rho
            spread[0, 1] = spread[1, 0] = float(rho[0]) * sigma[0] * sigma[1]
        result[:, k] = stats.multivariate_normal.logpdf(y, np.broadcast_to(mu, 2), spread)
    if fit.model.gated:
        logits = np.column_stack([np.ones(len(y)), frame["z"]]) @ posterior["gamma"].to_numpy().T
        return result + special.log_softmax(logits, axis=1)
    return result + np.log(posterior["theta"].to_numpy())


@pytest.mark.parametrize("name", FITS)
def test_responsibilities_densities_and_log_likelihood_are_those_of_scipy(name):
    fit = made(**FITS[name])
    for frame, asked in ((FRAME, None), (NEW, NEW)):
        joint = np.stack([by_scipy(fit, frame, s) for s in range(40)])
        p = special.softmax(joint, axis=-1)
        np.testing.assert_allclose(fit.responsibilities(asked), p.mean(axis=0), rtol=1e-10)
        density = np.exp(special.logsumexp(joint, axis=-1))
        np.testing.assert_allclose(fit.predict(asked, "density"), density.mean(axis=0), rtol=1e-10)
        if asked is None:
            found = fit.log_likelihood(pointwise=True).to_numpy().reshape(40, -1)
            np.testing.assert_allclose(found, np.log(density), rtol=1e-10)
            assert np.isfinite(fit.loo().elpd_loo)


def test_predictions_have_a_value_for_each_column():
    fit = made(covariance="spherical")
    found = fit.predict(NEW[["z"]])
    assert found.dims == ("obs_id", "dimension") and list(found.dimension) == ["a", "b"]
    draws = fit.idata.posterior
    expected = (draws["theta"] * draws["mu"]).sum("component").mean(["chain", "draw"])
    np.testing.assert_allclose(found.sel(obs_id="q"), expected, rtol=1e-10)
    apart = fit.predict(NEW, by_component=True, quantiles=[0.2, 0.7])
    assert apart.dims == ("quantile", "obs_id", "component", "dimension")
    quantiles = draws["mu"].quantile([0.2, 0.7], ["chain", "draw"])
    np.testing.assert_allclose(apart.isel(obs_id=1), quantiles, rtol=1e-10)


def test_replicates_come_from_one_component_in_all_columns():
    fit = made(fixed={"sigma": 1e-3})
    drawn = fit.with_predictive().idata.posterior_predictive["y"]
    assert drawn.dims == ("chain", "draw", "obs_id", "dimension")
    mu = fit.idata.posterior["mu"]
    near = (np.abs(drawn - mu) < 0.01).all("dimension")
    assert (near.sum("component") == 1).all()
    shares = near.mean(["chain", "draw", "obs_id"])
    theta = fit.idata.posterior["theta"].mean(["chain", "draw"])
    np.testing.assert_allclose(shares, theta, atol=5 * 0.5 / np.sqrt(1000))  # 5 sds of a share


def test_relabelling_moves_vectors_whole():
    fit = made()
    before = fit.log_likelihood().to_numpy()
    for method in ("ecr", "stephens", "pra", "sjw", "data_based"):
        np.testing.assert_allclose(fit.relabel(method).log_likelihood(), before, rtol=1e-12)
    ordered = fit.relabel("order", "b")
    assert (np.diff(ordered.idata.posterior["mu"].sel(dimension="b"), axis=-1) > 0).all()
    with pytest.raises(InputError, match="there are 'theta', 'a', 'b'"):
        fit.relabel("order", "c")


def test_a_saved_fit_is_read_back(tmp_path):
    fit = made(fixed={"sigma": [[1.0, 2.0], [0.5, 0.7]]}, gating="~ z")
    fit.save(tmp_path / "fit.nc")
    again = stanmix.load(tmp_path / "fit.nc")
    assert again.model == fit.model
    np.testing.assert_array_equal(again.responsibilities(NEW), fit.responsibilities(NEW))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"b": "words"}, "not numeric"),
        ({"b": np.nan}, "missing"),
        ({"b": np.inf}, "infinite|finite"),
        ({"b": 1.0}, "'b' is constant"),
        ({"b": None}, "b"),
    ],
)
def test_columns_that_cannot_be_used_are_refused_by_name(change, message):
    model = stanmix.Mixture(["a", "b"], 2, **PLANE)
    frame = FRAME.drop(columns="b") if change["b"] is None else FRAME.assign(**change)
    with pytest.raises(InputError, match=message):
        model.data(frame)


def test_three_clouds_are_found_with_scales_of_their_own():
    model, frame = EXAMPLES["mvnormal_mixture_diagonal_ordered_mu_shared_sigma"]
    fit = model.fit(frame, seed=1, engine="stanli", progress=False)
    assert str(fit.diagnose()).startswith("No problem found")
    posterior = fit.idata.posterior
    assert posterior["mu"].dims == ("chain", "draw", "component", "dimension")
    error = posterior["mu"].std(["chain", "draw"])
    found = posterior["mu"].mean(["chain", "draw"])
    truth = [[-3.0, 0.0], [0.0, 4.0], [3.0, 1.0]]
    assert (np.abs(found - truth) < 4 * error).all()
    sigma = posterior["sigma"].mean(["chain", "draw"])
    assert (np.abs(sigma - [0.5, 1.2]) < 4 * posterior["sigma"].std(["chain", "draw"])).all()
    assert len(np.unique(fit.clusters())) == 3
