"""To a `Fit`: by inference, with a record of it, or from draws that were made elsewhere."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from stanmix import arguments, containers
from stanmix.arguments import FRAME, MIXTURE, SEED, Anything, MappingOf, OrNone, Text, checked
from stanmix.fit import Fit
from stanmix.inference import available
from stanmix.inference.engines.ready import ready
from stanmix.inference.method import method_of, settle
from stanmix.inference.problem import problem
from stanmix.inference.runs import stan, threads
from stanmix.inference.runs.commands import commands
from stanmix.model.specification import Specification
from stanmix.posterior.from_draws import posterior_of
from stanmix.posterior.inference_data import inference_data
from stanmix.posterior.relabelling import named
from stanmix.runs import record

__all__ = ["fit", "from_draws"]


def fit(model: Specification, frame: Any, method: str, options: Mapping[str, Any]) -> Fit:
    """Fit a mixture to data; see `stanmix.Mixture.fit`."""
    stated = problem(model, frame, method, options)
    available.check(stated.options.method, stated.engine)
    containers.arviz()  # which holds the draws: if it cannot be imported, none are made
    engine = ready(stated)
    attributes = engine.attributes
    with stan.folder(stated.options.output_dir) as folder, threads.environment(stated.threads):
        data_file = stan.write_json(folder / "data.json", stated.data)
        began = time.perf_counter()
        stated, prepared = settle(stated, engine, data_file)
        attributes["start_seconds"] = time.perf_counter() - began
        chosen = stated.options
        output = method_of(chosen).run(stated, chosen, prepared, engine, data_file, folder)
        ran = commands(stated.program.name, chosen, prepared)
        made_by = record.record(stated, ran, folder, prepared.decided, engine)
    attributes |= made_by.attributes(stated.source)
    idata = inference_data(model, stated.observed, output, attributes)
    return named(Fit(model, stated.observed, idata, prepared))


@checked(
    model=MIXTURE,
    frame=FRAME,
    draws=Anything("InferenceData, a DataTree or a mapping of names to arrays"),
    names=OrNone(MappingOf(Text(), 'a mapping of names to names such as {"theta": "w"}')),
    dim=Text("the name of a dimension"),
    log_density=OrNone(arguments.Array("an array of real numbers, (chain, draw)", dimensions=(2,))),
    seed=SEED,
)
def from_draws(
    model: Specification,
    frame: Any,
    draws: Any,
    *,
    names: Mapping[str, str] | None = None,
    dim: str = "component",
    log_density: Any = None,
    seed: int = 0,
) -> Fit:
    """Return draws of any program as a fit.

    Parameters
    ----------
    model : Mixture
        The mixture that was sampled. Its priors and its order say nothing here: the draws are
        taken as they are, so the fit's model has ``order=None``, and `Fit.relabel` aligns them.
    frame : DataFrame or mapping of columns
        The data.
    draws : arviz.InferenceData, xarray.DataTree, xarray.Dataset or mapping of str to array_like
        A Markov chain's draws of ``model.parameters``: as variables of the group ``posterior``,
        or as arrays (chain, draw, component, ...); without the component where a parameter is
        shared. The last dimension of coefficients follows the columns of ``model.matrices(frame)``;
        variables of xarray are put in their order by the labels of ``covariate``,
        ``gating_covariate`` and ``dimension``, and components in one order by theirs.
        Coefficients ``gamma`` may have a component of reference: they are centred.
    names : mapping of str to str, optional
        What `draws` calls a parameter, where that is not stanmix's name: ``{"theta": "w"}``.
    dim : str
        The dimension of the components in variables of xarray. It is not needed where they have
        the names that ArviZ gives by default (``mu_dim_0``), which say which comes first.
    log_density : array_like of shape (chain, draw), optional
        Of each draw, up to a constant; default the log-likelihood. The draw where it is highest
        is a pivot for relabelling.
    seed : int
        For what is drawn from the fit: allocations, predictions.

    Returns
    -------
    Fit
        With ``method`` ``"mcmc"``.

    Raises
    ------
    InputError
        If a parameter is missing, has another shape or unknown labels, or takes values that it
        cannot.
    """
    made = posterior_of(model, frame, draws, names or {}, dim, log_density, seed)
    return Fit(made.model, made.design, made.idata)
