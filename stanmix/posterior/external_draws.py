"""Draws of other programs as arrays: parameters under stanmix's names, in its order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from stanmix import arguments, containers
from stanmix.data.design import Design
from stanmix.errors import InputError, shown
from stanmix.model.specification import Specification
from stanmix.posterior.coordinates import coordinates
from stanmix.program.lower import lower

__all__ = ["parameters", "statistics"]

Array = NDArray[np.float64]

_NUMBERS = arguments.Array("an array of real numbers")
# Statistics of a sampler that the diagnosis reads, where other programs give them.
_STATISTICS = ("diverging",)


def parameters(
    model: Specification, design: Design, draws: Any, names: Mapping[str, str], dim: str
) -> dict[str, Array]:
    """Return the parameters under stanmix's names, (chain, draw, ...).

    Parameters are as in `stanmix.from_draws`.

    Raises
    ------
    InputError
        If `draws` are of another kind, a parameter is missing, or its dimensions or their labels
        are not those of the model. Shapes are left to be checked.
    """
    program = lower(model)
    unknown = sorted(set(names) - {one.name for one in program.estimated})
    if unknown:
        raise InputError(
            f"names: {unknown[0]!r} is no parameter of this mixture; it has "
            f"{', '.join(map(repr, model.parameters))}."
        )
    source = _source(draws)
    found: dict[str, Any] = {}
    for one in program.estimated:
        name, given = one.name, names.get(one.name, one.name)
        if given not in source:
            raise InputError(
                f"The draws have no {given!r} for the parameter {name!r}; they have "
                f"{', '.join(map(repr, map(str, source)))}. Say what it is called: "
                f'names={{"{name}": ...}}.'
            )
        found[name] = source[given]
        if isinstance(found[name], xr.DataArray):
            found[name] = _renamed(found[name], given, one.dims, dim)
    _check_same_draws(found)
    labels = coordinates(program, design, model.components)
    order = {dim: [str(label) for label in there] for dim, there in labels.items()}
    order["component"] = _components(found, order["component"])
    return {
        name: _NUMBERS(name, _in_order(name, values, order)).astype(np.float64)
        for name, values in found.items()
    }


def statistics(draws: Any) -> dict[str, Array]:
    """Return what the diagnosis reads of a sampler's statistics, (chain, draw)."""
    stats = (containers.groups_of(draws) or {}).get("sample_stats", xr.Dataset())
    return {
        name: np.asarray(stats[name].transpose("chain", "draw"), dtype=np.float64)
        for name in _STATISTICS
        if name in stats and set(stats[name].dims) == {"chain", "draw"}
    }


def _source(draws: Any) -> Mapping[Any, Any]:
    """Return the variables or arrays by name."""
    groups = containers.groups_of(draws)
    if groups is not None and "posterior" not in groups:
        raise InputError("draws has no group 'posterior': there are no draws in it.")
    source = draws if groups is None else groups["posterior"]
    if not isinstance(source, Mapping):
        raise InputError(
            "draws must be arviz.InferenceData, an xarray.DataTree or Dataset, or a mapping of "
            f"names to arrays, got {shown(draws)}."
        )
    return source


def _renamed(variable: xr.DataArray, given: str, expected: Sequence[str], dim: str) -> xr.DataArray:
    """Return a variable with the dimensions of a parameter, in their order.

    They are found by name, that of the components being `dim`; names that ArviZ gave tell the
    place (`mu_dim_0`); and one name that is left stands for the one that is missing.
    """
    if not {"chain", "draw"} <= set(variable.dims):
        raise InputError(
            f"{given!r} has the dimensions {', '.join(map(str, variable.dims))}; expected 'chain' "
            "and 'draw' among them."
        )
    own = [str(name) for name in variable.dims if name not in ("chain", "draw")]
    called = {dim if name == "component" else name: name for name in expected}
    by_default = [f"{given}_dim_{i}" for i in range(len(own))]
    if set(own) == set(by_default):
        called = dict(zip(by_default, expected, strict=False))
    missing = [name for name in called if name not in own]
    left = [name for name in own if name not in called]
    if len(missing) == len(left) == 1 and missing[0] != dim:
        called[left[0]] = called.pop(missing[0])
    if set(called) != set(own) or len(called) != len(expected):
        wanted = ["chain", "draw", *(dim if name == "component" else name for name in expected)]
        raise InputError(
            f"{given!r} has the dimensions {', '.join(map(str, variable.dims))}; expected "
            f"{', '.join(wanted)}"
            + (f", and there is no {missing[0]!r}; dim= names that of the components." if missing
               else ".")
        )  # fmt: skip
    new = {old: name for old, name in called.items() if old != name}
    return variable.rename(new).transpose("chain", "draw", *expected)


def _check_same_draws(found: Mapping[str, Any]) -> None:
    """Refuse variables whose labels of chains or draws say that they are of other draws."""
    for dim in ("chain", "draw"):
        named = {name: values for name, values in found.items() if _has_labels(values, dim)}
        for name, values in named.items():
            first = next(iter(named))
            if not np.array_equal(values[dim], named[first][dim]):
                raise InputError(
                    f"{first} and {name} have other labels of {dim!r}: give the same draws, in "
                    "one order."
                )


def _components(found: Mapping[str, Any], names: list[str]) -> list[str]:
    """Return the labels of the components in the order of the fit.

    By the names that the fit has for them, or by number, else as they come.
    """
    for values in found.values():
        if _has_labels(values, "component"):
            there = values["component"].to_numpy()
            if set(map(str, there)) == set(names):
                return names
            return list(map(str, np.sort(there) if there.dtype.kind in "iu" else there))
    return names


def _in_order(name: str, values: Any, order: Mapping[str, Sequence[str]]) -> Any:
    """Return a variable of xarray with the entries of each dimension where their labels say."""
    dims = [str(dim) for dim in values.dims[2:]] if isinstance(values, xr.DataArray) else []
    for dim in dims:
        expected, size = order[dim], values.sizes[dim]
        if not _has_labels(values, dim) or size != len(expected):
            continue  # a length that does not fit is refused with the shape
        there = [str(label) for label in values[dim].to_numpy()]
        if there == [str(i) for i in range(size)] and set(there) != set(expected):
            continue  # they count, and say nothing
        if sorted(there) != sorted(expected):
            raise InputError(
                f"{name} has the labels {shown(there)} of {dim!r}; expected "
                f"{shown(list(expected))}, in any order."
            )
        values = values.isel({dim: [there.index(label) for label in expected]})
    return values


def _has_labels(values: Any, dim: str) -> bool:
    return isinstance(values, xr.DataArray) and dim in values.coords
