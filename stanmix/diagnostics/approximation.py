"""Fits that are not samples of the posterior: approximations, and modes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from stanmix.diagnostics.exploration import modes, optima
from stanmix.diagnostics.report import Report
from stanmix.inference.exploration.importance import K_HAT, LEAST, efficiency, k_hat
from stanmix.inference.exploration.weighted import FEWEST, STEADY, trustworthy
from stanmix.model.priors import Prior
from stanmix.posterior.posterior import Posterior
from stanmix.posterior.reweighting import steady
from stanmix.program.data import concentration

__all__ = ["approximation", "climb", "elbo", "mode", "one_mode", "weights"]

# Draws worth less than this part of so many from the posterior come from elsewhere.
EFFICIENCY = 0.1
# The ELBO is a log probability: a change of one is a factor of e, whatever the size of the data.
COARSE = 1.0
# Weights below this are those of components that no row belongs to.
VANISHED = 1e-6


def elbo(fit: Posterior, report: Report, confirmed: bool = False) -> None:
    """Say whether the optimisation of the evidence lower bound ended.

    Parameters
    ----------
    fit : Posterior
    report : Report
    confirmed : bool
        Whether draws, corrected by importance, agree with weighted draws from all optima: then it
        matters little how the optimisation ended.
    """
    # Stan stops by its own figure, of the scaled data.
    last = abs(float(fit.sample_stats["elbo"][-1]) - fit.idata.attrs.get("log_unit", 0.0))
    tolerance = json.loads(fit.idata.attrs["options"])["tol_rel_obj"]
    if not fit.idata.attrs["converged"]:
        report.add(
            "ELBO",
            "note" if confirmed else "problem",
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
        Whether it is good, seen by itself.
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
    known = fit.importance
    if known:
        shape, worth = known["k_hat"], known["effective"] / len(log_ratio)
        report.tables["correction"] = _moved(fit, known)
    else:  # saved by a stanmix that did not correct draws
        shape, worth = k_hat(log_ratio), efficiency(log_ratio)
    report.figures.update(k_hat=shape, efficiency=worth)
    figures = f"Pareto k-hat of the importance ratios is {shape:.2f}"
    if not shape < K_HAT:
        text = (
            f"{figures} (below {K_HAT} is wanted): the approximation misses the posterior, and "
            "its means and sds cannot be trusted."
        )
    elif worth * len(log_ratio) < FEWEST and known.get("applied"):
        text = (
            f"{figures}, but {len(log_ratio)} draws are worth {worth * len(log_ratio):.0f} of the "
            f"posterior ({FEWEST} are wanted): the approximation is much wider than the posterior "
            "or lies beside it."
        )
    elif worth < EFFICIENCY and not known.get("applied"):
        text = (
            f"{figures}, but a draw is worth {worth:.2g} of one from the posterior (importance "
            f"sampling efficiency; {EFFICIENCY} is wanted): the approximation is much wider than "
            "the posterior or lies beside it, and its means and sds cannot be trusted."
        )
    else:
        done = f"importance sampling efficiency {worth:.2f}."
        if known.get("applied"):
            done = (
                f"the draws were resampled by their weights and are worth "
                f"{worth * len(log_ratio):.0f}. {_correction(report)}"
            )
        report.add("approximation", "fine", f"{figures}, below {K_HAT}; {done}")
        return True
    report.add("approximation", "problem", text, 'use method="auto", or method="nuts".')
    return False


def weights(fit: Posterior, report: Report) -> None:
    """Say whether draws by importance sampling can be relied on."""
    known, seen = fit.importance, fit.explored
    asked = json.loads(fit.idata.attrs["options"])["draws"]
    shape, worth = known["k_hat"], known["effective"]
    report.figures.update(k_hat=shape, effective=worth, log_evidence=seen["log_evidence"])
    report.tables["optima"] = optima(seen)
    figures = (
        f"Pareto k-hat of {seen['draws']} weighted draws from all optima is {shape:.2f}; they are "
        f"worth {worth:.0f} of the posterior"
    )
    if not seen["proper"]:
        report.add(
            "weights",
            "problem",
            "under a flat prior of a scale the posterior has no integral, and weights mean "
            "nothing.",
            "state a proper prior.",
        )
    elif not trustworthy(shape, worth):
        report.add(
            "weights",
            "problem",
            f"{figures}: not enough to be relied on (k-hat below {K_HAT} is wanted, and draws "
            "enough).",
            'use method="nuts".',
        )
    elif not steady(seen):
        report.add(
            "weights",
            "problem",
            f"{figures}, but the last round of draws still moved a mean or an sd by "
            f"{STEADY:.0%} of an sd or more: a long tail may not have been followed to its end.",
            'raise budget, or use method="nuts".',
        )
    elif not seen["whole"]:
        report.add(
            "weights",
            "problem",
            f"{figures}, but a part of the posterior that may matter, where components are empty, "
            "was not looked for.",
            'use method="nuts", or fewer components.',
        )
    elif worth < asked:
        report.add(
            "weights",
            "note",
            f"{figures}, fewer than the {asked} that were asked for.",
            'raise budget, or use method="nuts".',
        )
    else:
        report.add("weights", "fine", f"{figures}. {modes(seen)}")


def _moved(fit: Posterior, known: Mapping[str, Any]) -> pd.DataFrame:
    """Return how far weights moved each scalar's mean, in sds, and the factor of its sd."""
    rows = {}
    for name, values in known["moved"].items():
        mean, log_sd = (np.ravel(values[of]) for of in ("mean", "log_sd"))
        labels = [name] if len(mean) == 1 else [f"{name}[{i}]" for i in range(1, len(mean) + 1)]
        for label, by, factor in zip(labels, mean, np.exp(log_sd), strict=True):
            rows[label] = {"mean": by, "sd": factor}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["mean", "sd"])


def _correction(report: Report) -> str:
    """Say how far the correction moved means and sds at most."""
    table = report.tables["correction"]
    if table.empty:
        return ""
    mean, sd = table["mean"].abs(), np.log(table["sd"]).abs()
    report.figures.update(moved=float(mean.max()), widened=float(np.exp(sd.max())))
    return (
        f"That moved means by up to {mean.max():.2g} sds ({mean.idxmax()}) and changed sds by up "
        f"to a factor of {np.exp(sd.max()):.2f} ({sd.idxmax()})."
    )


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
