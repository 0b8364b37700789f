"""The diagnosis: which questions are put to which fit."""

from __future__ import annotations

from stanmix.diagnostics import (
    approximation,
    collinear,
    components,
    convergence,
    directions,
    engine,
    exploration,
    modes,
    priors,
    restarts,
    sampler,
    switching,
    ties,
    together,
)
from stanmix.diagnostics.report import Diagnosis, Report
from stanmix.posterior.posterior import Posterior
from stanmix.posterior.relabelling import relabel

__all__ = ["diagnose"]


def diagnose(fit: Posterior) -> Diagnosis:
    """Judge a fit.

    Parameters
    ----------
    fit : Posterior
        By any method. Where labels may switch, a relabelled copy is judged beside it.

    Returns
    -------
    Diagnosis
        Prints as a list in plain words.
    """
    report = Report()
    judged = fit
    engine.engine(fit, report)
    engine.choice(fit, report)
    if together.is_together(fit):
        together.together(fit, report)
    elif fit.method in ("nuts", "mcmc"):
        sampler.failed_chains(fit, report)
        sampler.warmup(fit, report)
        if sampler.ran_away(fit, report):
            priors.improper(fit, report)
            return report.diagnosis()
        # What weighted draws confirm, the sampler's own signs of trouble do not put in doubt.
        confirmed = exploration.exploration(fit, report) == "agrees"
        if fit.method == "nuts":
            sampler.transitions(fit, report, confirmed)
        elif "diverging" in fit.sample_stats:
            sampler.divergences(fit, report)
        if _may_switch(fit):
            judged = fit if "permutation" in fit.sample_stats else relabel(fit, "ecr")
            switching.switching(fit, judged, report)
        sides = exploration.explained_by_sides(fit, report) if confirmed else ()
        convergence.convergence(judged, report, _may_switch(fit), confirmed, sides)
        modes.modes(judged, report, confirmed)
    elif fit.method == "map":
        restarts.failed_runs(fit, report)
        approximation.mode(fit, report)
        restarts.restarts(fit, report)
    elif fit.method == "importance":
        approximation.weights(fit, report)
    else:
        restarts.failed_runs(fit, report)
        sound = approximation.approximation(fit, report)
        confirmed = exploration.exploration(fit, report) == "agrees" and sound
        if "elbo" in fit.sample_stats:
            approximation.elbo(fit, report, confirmed)
        restarts.restarts(fit, report, sound, confirmed)
        if not confirmed:
            approximation.one_mode(fit, report)
    components.surplus(judged, report)
    ties.collapsed(judged, report)
    collinear.flat(judged, report)
    priors.priors(judged, report)
    directions.directions(judged, report)
    return report.diagnosis()


def _may_switch(fit: Posterior) -> bool:
    model = fit.model
    return model.components > 1 and model.program_order is None and model.exchangeable
