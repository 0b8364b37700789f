"""Quantities of a draw that are the same under every numbering of its components."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

__all__ = ["label_free"]

Array = NDArray[np.float64]


def label_free(
    draws: Mapping[str, Array], shared: tuple[str, ...] = (), order: Array | None = None
) -> dict[str, Array]:
    """Return label-free quantities of draws of a mixture's parameters.

    Parameters
    ----------
    draws : mapping of str to ndarray
        Parameters: of components of shape (S, K, ...), shared ones of shape (S, ...).
    shared : tuple of str
        Which are shared.
    order : ndarray of shape (S, K), optional
        A quantity that the model orders the components by; without it nothing does.

    Returns
    -------
    dict of str to ndarray of shape (S,)
        Each shared value; each parameter of the components, in ascending order of its own values
        (``mu, rank 1``) and in the order that is asked for (``sigma, component 1``); averages over
        the components by weight; and how parameters and the logarithms of scales vary together
        over the components, which tells what belongs together. All of them compare alike in
        any unit and from any origin.
    """
    found: dict[str, Array] = {}
    columns: dict[str, Array] = {}
    for name, values in draws.items():
        flat = values.reshape(len(values), *((-1,) if name in shared else (values.shape[1], -1)))
        for j in range(flat.shape[-1]):
            label = name if flat.shape[-1] == 1 else f"{name}, column {j + 1}"
            if name in shared:
                found[label] = flat[:, j]
            else:
                columns[label] = flat[..., j]
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
    for scale in [label for label in columns if label.partition(",")[0] == "sigma"]:
        logs = np.log(columns[scale])
        about = logs - logs.mean(axis=1, keepdims=True)
        for label, column in columns.items():
            if label != scale:
                found[f"{label} with log {scale}"] = (column * about).sum(axis=1)
    return found
