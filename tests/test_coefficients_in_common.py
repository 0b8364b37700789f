"""Fits whose components share or lack coefficients, from the data to what is asked of them."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import stanmix
from stanmix.density.label_free import column_names, label_free
from stanmix.diagnostics import merging
from stanmix.diagnostics.priors import held_against_priors
from stanmix.errors import InputError
from stanmix.posterior.scalars import scalars

OPTIONS = {"engine": "stanli", "progress": False, "seed": 1}


def simulated(rows=250):
    rng = np.random.default_rng(5)
    x, z = rng.normal(20, 1, rows), rng.normal(size=rows)
    first = rng.random(rows) < 0.4
    mean = np.where(first, 5 + 2 * (x - 20), 0.0) + z
    return pd.DataFrame(
        {"x": x, "z": z, "y": mean + np.where(first, 0.5, 1) * rng.normal(size=rows)}
    )


FRAME = simulated()
TRUE = {"beta[z]": 1.0, "sigma[1]": 0.5, "sigma[2]": 1.0, "theta[1]": 0.4}
MODELS = {
    "in common": stanmix.Mixture("y ~ x + z", 2, shared=("z",), order="sigma"),
    "by component": stanmix.Mixture(["y ~ x + z", "y ~ z"], 2, shared="z"),
}


@pytest.fixture(scope="module")
def fits():
    return {name: model.fit(FRAME, draws=200, **OPTIONS) for name, model in MODELS.items()}


@pytest.mark.parametrize("name", MODELS)
def test_what_was_simulated_is_found_again(name, fits):
    """Within four sds of the posterior."""
    table = fits[name].summary()
    slopes = {
        "in common": {"beta[1, x]": 2.0, "beta[2, x]": 0.0},
        "by component": {"beta[1, x]": 2},
    }
    for parameter, value in (TRUE | slopes[name]).items():
        assert abs(table.loc[parameter, "mean"] - value) < 4 * table.loc[parameter, "sd"]
    assert fits[name].diagnose().ok, str(fits[name].diagnose())


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("in common", ["1, Intercept", "1, x", "z", "2, Intercept", "2, x"]),
        ("by component", ["1, Intercept", "1, x", "z", "2, Intercept"]),
    ],
)
def test_a_summary_tells_of_each_coefficient_once(name, expected, fits):
    rows = [row for row in fits[name].summary().index if row.startswith("beta")]
    assert rows == [f"beta[{each}]" for each in expected]
    beta = fits[name].draws()["beta"]
    assert (beta[:, 0, 2] == beta[:, 1, 2]).all()
    assert (beta[:, 1, 1] == 0).all() == (name == "by component")


@pytest.mark.parametrize("name", MODELS)
def test_a_diagnosis_tells_of_each_coefficient_once(name, fits):
    """Of those that are held against their priors, and of those that chains agree about."""
    told = [row for row in fits[name].summary().index if row.startswith("beta")]
    held = [one.name for one in held_against_priors(fits[name])]
    assert sorted(one for one in held if one.startswith("beta")) == sorted(told)
    assert [one for one, _ in scalars(fits[name]) if one.startswith("beta")] == told


def test_what_components_share_is_compared_once_with_weighted_draws(fits):
    """Ranks of a coefficient are those of the components that have it."""
    for name, expected in (
        ("in common", {"beta[x], rank 1", "beta[x], rank 2", "beta[z]"}),
        ("by component", {"beta[x], rank 1", "beta[z]"}),
    ):
        fit = fits[name]
        draws = {one: fit.draws()[one] for one in fit.model.parameters}
        found = label_free(draws, fit.program, None, column_names(fit.program, fit.design))
        slopes = {key for key in found if key.startswith(("beta[x]", "beta[z]"))}
        ranks = {key for key in slopes if "rank" in key or key == "beta[z]"}
        assert ranks == expected
        np.testing.assert_array_equal(found["beta[z]"], fit.draws()["beta"][:, 0, 2])


def test_merging_counts_what_a_component_has_for_itself(fits):
    """Weight, scale, intercept and slope: a component more needs no slope of z more."""
    fit = fits["in common"]
    beta = fit.program["beta"]
    assert merging._own_numbers(fit, beta) == 2
    assert merging._own_numbers(fit, fit.program["sigma"]) == 1


def test_a_posterior_of_one_component_is_that_of_a_regression():
    """With everything shared, known scale and flat priors: least squares, exactly."""
    model = stanmix.Mixture(
        "y ~ x + z", 1, shared=("Intercept", "x", "z"), fixed={"sigma": 1.5},
        priors={"beta": stanmix.Flat()},
    )  # fmt: skip
    draws = model.fit(FRAME, draws=400, **OPTIONS).draws()["beta"][:, 0]
    X = np.column_stack([np.ones(len(FRAME)), FRAME["x"], FRAME["z"]])
    covariance = 1.5**2 * np.linalg.inv(X.T @ X)
    expected, sds = covariance @ X.T @ FRAME["y"] / 1.5**2, np.sqrt(np.diag(covariance))
    # 1600 draws, worth 400 at least: standard errors are a twentieth of an sd.
    assert (np.abs(draws.mean(axis=0) - expected) < 0.2 * sds).all()
    np.testing.assert_allclose(draws.std(axis=0), sds, rtol=0.15)


@pytest.mark.parametrize("name", MODELS)
def test_predictions_are_those_of_each_components_own_line(name, fits):
    fit, new = fits[name], FRAME[:4]
    at, beta = fit.draws(), fit.draws()["beta"]
    X = np.column_stack([np.ones(4), new["x"], new["z"]])
    lines = np.einsum("np,skp->snk", X, beta)
    expected = (at["theta"][:, None] * lines).sum(axis=-1).mean(axis=0)
    np.testing.assert_allclose(fit.predict(new), expected, rtol=1e-9)
    density = stats.norm.pdf(new["y"].to_numpy()[:, None], lines, at["sigma"][:, None])
    joint = at["theta"][:, None] * density
    p = (joint / joint.sum(axis=-1, keepdims=True)).mean(axis=0)
    np.testing.assert_allclose(fit.responsibilities(new), p, rtol=1e-6, atol=1e-9)


def test_components_are_named_and_ordered_by_what_they_do_not_share(fits):
    model = stanmix.Mixture("y ~ x + z", 2, shared=("z",))
    by = stanmix.from_draws(model, FRAME, fits["in common"].idata)
    assert by.relabel("ecr").labelling == "relabelled by ECR"
    slopes = by.relabel("order", "x").draws()["beta"][..., 1]
    assert (slopes[:, 0] < slopes[:, 1]).all()
    with pytest.raises(InputError, match=r"no parameter of the components.*'Intercept', 'x'"):
        by.relabel("order", "z")
    with pytest.raises(InputError, match="told apart by their families, their formulas"):
        fits["by component"].relabel()


def test_components_that_share_all_coefficients_are_named_by_their_scales(fits):
    model = stanmix.Mixture("y ~ x + z", 2, shared=("Intercept", "x", "z"))
    draws = {name: fits["in common"].posterior[name].to_numpy() for name in ("theta", "sigma")}
    beta = fits["in common"].posterior["beta"].to_numpy()[:, :, :1]
    draws = {**draws, "beta": np.repeat(beta, 2, axis=2)}
    turned = {name: values[:, :, ::-1] for name, values in draws.items()}
    sigma = stanmix.from_draws(model, FRAME, turned).relabel("ecr").draws()["sigma"].mean(axis=0)
    assert sigma[0] < sigma[1]
    fit = model.fit(FRAME.head(80), draws=100, warmup=150, chains=2, **OPTIONS)
    assert (np.diff(fit.draws()["sigma"].mean(axis=0)) > 0).all()


@pytest.mark.parametrize(
    ("name", "place", "match"),
    [("in common", (0, 2), "'z' is shared"), ("by component", (1, 1), "component 2 has no 'x'")],
)
def test_draws_and_starts_are_held_to_the_statement(name, place, match, fits):
    fit = fits[name]
    draws = {one: fit.posterior[one].to_numpy().copy() for one in fit.model.parameters}
    draws["beta"][(..., *place)] += 0.1
    with pytest.raises(InputError, match=f"^beta: .*{match}"):
        stanmix.from_draws(fit.model, FRAME, draws)
    start = {one: values[0, 0] for one, values in draws.items()}
    with pytest.raises(InputError, match=f"beta: .*{match}"):
        fit.model.fit(FRAME, starts=[start], chains=1, **OPTIONS)
    start["beta"][place] -= 0.1
    assert fit.model.fit(FRAME, starts=[start], chains=1, draws=5, **OPTIONS).draws()


@pytest.mark.parametrize("name", MODELS)
def test_prior_draws_share_and_lack_what_the_statement_says(name):
    drawn = stanmix.prior_predictive(MODELS[name], FRAME, draws=2000, seed=3)
    beta = drawn.prior["beta"].to_numpy()[0]
    assert (beta[:, 0, 2] == beta[:, 1, 2]).all()
    assert (beta[:, 1, 1] == 0).all() == (name == "by component")
    priors = MODELS[name].priors_for(FRAME)["prior"]
    for p, covariate in ((1, "x"), (2, "z")):
        expected = stats.norm(priors[f"beta[{covariate}]"].mu, priors[f"beta[{covariate}]"].sigma)
        assert stats.kstest(beta[:, 0, p], expected.cdf).pvalue > 0.001


def test_components_with_one_mean_are_told_apart_by_their_scales():
    """A mean in common, with precision of its own: within four sds of what was simulated."""
    rng = np.random.default_rng(3)
    first = rng.random(200) < 0.4
    frame = pd.DataFrame({"y": 7 + np.where(first, 0.5, 5.0) * rng.normal(size=200)})
    model = stanmix.Mixture("y", 2, shared=("mu",))
    fit = model.fit(frame, draws=200, **OPTIONS)
    assert fit.posterior["mu"].dims == ("chain", "draw")
    table = fit.summary()
    for parameter, value in {"mu": 7, "sigma[1]": 0.5, "sigma[2]": 5, "theta[1]": 0.4}.items():
        assert abs(table.loc[parameter, "mean"] - value) < 4 * table.loc[parameter, "sd"]
    by_scale = fit.relabel("order").draws()["sigma"]
    assert (by_scale[:, 0] < by_scale[:, 1]).all()
    assert fit.predict(frame[:1]).to_numpy() == pytest.approx(fit.draws()["mu"].mean())
    mu = stanmix.prior_predictive(model, frame, draws=20, seed=1).prior["mu"].to_numpy()
    np.testing.assert_array_equal(mu[..., 0], mu[..., 1])
