"""Draws that stanmix did not make: InferenceData of any origin, relabelled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from stanmix import convert, relabel
from stanmix.errors import InputError
from stanmix.relabel.methods import METHODS, gather

__all__ = ["relabel_inference_data"]


def relabel_inference_data(
    idata: Any,
    method: str = "auto",
    *,
    parameters: Sequence[str] | None = None,
    dim: str = "component",
    z: Any = None,
    p: Any = None,
    y: Any = None,
    pivot: Any = None,
    log_density: Any = None,
    seed: int = 0,
) -> Any:
    """Return InferenceData with the components of its posterior aligned.

    Parameters
    ----------
    idata : arviz.InferenceData
        Of any program (PyMC, NumPyro, CmdStan, ...), with a group ``posterior``.
    method : str
        ``"auto"``, or a name of a method of `stanmix.relabel`. Methods that read allocations or
        their probabilities take ``z`` or ``p``; ``"order"`` takes the first of `parameters`.
    parameters : sequence of str, optional
        Variables that describe the components; default all that have the dimension `dim`.
    dim : str
        The dimension of the components.
    z : str or array_like of int, shape (chain, draw, obs), optional
        Allocations from 0, or the variable of the posterior that holds them.
    p : str or array_like, shape (chain, draw, obs, component), optional
        Allocation probabilities, or the variable that holds them.
    y, pivot, log_density
        See `stanmix.relabel.methods.Inputs`.
    seed : int
        For allocations that are sampled from `p`.

    Returns
    -------
    arviz.InferenceData
        A copy. Every variable of the posterior with the dimension `dim` is relabelled;
        ``sample_stats["permutation"]`` holds the permutations, ``perm[new] = old``, from 0, and
        the attribute ``labelling`` says what was done. Allocations that the posterior holds are
        relabelled too, where they were named in `z`.

    Raises
    ------
    InputError
        If a variable or dimension is missing, the method is unknown, or an input that it needs
        is not given.
    """
    if "posterior" not in idata.groups():
        raise InputError("The InferenceData has no group 'posterior': there are no draws in it.")
    posterior = idata["posterior"]
    theta = relabel.stack_parameters(posterior, parameters, dim)
    given = {
        "z": _named(posterior, z, "z"),
        "p": _named(posterior, p, "p"),
        "theta": theta,
        "y": y,
        "pivot": pivot,
        "log_density": log_density,
    }
    if given["z"] is None and given["p"] is not None and method != "auto":
        given["z"] = relabel.sample_allocations(given["p"], seed)
    perm, labelling = _permutations(method, given, theta.shape[2], seed)
    changed = relabel.apply_to_dataset(perm, posterior, dim)
    if isinstance(z, str):
        moved = relabel.apply_to_allocations(perm, given["z"])
        changed[z] = (("chain", "draw", *_rest(posterior[z])), moved)
    place = ("chain", "draw", dim)
    coords = {name: posterior[name] for name in place if name in posterior.coords}
    stats = idata["sample_stats"] if "sample_stats" in idata.groups() else xr.Dataset()
    stats = stats.assign(permutation=xr.DataArray(perm, coords, place))
    return convert.replace(idata, {"labelling": labelling}, posterior=changed, sample_stats=stats)


def _permutations(
    method: str, given: dict[str, Any], components: int, seed: int
) -> tuple[NDArray[np.intp], str]:
    if method == "auto":
        names = ("z", "p", "theta", "pivot")
        perm, reason = relabel.auto(**{n: given[n] for n in names}, seed=seed)
        return perm, f"relabelled: {reason}"
    if method not in METHODS:
        known = ", ".join(map(repr, ("auto", *METHODS)))
        raise InputError(f"Unknown relabelling {method!r}; known: {known}.")
    missing = [name for name in METHODS[method].needs if given[name] is None]
    if missing:
        raise InputError(f"method={method!r} needs {', '.join(missing)}, which is not given.")
    inputs = gather(**given, components=components)
    return METHODS[method].run(inputs, None), f"relabelled by {method}"


def _named(posterior: xr.Dataset, given: Any, what: str) -> Any:
    """Return an array that is given, or that a variable of the posterior holds."""
    if not isinstance(given, str):
        return given
    if given not in posterior:
        raise InputError(
            f"{what}={given!r}: the posterior has no such variable; it has "
            f"{', '.join(map(repr, posterior.data_vars))}."
        )
    return posterior[given].transpose("chain", "draw", ...).to_numpy()


def _rest(variable: xr.DataArray) -> tuple[Any, ...]:
    return tuple(dim for dim in variable.dims if dim not in ("chain", "draw"))
