"""Mean directions whose draws lie on both sides of the cut, where a number for an angle ends."""

from __future__ import annotations

import numpy as np

from stanmix.diagnostics.report import Report
from stanmix.model.responses import turned
from stanmix.posterior.posterior import Posterior
from stanmix.program.variables import Place

__all__ = ["directions"]

# By so much the sd of draws as numbers exceeds that about their own mean direction, where the cut
# lies among them.
WIDER = 1.1


def directions(fit: Posterior, report: Report) -> None:
    """Name components whose directions have no mean and no sd as numbers.

    Parameters
    ----------
    fit : Posterior
        With aligned draws, where labels may switch.
    report : Report
    """
    for one in fit.program.estimated:
        if one.place is not Place.DIRECTION:
            continue
        draws = fit.draws()[one.name]
        around = turned(draws, np.angle(np.exp(1j * draws).mean(axis=0)))
        cut = np.flatnonzero(draws.std(axis=0) > WIDER * around.std(axis=0))
        if not len(cut):
            continue
        names = [str(fit.component_names[k]) for k in cut]
        place = turned(fit.units.y_centre + np.pi, 0.0)
        sds = ", ".join(f"{around[:, k].std():.2g}" for k in cut)
        report.add(
            "directions",
            "note",
            f"the {one.words} {one.name} of component {' and '.join(names)} lie on both sides of "
            f"{place:.3g} rad, where angles are cut: as numbers their mean, sd and R-hat say "
            f"little (about their own mean direction their sd is {sds}).",
            'read fit.predict(kind="mean", by_component=True); a component that points nowhere '
            "(kappa near 0) has no direction, and fewer components may do.",
        )
