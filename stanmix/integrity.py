"""Whether a fit that was saved is whole: its digest, and its draws beside its model and data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from stanmix import containers
from stanmix.errors import OutputError

__all__ = ["DIGEST", "GROUPS", "check_digest", "check_draws", "digest"]

DIGEST = "sha256"  # attribute of the group posterior
# What a fit consists of. Other groups, which ArviZ may add, can be computed again.
GROUPS = ("posterior", "sample_stats", "observed_data", "constant_data")
# ArviZ writes attributes of its own, some of them at each saving.
_ATTRIBUTES = (
    "model", "method", "seed", "options", "starts", "kernel", "threads", "program", "provenance",
    "labelling", "failed_chains",
)  # fmt: skip


def digest(draws: Any) -> str:
    """Return the SHA-256 (hex) of draws, statistics, data and statement.

    It is that of their values, whatever a container or a file makes of types, and of no file.

    Parameters
    ----------
    draws : arviz.InferenceData, xarray.DataTree, or mapping of str to xarray.Dataset
        The groups.
    """
    groups = draws if isinstance(draws, dict) else containers.groups_of(draws) or {}
    found = hashlib.sha256()

    def add(*words: Any) -> None:
        found.update(json.dumps(words).encode())

    attributes = groups["posterior"].attrs
    for name in _ATTRIBUTES:
        if name in attributes:
            add(name, str(attributes[name]))
    for group in (name for name in GROUPS if name in groups):
        for name, variable in sorted(groups[group].variables.items()):
            texts = {k: v for k, v in variable.attrs.items() if isinstance(v, str)}
            add(group, name, variable.dims, variable.shape, sorted(texts.items()))
            found.update(_bytes(variable.to_numpy()))
    return found.hexdigest()


def check_digest(groups: dict[str, xr.Dataset]) -> None:
    """Refuse groups whose contents are not those of their digest.

    Raises
    ------
    OutputError
    """
    kept = groups["posterior"].attrs.get(DIGEST)
    if kept is None:
        raise OutputError("it has no digest, so it was not written by Fit.save")
    if kept != digest(groups):
        raise OutputError(
            "its contents have changed since it was saved (their SHA-256 is another). Restore it, "
            "or fit again; for draws that were changed on purpose there is stanmix.from_draws"
        )


def check_draws(
    sizes: Mapping[str, Mapping[str, int]],
    posterior: xr.Dataset,
    observed: xr.Dataset,
    y: NDArray[np.float64],
) -> None:
    """Refuse draws that are not those of a model's parameters, and another response than `y`.

    Parameters
    ----------
    sizes : mapping
        Of each parameter, by dimension, beside chain and draw.
    posterior : Dataset
        The draws.
    observed : Dataset
        The response that lies beside them, as ``y``.
    y : ndarray
        The response that the columns of the data give.

    Raises
    ------
    OutputError
    """
    for name, expected in sizes.items():
        if name not in posterior:
            raise OutputError(f"draws of the parameter {name!r} are missing")
        draws = posterior[name]
        own = {str(dim): size for dim, size in draws.sizes.items()}
        if {**own, **expected} != own or draws.dims != ("chain", "draw", *expected):
            raise OutputError(
                f"draws of {name!r} have the sizes {own}; expected are chain, draw and "
                f"{dict(expected)}"
            )
        undefined = int(np.isnan(draws.to_numpy()).sum())
        if undefined or not draws.size:
            raise OutputError(f"{undefined} of {draws.size} draws of {name!r} are not a number")
    if not np.array_equal(observed["y"].to_numpy(), y, equal_nan=True):
        raise OutputError("the response is not the one that the columns of the data give")


def _bytes(values: NDArray[Any]) -> bytes:
    """Return the bytes of values as the one type of their kind, which files may change."""
    if values.dtype.kind in "biu":
        return values.astype("<i8").tobytes()
    if values.dtype.kind == "f":
        return values.astype("<f8").tobytes()
    if values.dtype.kind in "mM":
        return json.dumps(
            values.astype(f"{values.dtype.kind}8[us]").astype("<i8").tolist()
        ).encode()
    return json.dumps([str(value) for value in values.ravel()]).encode()
