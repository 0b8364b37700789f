"""Quantities of a draw that are the same under every numbering of its components."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from stanmix.data.design import Design
from stanmix.model.specification import Specification

__all__ = ["column_names", "label_free"]

Array = NDArray[np.float64]


def column_names(model: Specification, design: Design) -> dict[str, Sequence[str]]:
    """Return what the columns of each parameter that has several are called."""
    return {
        "beta": design.covariates,
        "gamma": design.rows.gating_covariates,
        "mu": model.responses,
        "sigma": model.responses,
    }


def label_free(
    draws: Mapping[str, Array],
    shared: Sequence[str] = (),
    order: Array | None = None,
    names: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, Array]:
    """Return label-free quantities of draws of a mixture's parameters.

    Parameters
    ----------
    draws : mapping of str to ndarray
        Parameters: of components of shape (S, K, ...), shared ones of shape (S, ...).
    shared : sequence of str
        Which are shared.
    order : ndarray of shape (S, K), optional
        A quantity that the model orders the components by; without it nothing does.
    names : mapping of str to sequence of str, optional
        See `column_names`; columns without a name have a number, from 1.

    Returns
    -------
    dict of str to ndarray of shape (S,)
        Each shared value; each parameter of the components, in ascending order of its own values
        (``beta[x], rank 1``) and in the order that is asked for (``sigma, component 1``);
        averages over the components by weight; and how parameters and the logarithms of scales
        vary together over the components, which tells what belongs together. All compare alike in
        any unit and from any origin.
    """
    found: dict[str, Array] = {}
    columns: dict[str, Array] = {}
    scales: list[str] = []
    for name, values in draws.items():
        flat = values.reshape(len(values), *((-1,) if name in shared else (values.shape[1], -1)))
        J = flat.shape[-1]
        named = (names or {}).get(name) or range(1, J + 1)
        labels = [f"{name}[{column}]" for column in named] if J > 1 else [name]
        into = found if name in shared else columns
        into |= {label: flat[..., j] for j, label in enumerate(labels)}
        scales += labels if name == "sigma" and name not in shared else []
    for label, column in columns.items():
        ascending = np.sort(column, axis=1)
        for k in range(column.shape[1]):
            found[f"{label}, rank {k + 1}"] = ascending[:, k]
    if order is not None:
        perm = np.argsort(order, axis=1, kind="stable")
        for label, column in columns.items():
            taken = np.take_along_axis(column, perm, axis=1)
            for k in range(column.shape[1]):
                found[f"{label}, component {k + 1}"] = taken[:, k]
    if "theta" in columns:
        for label, column in columns.items():
            if label != "theta":
                found[f"{label}, average by weight"] = (columns["theta"] * column).sum(axis=1)
    for scale in scales:
        # Where flat priors leave no posterior, scales may be zero or have no end.
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            logs = np.log(columns[scale])
            about = logs - logs.mean(axis=1, keepdims=True)
        for label, column in columns.items():
            if label != scale:
                found[f"{label} with log {scale}"] = (column * about).sum(axis=1)
    return found
