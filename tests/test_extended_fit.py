"""The whole line, from data to answers, for mixtures beyond response and covariates."""

from __future__ import annotations

import numpy as np
import pytest
from rendered import EXAMPLES, render

import stanmix

FEW = {"seed": 1, "chains": 2, "draws": 300, "warmup": 300, "engine": "stanli", "progress": False}
ALL = "normal_regressions_all_options"


@pytest.fixture(scope="module")
def patents() -> stanmix.Fit:
    model, frame = EXAMPLES["poisson_regressions_gating"]
    return model.fit(frame, **FEW)


def test_gating_is_summarised_by_component_and_covariate(patents):
    names = set(patents.summary().index)
    assert {"gamma[1, Intercept]", "gamma[3, RDS]", "beta[2, lgRD]"} <= names
    assert not any(name.startswith(("theta", "sigma")) for name in names)
    gamma = patents.idata.posterior["gamma"]
    np.testing.assert_allclose(gamma.sum("component"), 0, atol=1e-6)
    assert str(patents.diagnose())


def test_relabelling_carries_the_coefficients_of_the_weights_along(patents):
    before = patents.log_likelihood().to_numpy()
    for method in ("ecr", "stephens", "pra"):
        after = patents.relabel(method)
        np.testing.assert_allclose(after.log_likelihood(), before, rtol=1e-10)
    ordered = patents.relabel("order", "lgRD")
    assert (np.diff(ordered.idata.posterior["beta"].sel(covariate="lgRD"), axis=-1) > 0).all()
    np.testing.assert_allclose(ordered.log_likelihood(), before, rtol=1e-10)


def test_the_classes_of_groups_are_found():
    frame = render.grouped_lines()
    model = stanmix.Mixture(
        "y ~ x", 2, order="x", shared=("sigma",), offset="shift", weights="times", group="group",
        gating="~ z",
    )  # fmt: skip
    fit = model.fit(frame, **FEW)
    beta = fit.idata.posterior["beta"].mean(["chain", "draw"]).to_numpy()
    error = fit.idata.posterior["beta"].std(["chain", "draw"]).to_numpy()
    assert (np.abs(beta - [[-1, -1], [1, 2]]) < 4 * error).all()
    # The simulation drew the upper line with log odds 1.5 z; gamma holds half of them each.
    slope = fit.idata.posterior["gamma"].sel(component=2, gating_covariate="z")
    assert abs(float(slope.mean()) - 0.75) < 4 * float(slope.std())
    p = fit.responsibilities().to_numpy()[:, 1]
    rng = np.random.default_rng(0)
    z = rng.normal(size=40)
    upper = (rng.random(40) < 1 / (1 + np.exp(-1.5 * z)))[frame["group"]]
    assert ((p > 0.5) == upper).mean() > 0.95
    assert model.program("fused") == EXAMPLES[ALL][0].program("fused")
