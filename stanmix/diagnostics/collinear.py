"""Components that lie on a line or a plane, along which their density grows without bound."""

from __future__ import annotations

import numpy as np

from stanmix.diagnostics.report import Report
from stanmix.model.correlations import matrices
from stanmix.posterior.posterior import Posterior

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
    one = next((one for one in fit.program.estimated if one.correlations), None)
    if one is None:
        return
    least = np.linalg.eigvalsh(matrices(fit.draws()[one.name]))[..., 0]
    usual = np.linalg.eigvalsh(np.corrcoef(fit.design.y.T))[0]
    often = (least < THIN * usual).mean(axis=0)
    which = np.flatnonzero(often >= OFTEN)
    report.figures["flat_components"] = len(which)
    if not len(which):
        return
    said = ", ".join(f"{fit.component_names[k]} (in {often[k]:.0%} of the draws)" for k in which)
    report.add(
        "collinear columns",
        "problem",
        f"component(s) {said} lie on a line or a plane, as rows that are equal or lie so exactly "
        "make them: their density is as high as one likes there, and the prior of the "
        f"correlations does not keep it down.",
        f'give {one.name} a prior that is farther from the ends, as priors={{"{one.name}": '
        'stanmix.LKJ(10)}, or state covariance="tied" or "diagonal", or fit fewer components. '
        "Do not compare this fit by elpd.",
    )
