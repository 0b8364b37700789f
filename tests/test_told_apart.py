"""A fit whose components priors tell apart, from its statement to the file it is kept in."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import stanmix
from stanmix.errors import InputError

RNG = np.random.default_rng(0)
FRAME = {"y": np.concatenate([RNG.normal(2, 1, 40), RNG.normal(-2, 0.5, 60)])}
PRIORS = {"mu": [stanmix.Normal(2, 1), stanmix.Normal(-2, 1)]}
MODEL = stanmix.Mixture("y", 2, priors=PRIORS)


@pytest.fixture(scope="module")
def fit():
    options = {"engine": "stanli", "seed": 1, "chains": 2, "draws": 200, "progress": False}
    return MODEL.fit(FRAME, **options)


def test_components_have_the_numbers_that_their_priors_give_them(fit):
    mu = fit.posterior["mu"]
    assert (mu.sel(component=1) > 0).all() and (mu.sel(component=2) < 0).all()
    assert (
        fit.labelling
        == "as families, formulas, priors or known parameters tell the components apart"
    )
    assert "permutation" not in fit.sample_stats
    assert fit.diagnose().ok


def test_the_posterior_is_that_of_the_stated_priors(fit):
    """Weighted by what another prior would have made of it, draws have its mean."""
    draws = fit.draws()
    narrow = stats.norm(2.1, 0.3).logpdf(draws["mu"][:, 0])
    weight = np.exp(narrow - stats.norm(2, 1).logpdf(draws["mu"][:, 0]))
    other = stanmix.Mixture("y", 2, priors={"mu": [stanmix.Normal(2.1, 0.3), PRIORS["mu"][1]]})
    again = other.fit(FRAME, engine="stanli", seed=2, chains=2, draws=200, progress=False)
    expected = np.average(draws["mu"], axis=0, weights=weight)
    effective = weight.sum() ** 2 / (weight**2).sum()
    error = draws["mu"].std(axis=0) / np.sqrt(min(effective, 200))
    assert effective > 20
    assert (np.abs(again.draws()["mu"].mean(axis=0) - expected) < 5 * error).all()


def test_nothing_is_relabelled(fit):
    with pytest.raises(InputError, match="told apart by"):
        fit.relabel()
    with pytest.raises(InputError, match="told apart by"):
        fit.relabel("order", "mean")


def test_a_fit_is_kept_with_its_priors(fit, tmp_path):
    fit.save(tmp_path / "fit.nc")
    again = stanmix.load(tmp_path / "fit.nc")
    assert again.model == MODEL and again.model.priors == {"mu": tuple(PRIORS["mu"])}
    assert again.labelling == fit.labelling
    assert again.posterior.equals(fit.posterior)


def test_draws_made_elsewhere_keep_their_numbers(fit):
    taken = stanmix.from_draws(MODEL, FRAME, fit.idata)
    np.testing.assert_array_equal(taken.posterior["mu"], fit.posterior["mu"])
    np.testing.assert_allclose(
        taken.responsibilities().to_numpy(), fit.responsibilities().to_numpy()
    )


def test_a_mode_has_the_same_numbers():
    mode = MODEL.fit(FRAME, "map", engine="stanli", seed=1, progress=False).posterior["mu"]
    assert mode.squeeze()[0] > 0 > mode.squeeze()[1]


def test_a_start_elsewhere_than_within_its_own_bounds_is_refused():
    bounded = {"sigma": [stanmix.Uniform(0, 1), stanmix.Uniform(2, 4)]}
    model = stanmix.Mixture("y", 2, priors=bounded)
    start = {"theta": [0.5, 0.5], "mu": [2.0, -2.0], "sigma": [0.5, 1.0]}
    with pytest.raises(InputError, match=r"sigma must be between 2 and 4.*got \[0.5, 1.0\]"):
        model.fit(FRAME, engine="stanli", starts=[start] * 4, progress=False)
