"""scikit-learn's EM, for the quality of the fit alone: it has no posterior."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
from problems import Problem
from result import Run
from sklearn.mixture import GaussianMixture

__all__ = ["fit_sklearn"]


def fit_sklearn(problem: Problem, frame: pd.DataFrame, seed: int, warmup: int, draws: int) -> Run:
    """Fit by maximum likelihood from ten starts; components in ascending order of their means."""
    if problem.shape != "clusters":
        raise NotImplementedError("scikit-learn has no such mixture")
    started = time.perf_counter()
    fitted = GaussianMixture(problem.components, n_init=10, random_state=seed, tol=1e-8)
    fitted.set_params(max_iter=10_000).fit(frame[["y"]].to_numpy())
    seconds = time.perf_counter() - started
    order = np.argsort(fitted.means_[:, 0])
    draws_of = {
        "theta": fitted.weights_[None, order],
        "mu": fitted.means_[None, order, 0],
        "sigma": np.sqrt(fitted.covariances_[None, order, 0, 0]),
    }
    return Run(0.0, seconds, draws_of, note="maximum likelihood")
