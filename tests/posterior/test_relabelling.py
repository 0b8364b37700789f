from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from synthetic import fit_of, pair_draws, switched

import stanmix
from stanmix.errors import InputError
from stanmix.posterior import relabelling
from stanmix.relabel.methods import METHODS

MODEL = stanmix.Mixture("y", 2, order=None)


@pytest.fixture(scope="module")
def aligned():
    return pair_draws()


@pytest.fixture(scope="module")
def swap():
    """One chain under other labels, and some draws of another."""
    told = np.zeros((4, 250), dtype=bool)
    told[1] = True
    told[2, 50:80] = True
    return told


@pytest.fixture(scope="module")
def fit(aligned, swap):
    draws, y = aligned
    return fit_of(MODEL, {"y": y}, switched(draws, swap))


@pytest.mark.parametrize("method", ["auto", *METHODS])
def test_every_method_undoes_switching_exactly(fit, aligned, swap, method):
    repaired = fit.relabel(method)
    for name, values in aligned[0].items():
        np.testing.assert_array_equal(repaired.idata.posterior[name], values)
    perm = repaired.idata.sample_stats["permutation"].to_numpy()
    np.testing.assert_array_equal(perm[..., 0] == 1, swap)
    np.testing.assert_array_equal(relabelling.as_sampled(repaired)["mu"], fit.idata.posterior["mu"])


def test_labelling_says_what_was_done(fit):
    assert fit.labelling == "as sampled"
    assert fit.relabel("pra").labelling == "relabelled by PRA"
    automatic = fit.relabel().labelling
    assert automatic.startswith("relabelled by Stephens' algorithm (chosen because")
    assert fit.relabel("order", "sigma").labelling == "ordered by sigma after sampling"


def test_many_rows_are_sampled_with_the_seed_and_said(fit, monkeypatch):
    whole = fit.relabel("ecr")
    monkeypatch.setattr(relabelling, "MOST_OBSERVATIONS", 25)
    rows = relabelling.rows_to_read(fit)
    assert len(rows) == 25
    np.testing.assert_array_equal(rows, relabelling.rows_to_read(fit))
    part = fit.relabel("ecr")
    assert part.labelling == "relabelled by ECR, reading 25 of 40 observations"
    np.testing.assert_array_equal(part.idata.posterior["mu"], whole.idata.posterior["mu"])


def test_probabilities_that_are_not_kept_give_the_same_labels(fit, monkeypatch):
    kept = fit.relabel("stephens").idata.sample_stats["permutation"]
    monkeypatch.setattr(relabelling, "_KEPT", 10)
    again = fit.relabel("stephens").idata.sample_stats["permutation"]
    np.testing.assert_array_equal(kept, again)


@pytest.mark.parametrize("method", list(METHODS))
def test_regressions_with_a_shared_scale(method):
    rng = np.random.default_rng(2)
    x = np.tile(np.linspace(0, 1, 20), 2)
    y = np.where(np.arange(40) < 20, 1 - 3 * x, 2 + 3 * x) + 0.2 * rng.normal(size=40)
    beta = np.array([[2.0, 3.0], [1.0, -3.0]])
    swap = rng.random((2, 60)) < 0.5
    draws = {
        "theta": np.full((2, 60, 2), 0.5),
        "beta": beta + 0.05 * rng.normal(size=(2, 60, 2, 2)),
        "sigma": 0.2 + 0.01 * rng.random((2, 60)),
    }
    told = swap[..., None, None]
    draws["beta"] = np.where(told, draws["beta"][:, :, ::-1], draws["beta"])
    model = stanmix.Mixture("y ~ x", 2, order=None, shared=("sigma",))
    repaired = fit_of(model, {"x": x, "y": y}, draws).relabel(method).idata.posterior["beta"]
    slope = repaired.sel(covariate="x")
    assert (slope.sel(component=1) < 0).all() and (slope.sel(component=2) > 0).all()


def test_draws_of_an_approximation_are_relabelled_too(aligned, swap):
    draws, y = aligned
    one = {name: values[2:3] for name, values in switched(draws, swap).items()}
    stats = {"log_p": np.zeros((1, 250)), "log_g": np.zeros((1, 250))}
    fit = fit_of(MODEL, {"y": y}, one, method="advi", **stats)
    np.testing.assert_array_equal(fit.relabel("ecr").idata.posterior["mu"], draws["mu"][2:3])


def test_a_covariate_with_the_name_of_a_parameter_has_its_coefficient():
    rng = np.random.default_rng(0)
    draws = {
        "theta": np.full((2, 20, 2), 0.5),
        "beta": rng.normal(size=(2, 20, 2, 2)),
        "sigma": 1 + rng.random((2, 20, 2)),
    }
    frame = {"sigma": np.arange(6.0), "y": rng.normal(size=6)}
    fit = fit_of(stanmix.Mixture("y ~ sigma", 2, order=None), frame, draws)
    for parameter in (None, "beta[sigma]"):
        name, values = relabelling.component_draws(fit, parameter)
        assert name == "sigma"
        np.testing.assert_array_equal(values, draws["beta"][..., 1])
    np.testing.assert_array_equal(relabelling.component_draws(fit, "sigma")[1], draws["sigma"])


def test_unknown_methods_are_named(fit):
    with pytest.raises(InputError, match=r"relabel: method must be one of 'auto', 'order', 'ecr'"):
        fit.relabel("ecr_iter")


def test_methods_are_compared_on_a_fit():
    draws, y = pair_draws(chains=2, draws=60, gap=6.0)
    swap = np.random.default_rng(0).random((2, 60)) < 0.3
    fit = fit_of(stanmix.Mixture("y", 2, order=None), {"y": y}, switched(draws, swap))
    table = fit.compare_relabellings()
    assert list(table.index) == list(METHODS)
    assert table.filter(like="agrees_with").min(axis=None) == 1
    assert (table["invariance"] < 1e-12).all() and (table["seconds"] > 0).all()
    np.testing.assert_allclose(table["switched"], swap.mean())
    assert list(fit.compare_relabellings(["pra", "order"]).index) == ["pra", "order"]
    with pytest.raises(InputError, match=r"methods must be a list of 'order'.*got \['none'\]"):
        fit.compare_relabellings(["none"])


def test_coefficients_of_other_parameters_can_order_draws():
    rng = np.random.default_rng(0)
    frame = {"y": rng.normal(size=8), "z": np.arange(8.0)}
    draws = {
        "theta": np.full((2, 20, 2), 0.5),
        "mu": rng.normal(size=(2, 20, 2)),
        "nu": 1 + rng.random((2, 20)),
        "beta_sigma": rng.normal(size=(2, 20, 2, 2)),
    }
    model = stanmix.Mixture(
        "y", 2, family="student_t", order=None, formulas={"sigma": "~ z"}, shared=("nu",)
    )
    fit = fit_of(model, frame, draws)
    name, values = relabelling.component_draws(fit, "beta_sigma[z]")
    assert name == "beta_sigma[z]"
    np.testing.assert_array_equal(values, draws["beta_sigma"][..., 1])
    assert relabelling.component_draws(fit)[0] == "mu"
    ordered = fit.relabel("order", "beta_sigma[z]").idata.posterior["beta_sigma"]
    assert (np.diff(ordered.sel(sigma_covariate="z"), axis=2) > 0).all()
    with pytest.raises(InputError, match=r"there are 'theta', 'mu', 'beta_sigma\[Intercept\]'"):
        relabelling.component_draws(fit, "nu")  # which all components share


@pytest.mark.parametrize("which", ["mean", "variance"])
def test_draws_are_ordered_by_what_is_no_parameter(which):
    """Log-normal components whose means ascend as their variances descend, and mu does neither."""
    rng = np.random.default_rng(4)
    sigma = np.array([0.9, 0.1, 0.5]) + 0.01 * rng.normal(size=(2, 50, 3))
    mu = np.array([0.0, 0.8, 0.45]) + 0.01 * rng.normal(size=(2, 50, 3))
    draws = {"theta": np.full((2, 50, 3), 1 / 3), "mu": mu, "sigma": sigma}
    frame = {"y": rng.lognormal(size=30)}
    model = stanmix.Mixture("y", 3, family="lognormal", order=which)
    assert model.program_order is None
    found = relabelling.named(fit_of(model, frame, draws))
    assert found.labelling == f"ordered by {which} after sampling"
    of = stats.lognorm(sigma, scale=np.exp(mu))
    values = of.mean() if which == "mean" else of.var()
    expected = np.take_along_axis(mu, values.argsort(axis=-1), axis=-1)
    np.testing.assert_array_equal(found.posterior["mu"], expected)
    again = fit_of(model, frame, draws).relabel("order", which)
    np.testing.assert_array_equal(again.posterior["mu"], expected)


@pytest.mark.parametrize("method", list(METHODS))
def test_components_with_one_prior_are_exchanged_among_themselves(method):
    """The first and the third are alike, and the second is told apart by its prior."""
    rng = np.random.default_rng(6)
    y = np.concatenate([rng.normal(at, 1, 30) for at in (-9, 9, 0)])
    draws = {
        "theta": np.full((2, 60, 3), 1 / 3),
        "mu": np.array([-9.0, 9.0, 0.0]) + 0.1 * rng.normal(size=(2, 60, 3)),
        "sigma": 1 + 0.05 * rng.random((2, 60, 3)),
    }
    alike, other = stanmix.Normal(0, 9), stanmix.Normal(9, 1)
    model = stanmix.Mixture("y", 3, priors={"mu": [alike, other, alike]})
    swap = rng.random((2, 60, 1)) < 0.4
    told = {name: np.where(swap, of[..., [2, 1, 0]], of) for name, of in draws.items()}
    repaired = fit_of(model, {"y": y}, told).relabel(method)
    for name, values in draws.items():
        np.testing.assert_array_equal(repaired.posterior[name], values)
    table = fit_of(model, {"y": y}, told).compare_relabellings(["pra", "ecr"])
    np.testing.assert_allclose(table["switched"], swap.mean())


@pytest.mark.parametrize("which", ["mean", "variance"])
def test_components_of_a_family_are_ordered_among_themselves(which):
    rng = np.random.default_rng(7)
    draws = {
        "theta": np.full((2, 40, 3), 1 / 3),
        "mu_normal": rng.normal(size=(2, 40, 2)),
        "sigma_normal": 1 + rng.random((2, 40, 2)),
        "mu_logistic": rng.normal(size=(2, 40, 1)),
        "sigma_logistic": 1 + rng.random((2, 40, 1)),
    }
    model = stanmix.Mixture("y", 3, family=["normal", "normal", "logistic"], order=which)
    found = relabelling.named(fit_of(model, {"y": rng.normal(size=9)}, draws)).posterior
    name = "mu_normal" if which == "mean" else "sigma_normal"
    np.testing.assert_array_equal(found[name], np.sort(draws[name], axis=-1))
    np.testing.assert_array_equal(found["mu_logistic"], draws["mu_logistic"])


def test_a_mean_that_depends_on_the_row_is_that_at_the_averages():
    rng = np.random.default_rng(5)
    frame = {"x": rng.normal(3, 1, 20), "mean": rng.normal(size=20), "y": rng.normal(size=20)}
    draws = {
        "theta": np.full((2, 40, 2), 0.5),
        "beta": rng.normal(size=(2, 40, 2, 3)),
        "sigma": 1 + rng.random((2, 40, 2)),
    }
    fit = fit_of(stanmix.Mixture("y ~ x + mean", 2, order="mean"), frame, draws)
    name, values = relabelling.component_draws(fit, "mean")
    assert name == "mean at the averages of the rows"
    at = [1.0, np.mean(frame["x"]), np.mean(frame["mean"])]
    np.testing.assert_allclose(values, draws["beta"] @ at)
    assert relabelling.component_draws(fit, "beta[mean]")[0] == "mean"
    with pytest.raises(InputError, match=r"parameter='variance': family='cauchy' has no variance"):
        cauchy = stanmix.Mixture("y ~ x + mean", 2, family="cauchy", order=None)
        fit_of(cauchy, frame, draws).relabel("order", "variance")


@pytest.mark.parametrize("method", list(METHODS))
def test_every_method_aligns_components_of_any_family(method):
    rng = np.random.default_rng(3)
    y = np.concatenate([rng.standard_t(4, 30) - 8, rng.standard_t(4, 30) + 8])
    frame = {"y": y, "z": rng.normal(size=60)}
    draws = {
        "theta": np.full((2, 40, 2), 0.5),
        "mu": np.array([-8.0, 8.0]) + 0.1 * rng.normal(size=(2, 40, 2)),
        "beta_sigma": 0.05 * rng.normal(size=(2, 40, 2, 2)),
        "nu": 4 + rng.random((2, 40, 2)),
    }
    model = stanmix.Mixture("y", 2, family="student_t", order=None, formulas={"sigma": "~ z"})
    swap = rng.random((2, 40)) < 0.4
    repaired = fit_of(model, frame, switched(draws, swap)).relabel(method).idata.posterior
    for name, values in draws.items():
        np.testing.assert_array_equal(repaired[name], values)
