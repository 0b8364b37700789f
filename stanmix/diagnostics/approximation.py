"""Fits that are not samples of the posterior: approximations, and modes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stanmix import convert
from stanmix.diagnostics.report import Report

if TYPE_CHECKING:
    from stanmix.fit import Fit

__all__ = ["approximation", "elbo", "mode"]

# Vehtari, Simpson, Gelman, Yao & Gabry (2024): above this importance weights are useless.
K_HAT = 0.7


def elbo(fit: Fit, report: Report) -> None:
    """Say whether the optimisation of the evidence lower bound ended."""
    if fit.idata.attrs["converged"]:
        report.add("ELBO", "fine", "its relative change fell below tol_rel_obj.")
    else:
        report.add(
            "ELBO",
            "problem",
            "it was still changing when the iterations ran out.",
            "raise iterations, or look at it: stanmix.plots.elbo(fit).",
        )


def approximation(fit: Fit, report: Report) -> None:
    """Hold an approximation against the posterior, by the k-hat of its importance ratios."""
    stats = fit.idata.sample_stats
    log_ratio = (stats["log_p"] - stats["log_g"]).to_numpy().ravel()
    with convert.quiet():
        k_hat = float(convert.arviz.psislw(log_ratio - log_ratio.max())[1])
    report.figures["k_hat"] = k_hat
    good = k_hat < K_HAT
    report.add(
        "approximation",
        "fine" if good else "problem",
        f"Pareto k-hat of the importance ratios is {k_hat:.2f}"
        + (
            f", below {K_HAT}."
            if good
            else f" (below {K_HAT} is wanted): the approximation misses the posterior, and its "
            "means and sds cannot be trusted."
        ),
        "" if good else 'use method="nuts".',
    )
    if fit.model.components > 1 and fit.model.exchangeable:
        report.add(
            "one mode",
            "note",
            "an approximation sees one mode of a posterior that may have several.",
            "compare the ELBO or log_p of fits with other seeds: stanmix.plots.elbo, "
            "fit.log_density().",
        )


def mode(fit: Fit, report: Report) -> None:
    """Say what a posterior mode is worth."""
    report.figures["log_density"] = float(np.max(fit.log_density()))
    if fit.idata.attrs["converged"]:
        report.add("optimisation", "fine", "ended at a mode of the posterior.")
    else:
        report.add("optimisation", "problem", "did not converge.", "raise iterations.")
    report.add("uncertainty", "note", "a mode has none.", 'use method="nuts" for intervals.')
