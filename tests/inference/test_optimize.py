from __future__ import annotations

import numpy as np
import pytest

import stanmix
from stanmix import datasets

FLAT = {"mu": stanmix.Flat(), "sigma": stanmix.Flat()}
PUBLISHED = {
    "galaxies": (stanmix.Mixture("velocity_km_s", 3, priors=FLAT), -203.482),
    "acidity": (stanmix.Mixture("log_acidity", 2, shared=("sigma",), priors=FLAT), -185.9493),
    "faithful": (stanmix.Mixture("waiting", 2, shared=("sigma",), priors=FLAT), -1034.0018),
    "co2": (
        stanmix.Mixture("CO2 ~ GNP", 2, priors={"beta": stanmix.Flat(), "sigma": stanmix.Flat()}),
        -66.9398,
    ),
    "seizure": (
        stanmix.Mixture(
            "Seizures ~ Treatment * log_day",
            2,
            family="poisson",
            offset="log_hours",
            priors={"beta": stanmix.Flat()},
        ),
        -376.1762,
    ),
    "patent": (
        stanmix.Mixture(
            "Patents ~ lgRD",
            3,
            family="poisson",
            gating="~ RDS",
            priors={"beta": stanmix.Flat(), "gamma": stanmix.Flat()},
        ),
        -197.6753,
    ),
}


def frame_of(name):
    frame = datasets.load(name)
    if name == "seizure":
        frame["log_hours"], frame["log_day"] = np.log(frame["Hours"]), np.log(frame["Day"] / 27)
    return frame / 1000 if name == "galaxies" else frame


@pytest.mark.parametrize("seed", range(1, 6))
@pytest.mark.parametrize("name", PUBLISHED)
def test_the_published_likelihood_is_reached_from_any_seed(name, seed):
    model, published = PUBLISHED[name]
    fit = model.fit(frame_of(name), method="map", seed=seed, progress=False)
    assert fit.log_likelihood().item() > published - 1e-3


def test_the_published_estimates_are_met():
    model, _ = PUBLISHED["faithful"]
    table = model.fit(frame_of("faithful"), method="map", seed=1, progress=False).summary()
    expected = {
        "theta[1]": 0.36085, "theta[2]": 0.63915, "mu[1]": 54.61364, "mu[2]": 80.09031,
        "sigma": 5.86909,
    }  # fmt: skip
    for name, value in expected.items():
        # The published EM stopped a little before the maximum.
        assert table.loc[name, "estimate"] == pytest.approx(value, rel=1e-3)


def test_lines_of_co2():
    model, _ = PUBLISHED["co2"]
    fit = model.fit(frame_of("co2"), method="map", seed=1, progress=False)
    beta = fit.idata.posterior["beta"][0, 0].to_numpy()
    flat = beta[np.argmin(beta[:, 1])]
    np.testing.assert_allclose(flat, [8.678987, -0.023344], atol=1e-3)


def test_a_mode_is_one_draw_and_says_so(lines):
    fit = stanmix.Mixture("y ~ 0 + x", 2, shared=("sigma",)).fit(
        lines, method="map", seed=1, progress=False
    )
    assert fit.idata.posterior["beta"].shape == (1, 1, 2, 1)
    assert list(fit.summary().columns) == ["estimate"]
    diagnosis = fit.diagnose()
    assert diagnosis.about("optimisation").level == "fine"
    assert diagnosis.figures["log_density"] == pytest.approx(fit.idata.sample_stats.lp.item())
