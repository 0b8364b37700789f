"""ArviZ and its containers, whoever made them: read, silenced, copied with other groups."""

from __future__ import annotations

import contextlib
import functools
import logging
import sys
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import xarray as xr

from stanmix.arguments import InstanceOf
from stanmix.errors import ToolchainError

__all__ = ["arviz", "groups_of", "quiet", "replace"]

INFERENCE_DATA = InstanceOf("arviz", "InferenceData", "arviz.InferenceData")


@functools.cache
def arviz() -> Any:
    """Import ArviZ, which is typed in part only, when it is first needed: it takes a second.

    Raises
    ------
    ToolchainError
        If it cannot be imported, or cannot work.
    """
    if sys.flags.optimize > 1:
        raise ToolchainError(
            "ArviZ does not work under python -OO, which leaves out docstrings that it appends to. "
            "Use -O, or neither."
        )
    with warnings.catch_warnings():  # it announces its next version at import, once a day
        warnings.simplefilter("ignore", FutureWarning)
        try:
            import arviz
        except OSError as error:
            raise ToolchainError(
                f"ArviZ cannot be imported: {error}. It looks into the working directory: if that "
                "has been deleted, change to another."
            ) from error
    return arviz


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Silence ArviZ's remarks on single chains and constant draws: `Fit.diagnose` has the word."""
    # ArviZ logs by an object of its own, which the logging module's registry does not hold.
    logger = getattr(arviz(), "_log", logging.getLogger("arviz"))
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), np.errstate(invalid="ignore", divide="ignore"):
            warnings.simplefilter("ignore", UserWarning)
            warnings.simplefilter("ignore", RuntimeWarning)
            warnings.simplefilter("ignore", DeprecationWarning)  # of matplotlib, within ArviZ
            yield
    finally:
        logger.setLevel(level)


def groups_of(draws: Any) -> dict[str, xr.Dataset] | None:
    """Return the groups of InferenceData or of a DataTree; a Dataset is a posterior by itself.

    Anything else has none.
    """
    if isinstance(draws, xr.Dataset):
        return {"posterior": draws}
    if _is_tree(draws):
        return {str(name): node.to_dataset() for name, node in draws.children.items()}
    if INFERENCE_DATA.fits(draws):
        return {name: draws[name] for name in draws.groups()}
    return None


def replace(idata: Any, attributes: Mapping[str, Any], **groups: Any) -> Any:
    """Return a copy with other groups and attributes in place of its own.

    Of InferenceData; of a DataTree, as one; of a Dataset, as InferenceData.
    """
    kept = {**(groups_of(idata) or {}), **groups}
    kept["posterior"] = kept["posterior"].assign_attrs(attributes)
    if _is_tree(idata):
        tree = idata.copy()
        for name, dataset in kept.items():
            tree[name] = xr.DataTree(dataset)
        tree.attrs.update(attributes)
        return tree
    return arviz().InferenceData(attrs={**idata.attrs, **attributes}, **kept)


def _is_tree(draws: Any) -> bool:
    return hasattr(xr, "DataTree") and isinstance(draws, xr.DataTree)
