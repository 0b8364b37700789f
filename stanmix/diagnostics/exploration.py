"""Draws held against the weighted draws that were made before them.

Weighted draws (`stanmix.inference.exploration.drawing`) come from all optima at once and know how
much of the posterior each holds, which chains that stay in one mode cannot know. Where Pareto
k-hat says that the weights can be trusted, chains that found something else are wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from stanmix.diagnostics.convergence import SLOW, largest_r_hat
from stanmix.diagnostics.report import Report
from stanmix.posterior import relabelling
from stanmix.posterior.label_free_draws import label_free_draws
from stanmix.posterior.posterior import Posterior
from stanmix.posterior.reweighting import trusted

__all__ = ["Verdict", "explained_by_sides", "exploration", "modes", "optima"]

_ADVICE = (
    "the chains did not visit every part of the posterior in proportion. fit.reweight() gives the "
    "draws of each mode the mass that it holds; or run more and longer chains, or look at "
    "diagnosis.tables['optima']: another number of components or stronger priors may leave one "
    "explanation."
)


@dataclass(frozen=True)
class Limits:
    """How far draws may lie from what weighted draws expect.

    Attributes
    ----------
    apart, factor : float
        Means may differ by this part of an sd, and sds by this factor,
    errors : float
        and by so many Monte Carlo errors of the weighted draws. Those of the draws excuse
        nothing: a mean that they put off is off.
    errors_if_narrow : float
        Draws that are too narrow have missed a part of the posterior, which is worse than to have
        seen too much of it, and what weighs much in it makes for large errors.
    """

    apart: float
    factor: float
    errors: float
    errors_if_narrow: float


CHAINS = Limits(0.3, 1.3, 3.0, 2.0)
APPROXIMATION = Limits(0.18, 1.18, 2.0, 2.0)
SHARE = 0.01  # of the posterior, for a mode to be spoken of
# With fewer draws on a side nothing can be said of whether chains agree there; a chain counts where
# it has this part of as many as another.
STAY, PART = 100, 0.25

Verdict = str  # "agrees", "differs" or "unknown"


def exploration(fit: Posterior, report: Report) -> Verdict:
    """Compare draws with what weighted draws told of the posterior.

    Parameters
    ----------
    fit : Posterior
        By NUTS, or an approximation.
    report : Report

    Returns
    -------
    str
        ``"agrees"``, ``"differs"``, or ``"unknown"`` where there are no weighted draws or their
        weights cannot be trusted.
    """
    if not fit.explored:
        return "unknown"
    known = fit.explored
    chains = fit.posterior.sizes["chain"] > 1
    who = "chains" if chains else "draws"
    report.figures["weights_k_hat"] = known["k_hat"]
    report.figures["weights_effective"] = known["effective"]
    report.tables["optima"] = optima(known)
    told = f"k-hat {known['k_hat']:.2f}, {known['effective']:.0f} effective"
    one_side = _saw_one_side(fit, known, report)
    table = _compared(fit, known, CHAINS if fit.method == "nuts" else APPROXIMATION)
    proper = known.get("proper", True)
    if not trusted(known) or table.empty:
        but = "but one another" if chains else "but their own importance ratios"
        why = f"importance weights cannot be trusted here ({told})"
        if not known["whole"]:
            why = (
                "some of the components may be empty, and that part of the posterior was not "
                "looked for"
            )
        if not proper:
            why = "under a flat prior of a scale importance weights mean nothing"
        report.add(
            "weighted draws",
            "note",
            f"{why}, so the {who} were held against nothing {but}.",
        )
        if one_side:
            report.add("order", "problem", *_sides(fit, known))
        return "differs" if one_side else "unknown"
    report.tables["weighted draws"] = table
    worst = table.iloc[0]
    report.figures["weights_apart"] = float(worst["apart"])
    text = (
        f"{worst.name}, with mean {worst['mean']:.4g} (sd {worst['sd']:.3g}) over the {who} and "
        f"{worst['expected']:.4g} ({worst['expected_sd']:.3g}) by weighted draws"
    )
    if not table["differs"].any():
        report.add(
            "weighted draws",
            "fine",
            f"importance draws from all optima ({told}) agree with the {who}; most apart is "
            f"{text}.",
        )
        if report.figures.get("sides_seen"):
            report.add("order", "note", *_sides(fit, known))
        return "agrees"
    report.add(
        "weighted draws",
        "problem",
        f"importance draws from all optima ({told}) tell of another posterior than the {who}; "
        f"most apart is {text}. {modes(known)}",
        _ADVICE if chains else 'use method="auto", or method="nuts".',
    )
    if one_side or len(known["sides"]) > 1:
        report.add("order", "problem", *_sides(fit, known))
    return "differs"


def _saw_one_side(fit: Posterior, known: dict[str, Any], report: Report) -> bool:
    """Return whether chains saw but one of several sides that an order splits the posterior into.

    The components of all draws are aligned first; then an order that holds in all of them is one
    side.
    """
    if sum(side > SHARE for side in known["sides"]) < 2:
        return False
    counts = np.bincount(_side(fit).ravel())
    report.figures["sides_seen"] = int((counts > SHARE * counts.sum() / 2).sum())
    return bool(report.figures["sides_seen"] == 1)


def _side(fit: Posterior) -> NDArray[np.intp]:
    """Return the side of the order that each draw is on, (chain, draw), counted from 0."""
    perm = relabelling.permutations(fit, "ecr")[0]
    _, side = np.unique(perm.reshape(-1, perm.shape[-1]), axis=0, return_inverse=True)
    return np.asarray(side.reshape(perm.shape[:2]))


def explained_by_sides(fit: Posterior, report: Report) -> list[float]:
    """Say whether chains differ because they stay on sides of an order, and for nothing else.

    Parameters
    ----------
    fit : Posterior
        That weighted draws confirm; see `exploration`.
    report : Report
        With what `exploration` found.

    Returns
    -------
    list of float
        The parts of the posterior on the sides, by weighted draws, where chains saw more than one
        and agree with one another on each; empty otherwise.
    """
    if report.figures.get("sides_seen", 0) < 2:
        return []
    side, posterior = _side(fit), fit.posterior[[*fit.model.parameters]]
    worst = 0.0
    for one in np.unique(side):
        rows = [np.flatnonzero(here) for here in side == one]
        most = max(len(here) for here in rows)
        stays = {chain: here for chain, here in enumerate(rows) if len(here) >= PART * most}
        length = min(len(here) for here in stays.values())
        if length < STAY:
            continue
        parts = [
            posterior.isel(chain=[chain], draw=here[:length]).assign_coords(draw=np.arange(length))
            for chain, here in stays.items()
        ]
        worst = max(worst, largest_r_hat(xr.concat(parts, "chain"))[0])
    report.figures["r_hat_within_sides"] = worst
    known = fit.explored
    return list(known["sides"]) if worst < SLOW else []


def _sides(fit: Posterior, known: dict[str, Any]) -> tuple[str, str]:
    """Say which sides an order has and whether chains saw them, and what to do."""
    sides = ", ".join(f"{side:.1%}" for side in known["sides"])
    return (
        f"ordering the components by {fit.model.order!r} splits the posterior into "
        f"{len(known['sides'])} sides ({sides} of it by importance draws), because that quantity "
        "nearly ties; chains hardly pass from one to the other.",
        'use order="auto", which samples without an order, or order by what tells the components '
        "apart.",
    )


def _compared(fit: Posterior, known: dict[str, Any], limits: Limits) -> pd.DataFrame:
    """Return label-free expectations by chains and by weights, those farthest apart first."""
    rows = []
    for name, values in label_free_draws(fit).items():
        if name not in known["expected"]:
            continue
        expected, expected_sd, error, error_of_log_sd = known["expected"][name]
        if not expected_sd > 1e-12 * abs(expected):  # known, or all but known
            continue
        mean, sd = float(values.mean()), float(values.std())
        apart = abs(mean - expected) / expected_sd
        factor = max(sd / expected_sd, 1e-300)
        far = apart > limits.apart + limits.errors * error / expected_sd
        errors = limits.errors if factor > 1 else limits.errors_if_narrow
        wide = abs(np.log(factor)) > np.log(limits.factor) + errors * error_of_log_sd
        rows.append(
            {
                "quantity": name,
                "mean": mean,
                "sd": sd,
                "expected": expected,
                "expected_sd": expected_sd,
                "apart": apart,
                "factor": factor,
                "differs": bool(far or wide),
            }
        )
    if not rows:
        return pd.DataFrame()
    table = pd.DataFrame(rows).set_index("quantity")
    distance = np.maximum(table["apart"], np.abs(np.log(table["factor"])))
    return table.iloc[np.lexsort((-distance, ~table["differs"]))]


def optima(known: Mapping[str, Any]) -> pd.DataFrame:
    """Return the optima that weighted draws found."""
    table = pd.DataFrame(known["modes"]).drop(columns="about", errors="ignore")
    return table.set_axis(pd.RangeIndex(1, len(table) + 1, name="optimum"))


def modes(known: Mapping[str, Any]) -> str:
    """Say which optima hold the posterior."""
    each = [
        f"{mode['mass']:.0%} about an optimum of log density {mode['log_density']:.1f}"
        for mode in known["modes"]
        if mode["mass"] > SHARE
    ]
    if known["empty"] > SHARE:
        each.append(f"{known['empty']:.0%} where a component is left empty")
    return f"Of the posterior lie {', '.join(each)}."
