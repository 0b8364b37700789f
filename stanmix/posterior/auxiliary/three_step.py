"""Outcomes and covariates of latent classes, after the mixture: the three-step analysis by draws.

For each draw of the mixture's parameters, the second model is a mixture whose classes have known
probabilities in each row, which the outcome brings up to date:

    p(y[n] | row n of the mixture) = sum_k r[n, k] f(y[n] | class k, x[n])

with r the responsibilities at the draw. A draw of its parameters is taken given that. So the second
model does not change the mixture (its posterior is a cut one), the uncertainty of the mixture's
parameters and that of the classes are carried, and no class is assigned: to assign classes, or to
draw them without the outcome, attenuates what goes with them.

References
----------
Bakk & Kuha (2018), Psychometrika 83, 871-892 (two-step estimation). Vermunt (2010), Political
Analysis 18, 450-469, and Bolck, Croon & Hagenaars (2004), Political Analysis 12, 3-27 (three
steps). Plummer (2015), Stat. Comput. 25, 37-43 (cut posteriors).
"""

from __future__ import annotations

from typing import Any

import xarray as xr

from stanmix.data.rows import parse_predictor
from stanmix.errors import InputError
from stanmix.posterior.auxiliary.classed import Classed, classed
from stanmix.posterior.auxiliary.estimates import Estimates, notes
from stanmix.posterior.auxiliary.membership import Membership
from stanmix.posterior.auxiliary.outcome import Outcome, covariates_of
from stanmix.posterior.auxiliary.parts import Part
from stanmix.posterior.auxiliary.sampling import draw
from stanmix.posterior.posterior import Posterior

__all__ = ["AUTO", "membership", "outcome"]

AUTO = "auto"


def outcome(
    fit: Posterior,
    formula: str,
    frame: Any = None,
    family: str = "normal",
    membership: str | None = AUTO,
    offset: str | None = None,
    trials: str | None = None,
    draws: int = 400,
    seed: int | None = None,
) -> Estimates:
    """Return how an outcome depends on the class; see `stanmix.Fit.outcome`."""
    rows = _classed(fit, frame)
    gates = covariates_of(formula, fit.model.context) if membership == AUTO else membership or ""
    if membership == AUTO and fit.model.gated:
        gates = ""
    parts: list[Part] = []
    stated = {"family": family, "offset": offset, "trials": trials}
    of_outcome = Outcome.stated(rows, formula, rows.mean_classes(weighted=True), **stated)
    parts.append(of_outcome)
    if gates:
        parse_predictor("membership", gates, fit.model.context)
        parts.append(Membership.stated(rows, gates))
    chosen = fit.seed if seed is None else seed
    drawn = draw(rows, parts, draws, weighted=not gates, seed=chosen)
    parameters = of_outcome.parameters(drawn.free[:, : of_outcome.size])
    means = of_outcome.means(parameters)
    del parameters["theta"]  # one in every draw
    found: dict[str, Any] = {"mean": (("chain", "draw", "class"), means[None])}
    for name, values in parameters.items():
        dims = ("chain", "draw", "term") if values.ndim == 3 else ("chain", "draw")
        found[name] = (dims, values[None, :, 0])
    coords = {"class": rows.names, "term": list(of_outcome.design.covariates)}
    title = f"Outcome {formula}, family={family!r}"
    if gates:
        title += f", and classes {gates}"
    dataset = xr.Dataset(found, coords)
    return Estimates(title, dataset, "mean", notes(fit.method, drawn.efficiency))


def membership(
    fit: Posterior,
    formula: str,
    frame: Any = None,
    draws: int = 400,
    seed: int | None = None,
) -> Estimates:
    """Return how the class depends on covariates; see `stanmix.Fit.membership`."""
    parse_predictor("membership", formula, fit.model.context)
    rows = _classed(fit, frame)
    part = Membership.stated(rows, formula)
    drawn = draw(rows, [part], draws, weighted=False, seed=fit.seed if seed is None else seed)
    gamma = part.coefficients(drawn.free)
    found = {"gamma": (("chain", "draw", "class", "term"), gamma[None])}
    coords = {"class": rows.names, "term": list(part.covariates)}
    dataset = xr.Dataset(found, coords)
    title = f"Membership {formula}, against class {rows.names[0]}"
    return Estimates(title, dataset, "gamma", notes(fit.method, drawn.efficiency))


def _classed(fit: Posterior, frame: Any) -> Classed:
    if fit.model.components == 1:
        raise InputError("The mixture has one component, so that there are no classes to compare.")
    return classed(fit, frame)
