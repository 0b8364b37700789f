"""Quantities of a draw that are the same under every numbering of its components."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from stanmix.data.design import Design
from stanmix.model.parameters import Role
from stanmix.program.columns import entries
from stanmix.program.plan import Program
from stanmix.program.variables import Quantity

__all__ = ["column_names", "label_free", "numbers_of_components"]

Array = NDArray[np.float64]


def column_names(program: Program, design: Design) -> dict[str, Sequence[str]]:
    """Return what the numbers of each quantity that has several in a component are called."""
    return {one.name: tuple(entries(one, design)) for one in program.quantities if one.columns}


def numbers_of_components(draws: int, components: int) -> Array:
    """Return the numbers of the components in each draw, (S, K).

    In place of a quantity that orders them, where something tells all of them apart: the first is
    the first in every draw then, and two modes may differ in nothing but which is which.
    """
    return np.tile(np.arange(components, dtype=float), (draws, 1))


def label_free(
    draws: Mapping[str, Array],
    program: Program,
    order: Array | None = None,
    names: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, Array]:
    """Return label-free quantities of draws of a mixture's parameters.

    Parameters
    ----------
    draws : mapping of str to ndarray
        Quantities of the program: of components of shape (S, K, ...), shared ones of shape
        (S, ...).
    program : Program
        Which says what is shared, and what is a scale.
    order : ndarray of shape (S, K), optional
        A quantity that the model orders the components by, or `numbers_of_components`; without it
        nothing does.
    names : mapping of str to sequence of str, optional
        See `column_names`; columns without a name have a number, from 1.

    Returns
    -------
    dict of str to ndarray of shape (S,)
        Each shared value; each parameter of the components, in ascending order of its own values
        (``beta[x], rank 1``) and in the order that is asked for (``sigma, component 1``);
        averages over the components by weight; and how parameters and the logarithms of scales
        vary together over the components, which tells what belongs together. All compare alike in
        any unit and from any origin. A shape is taken on the scale of its link (``log phi, rank
        1``): its own may have no mean.
    """
    found: dict[str, Array] = {}
    columns: dict[str, Array] = {}
    logs: dict[str, tuple[str, Array]] = {}  # of scales
    own: dict[str, tuple[int, ...]] = {}  # the components that have it, () for all
    for name, values in draws.items():
        one = program[name]
        if one.components and not one.shared and values.shape[1] > len(one.components):
            values = values[:, list(one.components)]
        flat = values.reshape(len(values), *((-1,) if one.shared else (values.shape[1], -1)))
        shape = one.parameter is not None and one.parameter.role is Role.SHAPE
        if shape and one.constrained and one.matrix is None and one.vector is None:
            assert one.parameter is not None
            name, flat = f"{one.parameter.link.name} {name}", one.parameter.link.forward(flat)
        J = flat.shape[-1]
        named = (names or {}).get(name) or range(1, J + 1)
        labels = [f"{name}[{column}]" for column in named] if J > 1 else [name]
        own |= dict.fromkeys(labels, one.components)
        if one.numbered:
            _numbered(
                one, dict(zip(labels, np.moveaxis(flat, -1, 0), strict=True)), found, columns, own
            )
        else:
            into = found if one.shared else columns
            into |= {label: flat[..., j] for j, label in enumerate(labels)}
        if one.parameter is not None and one.parameter.role is Role.SCALE and not one.shared:
            there = [label for label in labels if label in columns]
            logs |= {label: _log(label, columns[label], one) for label in there}
    for label, column in columns.items():
        ascending = np.sort(column, axis=1)
        for k in range(column.shape[1]):
            found[f"{label}, rank {k + 1}"] = ascending[:, k]
    if order is not None:
        perm = np.argsort(order, axis=1, kind="stable")
        for label, column in columns.items():
            if column.shape[1] != perm.shape[1]:
                continue  # others have it
            taken = np.take_along_axis(column, perm, axis=1)
            for k in range(column.shape[1]):
                found[f"{label}, component {k + 1}"] = taken[:, k]
    if "theta" in columns:
        for label, column in columns.items():
            if label != "theta":
                weights = columns["theta"][:, list(own[label]) or slice(None)]
                found[f"{label}, average by weight"] = (weights * column).sum(axis=1)
    for scale, (logarithm, values) in logs.items():
        with np.errstate(over="ignore", invalid="ignore"):
            about = values - values.mean(axis=1, keepdims=True)
            for label, column in columns.items():
                if label != scale and own[label] == own[scale]:
                    found[f"{label} with {logarithm}"] = (column * about).sum(axis=1)
    return found


def _numbered(
    one: Quantity,
    values: Mapping[str, Array],
    found: dict[str, Array],
    columns: dict[str, Array],
    own: dict[str, tuple[int, ...]],
) -> None:
    """Sort coefficients (S, K) by whether components share them, and leave out who lacks one.

    What they share is the same in all components that have it, and what they lack is zero.
    """
    for label, each in values.items():
        there = np.flatnonzero((each != 0).any(axis=0))
        having = each[:, there]
        if not (having == having[:, :1]).all() or having.shape[1] == 1:
            columns[label] = having
            first = one.components[0] if one.components else 0
            own[label] = tuple(int(k) + first for k in there)
        elif having.shape[1]:
            found[label] = having[:, 0]


def _log(label: str, values: Array, one: Quantity) -> tuple[str, Array]:
    """Return the logarithm of a scale and its name; its coefficients are of that already."""
    if one.matrix is not None:
        return label, values
    # Where flat priors leave no posterior, scales may be zero or have no end.
    with np.errstate(divide="ignore"):
        return f"log {label}", np.log(values)
