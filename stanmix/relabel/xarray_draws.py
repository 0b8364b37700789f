"""Draws with named dimensions: datasets of xarray, such as the groups of ArviZ's containers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from stanmix.arguments import Either, InstanceOf, ListOf, OneOrMore, OrNone, Text, checked
from stanmix.containers import dataset_of
from stanmix.errors import InputError
from stanmix.relabel.checks import FloatArray, check_permutations
from stanmix.relabel.permutations import apply

__all__ = ["apply_to_dataset", "stack_parameters"]

_DATASET = Either(
    InstanceOf("xarray", "Dataset", "an xarray.Dataset of draws"),
    InstanceOf("xarray", "DataTree", "a group of an xarray.DataTree"),
)
_DIMENSION = Text("the name of a dimension")


@checked(dataset=_DATASET, dims=OneOrMore(_DIMENSION, "the name of a dimension, or a list of such"))
def apply_to_dataset(
    perm: ArrayLike, dataset: xr.Dataset, dims: str | Sequence[str] = "component"
) -> xr.Dataset:
    """Relabel every variable of a dataset that has components.

    Parameters
    ----------
    perm : array_like of int, shape (chain, draw, component)
        Permutations, ``perm[..., new] = old``.
    dataset : xarray.Dataset, or group of an xarray.DataTree
        Draws with the dimensions ``chain`` and ``draw``, such as
        ``idata.posterior``.
    dims : str or sequence of str, default "component"
        The dimensions of components; several where a variable has two, as a matrix of
        transitions.

    Returns
    -------
    xarray.Dataset
        The relabelled draws. Variables without components, and all coordinates, are as
        they were: the coordinates of the components are names, and stay in place.

    Raises
    ------
    InputError
        If no variable has such a dimension, or the sizes do not fit ``perm``.
    """
    permutations, dataset = check_permutations(perm), dataset_of(dataset)
    names = tuple(dims)
    for dim in names:
        if not any(dim in variable.dims for variable in dataset.data_vars.values()):
            raise InputError(
                f"no variable has the dimension {dim!r}; the dataset has "
                f"{', '.join(map(repr, dataset.dims))}. Say with dims= which holds the components."
            )
    relabelled = dataset.copy()
    for name, variable in dataset.data_vars.items():
        present = [dim for dim in names if dim in variable.dims]
        if not present:
            continue
        ordered = _draws_first(variable, str(name))
        values = ordered.to_numpy()
        for dim in present:
            values = apply(permutations, values, axis=ordered.dims.index(dim))
        relabelled[name] = ordered.copy(data=values).transpose(*variable.dims)
    return relabelled


@checked(
    dataset=_DATASET,
    names=OrNone(ListOf(Text(), "a list of the names of variables", least=1)),
    dim=_DIMENSION,
)
def stack_parameters(
    dataset: xr.Dataset, names: Sequence[str] | None = None, dim: str = "component"
) -> FloatArray:
    """Put the parameters of each component in one row, as `pra` and `sjw` read them.

    Parameters
    ----------
    dataset : xarray.Dataset, or group of an xarray.DataTree
        Draws with the dimensions ``chain`` and ``draw``.
    names : sequence of str, optional
        The variables, in the order that they are to have; by default all that have the
        dimension of the components.
    dim : str, default "component"
        The dimension of the components.

    Returns
    -------
    ndarray, shape (chain, draw, component, parameter)
        Parameters; a variable with further dimensions gives one for each element.

    Raises
    ------
    InputError
        If a variable is missing, or has no such dimension.
    """
    dataset = dataset_of(dataset)
    if names is None:
        names = [str(n) for n, variable in dataset.data_vars.items() if dim in variable.dims]
        if not names:
            raise InputError(f"no variable has the dimension {dim!r}; say with dim= which to use.")
    columns = []
    for name in names:
        if name not in dataset.data_vars:
            raise InputError(
                f"the dataset has no variable {name!r}; it has "
                f"{', '.join(map(repr, dataset.data_vars))}."
            )
        variable = _draws_first(dataset[name], name)
        if dim not in variable.dims:
            raise InputError(f"{name} has the dimensions {variable.dims}, but not {dim!r}.")
        values = variable.transpose("chain", "draw", dim, ...).to_numpy().astype(np.float64)
        columns.append(values.reshape(*values.shape[:3], -1))
    return np.concatenate(columns, axis=3)


def _draws_first(variable: xr.DataArray, name: str) -> xr.DataArray:
    """Put chain and draw before all other dimensions."""
    if not {"chain", "draw"} <= set(variable.dims):
        raise InputError(
            f"{name} has the dimensions {variable.dims}; expected 'chain' and 'draw' among them."
        )
    return variable.transpose("chain", "draw", ...)
