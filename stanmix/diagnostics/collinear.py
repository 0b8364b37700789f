"""Components that lie on a line or a plane, along which their density grows without bound."""

from __future__ import annotations

import numpy as np

from stanmix.diagnostics.report import Report
from stanmix.model.correlations import matrices
from stanmix.posterior.posterior import Posterior
from stanmix.program.variables import Quantity

__all__ = ["flat"]

# The least eigenvalue of a component's correlations, beside that of all rows: where a component is
# a thousand times as thin along a direction, it stands on rows that lie on one line or plane.
THIN = 1e-6
OFTEN = 0.05  # a finding, where it is so in this part of the draws


def flat(fit: Posterior, report: Report) -> None:
    """Name components whose columns are collinear.

    Parameters
    ----------
    fit : Posterior
        With aligned draws, where labels may switch.
    report : Report
    """
    for one in fit.program.estimated:
        if one.correlations:
            _flat(fit, report, one)


def _flat(fit: Posterior, report: Report, one: Quantity) -> None:
    """Name components whose correlations are those of collinear columns."""
    y = fit.design.y if one.group is None else one.group.of(fit.design.y)
    least = np.linalg.eigvalsh(matrices(fit.draws()[one.name]))[..., 0]
    usual = np.linalg.eigvalsh(np.corrcoef(y[~np.isnan(y).any(axis=1)].T))[0]
    often = (least < THIN * usual).mean(axis=0)
    which = np.flatnonzero(often >= OFTEN)
    before = int(report.figures.get("flat_components", 0))
    report.figures["flat_components"] = before + len(which)
    if not len(which):
        return
    said = ", ".join(f"{fit.component_names[k]} (in {often[k]:.0%} of the draws)" for k in which)
    report.add(
        "collinear columns",
        "problem",
        f"component(s) {said} lie on a line or a plane{one.whose and ' in the columns'}{one.whose}"
        ", as rows that are equal or lie so exactly make them: their density is as high as one "
        "likes there, and the prior of the correlations does not keep it down.",
        f'give {one.name} a prior that is farther from the ends, as priors={{"{one.name}": '
        'stanmix.LKJ(10)}, or state covariance="tied" or "diagonal", or fit fewer components. '
        "Do not compare this fit by elpd.",
    )
