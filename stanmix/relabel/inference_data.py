"""Draws that stanmix did not make, in ArviZ's containers of any origin, relabelled."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from stanmix import containers, relabel
from stanmix.arguments import (
    SEED,
    Array,
    Either,
    Function,
    ListOf,
    OneOf,
    OrNone,
    Text,
    checked,
)
from stanmix.errors import InputError, shown
from stanmix.relabel.methods import METHODS, gather

__all__ = ["relabel_inference_data"]

_COMMON = "of components"  # unlike any name that a dimension has
_ARRAY = Array("an array of numbers")
_VARIABLE = OrNone(Either(Text("the name of a variable"), _ARRAY))


@checked(
    method=OneOf("auto", *METHODS),
    parameters=OrNone(ListOf(Text(), "a list of the names of variables", least=1)),
    dim=Either(Text("the name of a dimension"), ListOf(Text(), "a list of such names", least=1)),
    z=_VARIABLE,
    p=_VARIABLE,
    y=OrNone(_ARRAY),
    pivot=OrNone(_ARRAY),
    log_density=OrNone(Function()),
    seed=SEED,
)
def relabel_inference_data(
    idata: Any,
    method: str = "auto",
    *,
    parameters: Sequence[str] | None = None,
    dim: str | Sequence[str] = "component",
    z: Any = None,
    p: Any = None,
    y: Any = None,
    pivot: Any = None,
    log_density: Any = None,
    seed: int = 0,
) -> Any:
    """Return draws in ArviZ's container with the components of the posterior aligned.

    Parameters
    ----------
    idata : arviz.InferenceData, xarray.DataTree or xarray.Dataset
        Of any program (PyMC, NumPyro, CmdStan, ...), with a group ``posterior``; a Dataset, or a
        group that was taken out of a DataTree, is the posterior itself.
    method : str
        ``"auto"``, or a name of a method of `stanmix.relabel`. Methods that read allocations or
        their probabilities take ``z`` or ``p``; ``"order"`` takes the first of `parameters`.
    parameters : sequence of str, optional
        Variables that describe the components; default all that have the dimension `dim`.
    dim : str or sequence of str
        The dimension of the components. Where variables have one each, as ArviZ names them by
        default, a list says all: ``["mu_dim_0", "sigma_dim_0"]``. Of one such name,
        ``"mu_dim_0"``, it is taken that the first dimension of each variable is that of the
        components wherever it has their number; a warning says of which.
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
    arviz.InferenceData or xarray.DataTree
        A copy of the kind that was given; of a posterior by itself, the kind that the installed
        ArviZ has. Every variable of the posterior with the dimension `dim` is relabelled;
        ``sample_stats["permutation"]`` holds the permutations, ``perm[new] = old``, from 0, and
        the attribute ``labelling`` says what was done. Allocations that the posterior holds are
        relabelled too, where they were named in `z`.

    Raises
    ------
    InputError
        If a variable or dimension is missing, the method is unknown, or an input that it needs
        is not given.

    Warns
    -----
    UserWarning
        If dimensions are taken for components by their names and lengths, or a variable without
        the dimension `dim` has another of the same length and is left as it is.
    """
    groups = containers.groups_of(idata)
    if groups is None:
        raise InputError(
            "relabel_inference_data: idata must be arviz.InferenceData, an xarray.DataTree or an "
            f"xarray.Dataset, got {shown(idata)}."
        )
    if "posterior" not in groups:
        raise InputError("idata has no group 'posterior': there are no draws in it.")
    posterior = groups["posterior"]
    named = {name for name in (z, p) if isinstance(name, str)}
    dims = _dimensions(posterior, dim, named)
    theta = relabel.stack_parameters(_in_common(posterior, dims), parameters, _COMMON)
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
    changed = relabel.apply_to_dataset(perm, posterior, dims)
    if isinstance(z, str):
        moved = relabel.apply_to_allocations(perm, given["z"])
        changed[z] = (("chain", "draw", *_rest(posterior[z])), moved)
    if isinstance(p, str) and not set(dims) & set(posterior[p].dims):
        moved = relabel.apply(perm, given["p"], axis=-1)
        changed[p] = (("chain", "draw", *_rest(posterior[p])), moved)
    stats = _with_permutation(groups.get("sample_stats", xr.Dataset()), perm, posterior, dims[0])
    return containers.replace(
        idata, {"labelling": labelling}, posterior=changed, sample_stats=stats
    )


def _dimensions(
    posterior: xr.Dataset, dim: str | Sequence[str], allocations: set[str]
) -> tuple[str, ...]:
    """Return the dimensions of components, of which one may stand for others of its kind."""
    stated = (dim,) if isinstance(dim, str) else tuple(dim)
    for name in stated:
        if not any(name in variable.dims for variable in posterior.data_vars.values()):
            there = ", ".join(f"{other!r} ({size})" for other, size in posterior.sizes.items())
            raise InputError(
                f"dim: no variable has the dimension {name!r}; the posterior has {there}. Say with "
                "dim= which holds the components."
            )
    sizes = {name: posterior.sizes[name] for name in stated}
    if len(set(sizes.values())) > 1:
        raise InputError(f"dim: the dimensions of the components differ in length: {sizes}.")
    if not isinstance(dim, str):  # all of them, as stated
        return _of_equal_labels(posterior, stated)
    size = sizes[dim]
    alike: dict[str, list[str]] = {}
    for variable_name, variable in posterior.data_vars.items():
        if dim not in variable.dims and variable_name not in allocations:
            own = [d for d in variable.dims if d not in ("chain", "draw")]
            alike[str(variable_name)] = [str(d) for d in own if variable.sizes[d] == size]
    by_default = re.fullmatch(r"(.+)_dim_0", dim)
    taken: list[str] = []
    if by_default and by_default[1] in posterior:
        taken = [f"{name}_dim_0" for name, dims in alike.items() if f"{name}_dim_0" in dims]
    left = [name for name, dims in alike.items() if dims and not set(dims) & set(taken)]
    if taken:
        warnings.warn(
            f"{', '.join(taken)}: taken for components as {dim} is, by ArviZ's default names and "
            f"their length, {size}. State all that are: dim={[dim, *taken]}.",
            stacklevel=4,
        )
    if left:
        warnings.warn(
            f"{', '.join(left)}: without the dimension {dim!r} and left as sampled, although "
            f"another of its dimensions has the length {size}, too ({', '.join(alike[left[0]])}). "
            f"If it is that of components, state it as well, else only this: dim=[{dim!r}, ...].",
            stacklevel=4,
        )
    return _of_equal_labels(posterior, (dim, *taken))


def _of_equal_labels(posterior: xr.Dataset, dims: tuple[str, ...]) -> tuple[str, ...]:
    """Return dimensions whose coordinates say that they have the same components in one order."""
    labels = {name: posterior[name].to_numpy() for name in dims if name in posterior.coords}
    for name, values in labels.items():
        first = next(iter(labels))
        if not np.array_equal(values, labels[first]):
            raise InputError(
                f"dim: {first} has the labels {shown(labels[first].tolist())} and {name} "
                f"{shown(values.tolist())}: bring the components of all variables into one order."
            )
    return dims


def _in_common(posterior: xr.Dataset, dims: Sequence[str]) -> xr.Dataset:
    """Return the variables that have components, with one name for that dimension."""
    found = {}
    for name, variable in posterior.data_vars.items():
        own = next((d for d in dims if d in variable.dims), None)
        renamed = [_COMMON if d == own else d for d in variable.dims]
        found[str(name)] = (renamed, variable.to_numpy())
    return xr.Dataset(found)


def _with_permutation(
    stats: xr.Dataset, perm: NDArray[np.intp], posterior: xr.Dataset, dim: str
) -> xr.Dataset:
    """Return statistics with the permutations beside them."""
    place = ("chain", "draw", dim)
    coords = {name: posterior[name] for name in place if name in posterior.coords}
    for name, size in zip(("chain", "draw"), perm.shape, strict=False):
        here, there = stats.get(name), posterior.get(name)
        labels = here is not None and there is not None and not np.array_equal(here, there)
        if labels or stats.sizes.get(name, size) != size:
            raise InputError(
                f"The group 'sample_stats' has other labels of {name!r} than the posterior, so "
                "that permutations cannot be kept there: thin or cut both, or leave it out."
            )
    return stats.assign(permutation=xr.DataArray(perm, coords, place))


def _permutations(
    method: str, given: dict[str, Any], components: int, seed: int
) -> tuple[NDArray[np.intp], str]:
    if method == "auto":
        names = ("z", "p", "theta", "pivot")
        perm, reason = relabel.auto(**{n: given[n] for n in names}, seed=seed)
        return perm, f"relabelled: {reason}"
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
    variable = posterior[given]
    if not {"chain", "draw"} <= set(variable.dims):
        raise InputError(
            f"{what}={given!r} has the dimensions {', '.join(map(str, variable.dims))}; expected "
            "'chain' and 'draw' among them."
        )
    return variable.transpose("chain", "draw", ...).to_numpy()


def _rest(variable: xr.DataArray) -> tuple[Any, ...]:
    return tuple(dim for dim in variable.dims if dim not in ("chain", "draw"))
