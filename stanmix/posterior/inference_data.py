"""Draws, statistics and data as `arviz.InferenceData`, and these as files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from stanmix import containers, integrity, paths
from stanmix._version import __version__
from stanmix.data import columns
from stanmix.data.design import Design
from stanmix.errors import OutputError
from stanmix.inference.runs.output import Output, Runs
from stanmix.model.specification import Specification
from stanmix.program.data import known_scales

__all__ = [
    "frame_of",
    "inference_data",
    "known_parameters",
    "load",
    "observed",
    "save",
    "sizes",
]

_OVERHEAD = 2**18  # bytes that a NetCDF file of a fit holds beside its numbers, amply

DIMENSIONS = {
    "theta": ("component",),
    "mu": ("component",),
    "beta": ("component", "covariate"),
    "sigma": ("component",),
    "gamma": ("component", "gating_covariate"),
}


def dimensions(model: Specification, name: str) -> tuple[str, ...]:
    """Return the dimensions of a parameter of the components, beside chain and draw."""
    dims = DIMENSIONS[name]
    by_column = {"mu": model.mean == "free", "sigma": model.covariance == "diagonal"}
    if model.responses and by_column.get(name):
        dims = (*dims, "dimension")
    return dims[1:] if name in model.shared else dims


def sizes(model: Specification, design: Design) -> dict[str, dict[str, int]]:
    """Return the sizes of each parameter of the model, by its `dimensions`."""
    each = {
        "component": model.components,
        "covariate": len(design.covariates),
        "gating_covariate": len(design.rows.gating_covariates),
        "dimension": len(design.dimensions),
    }
    return {name: {d: each[d] for d in dimensions(model, name)} for name in model.parameters}


def inference_data(
    model: Specification, design: Design, output: Output, attributes: Mapping[str, Any]
) -> Any:
    """Return draws, statistics and data as InferenceData.

    Parameters
    ----------
    model : Specification
    design : Design
    output : Output
    attributes : mapping
        What made the draws; kept as attributes of the ``posterior`` group and of the whole.

    Returns
    -------
    arviz.InferenceData
        Groups ``posterior`` (the model's parameters; dims chain, draw, component, covariate),
        ``sample_stats`` (with figures of each run where the best of several was kept),
        ``observed_data`` (``y``) and ``constant_data`` (the covariates, known
        parameters, and the columns of the data that the formula reads). Components and chains
        count from 1, as in Stan.
    """
    leading = ("chain", "draw")
    some = next(iter(output.draws.values()))
    coords: dict[str, Any] = {
        "chain": np.array(output.chain_ids),
        "draw": np.arange(some.shape[1]),
        "component": np.arange(1, model.components + 1),
    }
    if model.regression:
        coords["covariate"] = np.array(design.covariates, dtype=str)
    if model.gated:
        coords["gating_covariate"] = np.array(design.rows.gating_covariates, dtype=str)
    if model.responses:
        coords["dimension"] = np.array(model.responses, dtype=str)
    posterior = {}
    for name in model.parameters:
        dims = leading + dimensions(model, name)
        # cmdstanpy drops dimensions of length one from point estimates; the coordinates know.
        posterior[name] = (dims, output.draws[name].reshape([len(coords[dim]) for dim in dims]))
    stats: dict[str, Any] = {
        name: (leading, values.astype(_kind(name))) for name, values in output.stats.items()
    }
    stats_coords = {name: coords[name] for name in leading}
    if output.elbo is not None:
        stats["elbo"] = (("iteration",), output.elbo[:, 1])
        stats_coords["iteration"] = output.elbo[:, 0].astype(int)
    if output.runs is not None:
        stats_coords["run"] = np.array(output.runs.numbers)
        stats.update(_of_runs(model, output.runs, coords))
        stats_coords.update({name: coords[name] for name in coords if name not in leading})
    used = {name for dims, _ in posterior.values() for name in dims}
    source = str(attributes.get("program", ""))
    kept = {
        **attributes,
        "program_hash": hashlib.sha256(source.encode()).hexdigest(),
        "stanmix_version": __version__,
        "model": json.dumps(model.to_dict()),
        "labelling": _labelling(model),
        "failed_chains": json.dumps(output.failed),
        "converged": int(output.converged),
        **({} if output.runs is None else {"kept_run": output.runs.kept}),
        **({} if output.elbo is None else {"log_unit": output.log_unit}),
        "sampling_seconds": output.seconds,
    }
    return containers.arviz().InferenceData(
        attrs=kept,
        posterior=xr.Dataset(
            posterior, {name: value for name, value in coords.items() if name in used}, kept
        ),
        sample_stats=xr.Dataset(stats, stats_coords),
        observed_data=observed(design),
        constant_data=_constant(model, design),
    )


def _of_runs(model: Specification, runs: Runs, coords: Mapping[str, Any]) -> dict[str, Any]:
    """Return the figures of several runs as variables of ``sample_stats``."""
    figures: dict[str, Any] = {f"run_{runs.objective}": ("run", runs.heights)}
    if runs.errors is not None:
        figures[f"run_{runs.objective}_error"] = ("run", runs.errors)
    if runs.k_hats is not None:
        figures["run_k_hat"] = ("run", runs.k_hats)
    if runs.ends is not None:
        figures["run_end"] = ("run", np.array([end.how for end in runs.ends]))
        figures["run_iterations"] = ("run", np.array([end.iterations for end in runs.ends]))
        figures["run_gradient"] = ("run", np.array([end.gradient for end in runs.ends]))
        figures["run_gain"] = ("run", np.array([end.gain for end in runs.ends]))
        figures["run_converged"] = ("run", np.array([end.at_mode for end in runs.ends]))
    for ending, values in (("", runs.means), ("_sd", runs.sds)):
        for name in model.parameters if values else ():
            dims = ("run", *dimensions(model, name))
            shape = [len(runs.numbers), *(len(coords[dim]) for dim in dims[1:])]
            figures[f"run_{name}{ending}"] = (dims, values[name].reshape(shape))
    return figures


def known_parameters(model: Specification) -> dict[str, np.ndarray[Any, Any]]:
    """Return the parameters that are known, each of its `dimensions`."""
    return {
        name: known_scales(model) if name == "sigma" else np.asarray(value, dtype=float)
        for name, value in model.fixed.items()
    }


def save(idata: Any, path: str | Path) -> Path:
    """Write InferenceData as NetCDF, with a digest; an earlier file gives way to a whole one.

    Raises
    ------
    InputError
        If the path cannot be written to.
    OutputError
        If the system refuses to write.
    """
    target = paths.file_to_write(path, "the file of the fit")
    whole = containers.replace(idata, {integrity.DIGEST: integrity.digest(idata)})
    size = sum(whole[name].nbytes for name in whole.groups()) + _OVERHEAD
    with paths.replacing(target, "The fit", size) as beside:
        try:
            whole.to_netcdf(str(beside))
        except RuntimeError as error:  # as which the NetCDF library reports the system's errors
            raise OSError(str(error)) from error
    return target


def load(path: str | Path) -> Any:
    """Read InferenceData that `save` wrote.

    Raises
    ------
    InputError
        If `path` is no path.
    OutputError
        If the file cannot be read, is not one of stanmix, or has changed.
    """
    source = paths.to_path(path, "the file of a fit")
    if not source.is_file():
        raise OutputError(f"There is no file {source}.")
    try:
        with containers.arviz().rc_context({"data.load": "eager"}):  # else the file stays open
            idata = containers.arviz().from_netcdf(str(source))
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise OutputError(f"{source} cannot be read as NetCDF: {error}") from error
    missing = [name for name in integrity.GROUPS if name not in idata.groups()]
    if missing or "model" not in idata["posterior"].attrs:
        what = f"its group {missing[0]!r}" if missing else "its model statement"
        raise OutputError(f"{source} holds no fit of stanmix: {what} is missing.")
    try:
        integrity.check_digest(idata)
    except OutputError as error:
        raise OutputError(f"{source}: {error}.") from error
    del idata["posterior"].attrs[integrity.DIGEST]
    return containers.arviz().InferenceData(
        attrs=dict(idata.posterior.attrs), **{name: idata[name] for name in idata.groups()}
    )


def frame_of(idata: Any) -> pd.DataFrame:
    """Return the columns of the data that the model reads.

    Raises
    ------
    OutputError
        If they are damaged.
    """
    return columns.of_variables(idata["constant_data"])


def _kind(name: str) -> type:
    return {"diverging": bool, "tree_depth": int, "n_steps": int}.get(name, float)


def _labelling(model: Specification) -> str:
    if model.components == 1:
        return "one component"
    if model.program_order is not None:
        return f"ordered by {model.program_order} in the program"
    return "as sampled"


def observed(design: Design) -> xr.Dataset:
    """Return the response as a dataset."""
    coords: dict[str, Any] = {"obs_id": design.obs_id}
    if design.dimensions:
        coords["dimension"] = np.array(design.dimensions, dtype=str)
    return xr.Dataset(
        {"y": xr.DataArray(design.y, coords, list(coords), attrs={"name": design.response})}
    )


def _constant(model: Specification, design: Design) -> xr.Dataset:
    data: dict[str, Any] = {
        name: (dimensions(model, name), values) for name, values in known_parameters(model).items()
    }
    coords: dict[str, Any] = {"obs_id": design.obs_id}
    if model.regression:
        data["X"] = (("obs_id", "covariate"), design.X)
        coords["covariate"] = np.array(design.covariates, dtype=str)
    rows = design.rows
    for name in ("offset", "weights", "group"):
        if getattr(rows, name) is not None:
            data[name] = ("obs_id", getattr(rows, name))
    if model.gated:
        data["Z"] = (("obs_id", "gating_covariate"), rows.Z)
        coords["gating_covariate"] = np.array(rows.gating_covariates, dtype=str)
    if model.fixed:
        coords["component"] = np.arange(1, model.components + 1)
    if any("dimension" in dims for dims, *_ in data.values()):
        coords["dimension"] = np.array(model.responses, dtype=str)
    return xr.Dataset({**data, **columns.variables(design.columns)}, coords)
