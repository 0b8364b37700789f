"""Fits that are not samples of the posterior: approximations, and modes."""

from __future__ import annotations

import json

import numpy as np

from stanmix.diagnostics.report import Report
from stanmix.inference.exploration.importance import K_HAT, efficiency, k_hat
from stanmix.model.priors import Prior
from stanmix.posterior.posterior import Posterior
from stanmix.program.data import concentration

__all__ = ["approximation", "climb", "elbo", "mode", "one_mode"]

# Fewer draws have no tail to which a Pareto distribution can be fitted.
LEAST = 25
# Draws worth less than this part of so many from the posterior come from elsewhere.
EFFICIENCY = 0.1
# The ELBO is a log probability: a change of one is a factor of e, whatever the size of the data.
COARSE = 1.0
# Weights below this are those of components that no row belongs to.
VANISHED = 1e-6


def elbo(fit: Posterior, report: Report) -> None:
    """Say whether the optimisation of the evidence lower bound ended."""
    # Stan stops by its own figure, of the scaled data.
    last = abs(float(fit.sample_stats["elbo"][-1]) - fit.idata.attrs.get("log_unit", 0.0))
    tolerance = json.loads(fit.idata.attrs["options"])["tol_rel_obj"]
    if not fit.idata.attrs["converged"]:
        report.add(
            "ELBO",
            "problem",
            "it was still changing when the iterations ran out.",
            "raise iterations, or look at it: stanmix.plots.elbo(fit).",
        )
    elif tolerance * last > COARSE:
        report.add(
            "ELBO",
            "note",
            f"its relative change fell below tol_rel_obj = {tolerance:g}, which is a change of "
            f"{tolerance * last:.3g}: much for a log probability.",
            f"give tol_rel_obj={COARSE / last:.0e} to stop at changes of {COARSE:g}.",
        )
    else:
        report.add("ELBO", "fine", "its relative change fell below tol_rel_obj.")


def approximation(fit: Posterior, report: Report) -> bool:
    """Hold an approximation against the posterior, by the importance ratios of its draws.

    Returns
    -------
    bool
        Whether it is good.
    """
    stats = fit.sample_stats
    if "run_lp" in stats:  # made at a mode
        climb(fit, report)
    log_ratio = (stats["log_p"] - stats["log_g"]).to_numpy().ravel()
    if len(log_ratio) < LEAST:
        report.add(
            "approximation",
            "problem",
            f"it cannot be held against the posterior: that takes {LEAST} draws, and there "
            f"{'is' if len(log_ratio) == 1 else 'are'} {len(log_ratio)}.",
            "draw more.",
        )
        return False
    shape, worth = k_hat(log_ratio), efficiency(log_ratio)
    report.figures.update(k_hat=shape, efficiency=worth)
    figures = f"Pareto k-hat of the importance ratios is {shape:.2f}"
    if not shape < K_HAT:
        text = (
            f"{figures} (below {K_HAT} is wanted): the approximation misses the posterior, and "
            "its means and sds cannot be trusted."
        )
    elif worth < EFFICIENCY:
        text = (
            f"{figures}, but a draw is worth {worth:.2g} of one from the posterior (importance "
            f"sampling efficiency; {EFFICIENCY} is wanted): the approximation is much wider than "
            "the posterior or lies beside it, and its means and sds cannot be trusted."
        )
    else:
        report.add(
            "approximation",
            "fine",
            f"{figures}, below {K_HAT}; importance sampling efficiency {worth:.2f}.",
        )
        return True
    report.add("approximation", "problem", text, 'use method="nuts".')
    return False


def one_mode(fit: Posterior, report: Report) -> None:
    """Say what no figure of an approximation can tell."""
    if fit.model.components > 1 and fit.model.exchangeable:
        report.add(
            "one mode",
            "note",
            "an approximation sees one mode of a posterior that may have several.",
            "raise restarts, give starts='random', and compare diagnosis.tables['runs'].",
        )


def mode(fit: Posterior, report: Report) -> None:
    """Say what a posterior mode is worth."""
    report.figures["log_density"] = float(np.max(fit.log_density()))
    climb(fit, report)
    report.add("uncertainty", "note", "a mode has none.", 'use method="nuts" for intervals.')


def climb(fit: Posterior, report: Report) -> None:
    """Say whether the climb that is kept ended at a mode."""
    stats, kept = fit.sample_stats, fit.idata.attrs.get("kept_run")
    if "run_end" not in stats:  # saved by a stanmix that did not look
        if not fit.idata.attrs["converged"]:
            report.add("optimisation", "problem", "did not converge.", "raise iterations.")
        return
    end = stats.sel(run=kept)
    gain, steps = float(end["run_gain"]), int(end["run_iterations"])
    left = f"about {gain:.2g} is left to gain in log density"
    if np.isnan(gain):
        left = (
            f"its gradient is {float(end['run_gradient']):.2g}; how much that is was not measured"
        )
    else:
        report.figures["gain"] = gain
    if end["run_converged"]:
        report.add("optimisation", "fine", f"ended at a mode of the posterior: {left}.")
    elif end["run_end"] == "iterations":
        report.add(
            "optimisation",
            "problem",
            f"did not converge: the iterations ran out after {steps}, where {left}.",
            "raise iterations.",
        )
    else:
        report.add(
            "optimisation",
            "problem",
            f"ended at a place that is no mode of the posterior: {left}.",
            _way_out(fit),
        )


def _way_out(fit: Posterior) -> str:
    """Say what to do where no climb ends at a mode."""
    K, stated = fit.model.components, fit.model.priors.get("theta")
    if isinstance(stated, Prior) and "theta" in fit.posterior:
        alpha = np.asarray(concentration(stated, K))
        least = fit.posterior["theta"].to_numpy().reshape(-1, K).min(axis=0)
        if ((alpha < 1) & (least < VANISHED)).any():
            return (
                "a weight vanished: under a Dirichlet with a concentration below 1 the density has "
                "no end there, and so no mode. State at least 1, fewer components, or use "
                'method="nuts".'
            )
    return (
        'give starts="random" and more of them. If none converges, the posterior may have no '
        "mode, as where a scale vanishes under a flat prior: state stronger priors, or use "
        'method="nuts".'
    )
