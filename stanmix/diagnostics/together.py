"""Chains that were brought together, by the masses of modes or by how well they predict."""

from __future__ import annotations

from stanmix.diagnostics import exploration
from stanmix.diagnostics.report import Report
from stanmix.posterior.posterior import Posterior

__all__ = ["is_together", "together"]


def is_together(fit: Posterior) -> bool:
    """Return whether draws come from `stanmix.Fit.reweight` or `stanmix.Fit.stack_chains`."""
    return "reweighted" in fit.idata.attrs or "stacked" in fit.idata.attrs


def together(fit: Posterior, report: Report) -> None:
    """Say how chains were brought together, and hold the draws against weighted ones."""
    if words := fit.idata.attrs.get("reweighted"):
        report.add("chains", "fine", f"their draws were brought together in proportion {words}.")
    else:
        report.add(
            "chains",
            "note",
            f"their draws were brought together {fit.idata.attrs['stacked']}. That is what "
            "predicts, and not the posterior, in which modes have other masses.",
        )
    exploration.exploration(fit, report)
