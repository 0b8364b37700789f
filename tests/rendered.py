"""The shipped programs' mixtures and data, by the name of the program."""

from __future__ import annotations

import importlib.util

import numpy as np
import pandas as pd

import stanmix
from stanmix.program.files import models_folder

COPIES = models_folder() / "programs"

_spec = importlib.util.spec_from_file_location("render", models_folder() / "render.py")
render = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(render)

EXAMPLES = {render.shipped_name(model): (model, frame) for model, frame in render.examples()}


def _successes() -> pd.DataFrame:
    """Return counts out of trials, some of known classes, and a response with zeros, censored."""
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"trials": rng.integers(5, 12, 90), "zeros": rng.gamma(3, size=90)})
    kind = rng.integers(0, 2, 90)
    frame["successes"] = rng.binomial(frame["trials"], np.where(kind, 0.8, 0.3))
    frame["how"] = np.where(rng.random(90) < 0.2, "right", "none")
    frame["class"] = np.where(rng.random(90) < 0.3, kind + 1, np.nan)
    frame.loc[rng.random(90) < 0.2, "zeros"] = 0.0
    return frame


# What rows carry where a gradient is made of some of them, by what that is.
IN_BLOCKS = {
    "nothing": EXAMPLES["normal_mixture"],
    "covariates": EXAMPLES["normal_regressions_gating"],
    "an offset": EXAMPLES["poisson_mixture_offset"],
    "weights": EXAMPLES["normal_mixture_ordered_mu_offset_weights"],
    "several covariates": EXAMPLES["negative_binomial_regressions_phi_regression"],
    "several responses": EXAMPLES["mvnormal_mixture_spherical"],
    "trials and classes": (
        stanmix.Mixture("successes", 2, family="binomial", trials="trials", labels="class"),
        _successes(),
    ),
    "censored rows": (stanmix.Mixture("zeros", 2, censoring="how"), _successes()),
    "censored counts, truncated by a column": (
        stanmix.Mixture(
            "successes", 2, family="poisson", censoring="how", truncation=(None, "trials")
        ),
        _successes(),
    ),
    "atoms": (
        stanmix.Mixture("zeros", 2, family=[stanmix.PointMass(0), "gamma"]),
        _successes(),
    ),
}
