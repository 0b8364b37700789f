"""Draws, statistics and data in ArviZ's container, and these as files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from stanmix import containers, integrity, netcdf, paths
from stanmix._version import __version__
from stanmix.data import columns
from stanmix.data.design import Design
from stanmix.errors import OutputError
from stanmix.inference.runs.output import Output, Runs
from stanmix.model.specification import Specification
from stanmix.posterior import coordinates
from stanmix.program.data import known_values
from stanmix.program.lower import lower
from stanmix.program.plan import Program

__all__ = ["constant", "frame_of", "inference_data", "load", "observed", "save", "sizes"]

_OVERHEAD = 2**18  # bytes that a NetCDF file of a fit holds beside its numbers, amply


def sizes(model: Specification, design: Design) -> dict[str, dict[str, int]]:
    """Return the sizes of each estimated parameter of a model, by dimension."""
    return coordinates.sizes(lower(model), design, model.components)


def inference_data(
    model: Specification, design: Design, output: Output, attributes: Mapping[str, Any]
) -> Any:
    """Return draws, statistics and data as ArviZ holds them.

    Parameters
    ----------
    model : Specification
    design : Design
    output : Output
    attributes : mapping
        What made the draws; kept as attributes of the ``posterior`` group and of the whole.

    Returns
    -------
    arviz.InferenceData or xarray.DataTree
        Whichever the installed ArviZ has. Groups ``posterior`` (the model's parameters; dims
        chain, draw, component, covariate; coefficients of another parameter than the mean have a
        dimension of their own, such as sigma_covariate), ``sample_stats`` (with figures of each
        run where the best of several was kept), ``observed_data`` (``y``) and ``constant_data``
        (covariates ``X``, ``X_sigma`` and the like and ``Z``, known parameters, and the columns
        of the data that formulas read).
        Components and chains count from 1, as in Stan.
    """
    leading = ("chain", "draw")
    some = next(iter(output.draws.values()))
    program = lower(model)
    coords: dict[str, Any] = {
        "chain": np.array(output.chain_ids),
        "draw": np.arange(some.shape[1]),
        **coordinates.coordinates(program, design, model.components),
    }
    posterior = {}
    for one in program.estimated:
        dims = leading + one.dims
        # cmdstanpy drops dimensions of length one from point estimates; the coordinates know.
        shape = [len(coords[dim]) for dim in dims]
        posterior[one.name] = (dims, output.draws[one.name].reshape(shape))
    stats: dict[str, Any] = {
        name: (leading, values.astype(_kind(name))) for name, values in output.stats.items()
    }
    stats_coords = {name: coords[name] for name in leading}
    if output.elbo is not None:
        stats["elbo"] = (("iteration",), output.elbo[:, 1])
        stats_coords["iteration"] = output.elbo[:, 0].astype(int)
    if output.runs is not None:
        stats_coords["run"] = np.array(output.runs.numbers)
        stats.update(_of_runs(program, output.runs, coords))
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
        **_of_importance(program, output),
        "sampling_seconds": output.seconds,
    }
    groups = {
        "posterior": xr.Dataset(
            posterior, {name: value for name, value in coords.items() if name in used}, kept
        ),
        "sample_stats": xr.Dataset(stats, stats_coords),
        "observed_data": observed(design),
        "constant_data": constant(model, design),
    }
    return containers.container(groups, kept)


def _of_importance(program: Program, output: Output) -> dict[str, Any]:
    """Return what importance weights say of the draws, as an attribute."""
    if output.importance is None:
        return {}
    names = [one.name for one in program.estimated]
    return {"importance": json.dumps(output.importance.described(names))}


def _of_runs(program: Program, runs: Runs, coords: Mapping[str, Any]) -> dict[str, Any]:
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
        for one in program.estimated if values else ():
            shape = [len(runs.numbers), *(len(coords[dim]) for dim in one.dims)]
            figure = values[one.name].reshape(shape)
            figures[f"run_{one.name}{ending}"] = (("run", *one.dims), figure)
    return figures


def save(idata: Any, path: str | Path) -> Path:
    """Write draws as NetCDF, with a digest; an earlier file gives way to a whole one.

    Raises
    ------
    InputError
        If the path cannot be written to.
    OutputError
        If the system refuses to write.
    """
    target = paths.file_to_write(path, "the file of the fit")
    digest = {integrity.DIGEST: integrity.digest(idata)}
    groups = containers.groups_of(idata) or {}
    groups["posterior"] = groups["posterior"].assign_attrs(digest)
    size = sum(dataset.nbytes for dataset in groups.values()) + _OVERHEAD
    with paths.replacing(target, "The fit", size) as beside:
        netcdf.write(beside, groups, {**idata.attrs, **digest})
    return target


def load(path: str | Path) -> Any:
    """Read draws that `save` wrote, under this or another ArviZ.

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
        groups = netcdf.read(source)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise OutputError(f"{source} cannot be read as NetCDF: {error}") from error
    missing = [name for name in integrity.GROUPS if not groups.get(name)]
    if missing or "model" not in groups["posterior"].attrs:
        what = f"its group {missing[0]!r}" if missing else "its model statement"
        raise OutputError(f"{source} holds no fit of stanmix: {what} is missing.")
    try:
        integrity.check_digest(groups)
    except OutputError as error:
        raise OutputError(f"{source}: {error}.") from error
    del groups["posterior"].attrs[integrity.DIGEST]
    return containers.container(groups, groups["posterior"].attrs)


def frame_of(idata: Any) -> pd.DataFrame:
    """Return the columns of the data that the model reads.

    Raises
    ------
    OutputError
        If they are damaged.
    """
    return columns.of_variables(containers.group(idata, "constant_data"))


def _kind(name: str) -> type:
    return {"diverging": bool, "tree_depth": int, "n_steps": int}.get(name, float)


def _labelling(model: Specification) -> str:
    if model.components == 1:
        return "one component"
    if model.labels is not None:
        return f"named by {model.labels!r}"
    if model.program_order is not None:
        return f"ordered by {model.program_order} in the program"
    if not model.exchangeable:
        return "as families, formulas, priors or known parameters tell the components apart"
    return "as sampled"


def observed(design: Design) -> xr.Dataset:
    """Return the response as a dataset."""
    coords: dict[str, Any] = {"obs_id": design.obs_id}
    if design.dimensions:
        coords["dimension"] = np.array(design.dimensions, dtype=str)
    return xr.Dataset(
        {"y": xr.DataArray(design.y, coords, list(coords), attrs={"name": design.response})}
    )


def constant(model: Specification, design: Design) -> xr.Dataset:
    """Return covariates, known parameters, and the columns that the model reads, as a dataset.

    Of all rows, also those whose response is missing.
    """
    program, design = lower(model), design.all_rows
    data: dict[str, Any] = {
        name: (program[name].dims, values)
        for name, values in known_values(model, program, design).items()
    }
    data |= coordinates.covariates(program, design)
    rows = design.rows
    for name in ("offset", "weights", "group"):
        if getattr(rows, name) is not None:
            data[name] = (("obs_id",), getattr(rows, name))
    if rows.labels is not None:
        data["labels"] = (("obs_id",), rows.labels.numbers)
    labels = coordinates.coordinates(program, design, model.components)
    used = {
        dim for dims, *_ in data.values() for dim in ((dims,) if isinstance(dims, str) else dims)
    }
    coords = {name: value for name, value in labels.items() if name in used}
    return xr.Dataset(
        {**data, **columns.variables(design.columns)}, {"obs_id": design.obs_id, **coords}
    )
