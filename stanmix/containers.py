"""ArviZ and its containers, whoever made them: read, made, silenced, copied with other groups.

Up to 0.23, ArviZ keeps draws in its own InferenceData; from 1.0 on, in a DataTree of xarray. Both
are groups of datasets under names, and these are what everything else reads.
"""

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
from numpy.typing import NDArray

from stanmix.errors import ToolchainError

__all__ = [
    "arviz",
    "container",
    "dataset_of",
    "elpd_data",
    "group",
    "groups_of",
    "quiet",
    "replace",
    "scalars",
]


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


def container(groups: Mapping[str, xr.Dataset], attributes: Mapping[str, Any]) -> Any:
    """Return groups as the installed ArviZ holds them: InferenceData, or a DataTree."""
    arviz()
    own = _inference_data()
    if own is not None:
        return own(attrs=dict(attributes), **groups)
    tree = xr.DataTree.from_dict(dict(groups))
    tree.attrs.update(attributes)
    return tree


def groups_of(draws: Any) -> dict[str, xr.Dataset] | None:
    """Return the groups of InferenceData or of a DataTree.

    A Dataset is a posterior by itself, and so is a group that was taken out of a DataTree.
    Anything else has none.
    """
    if isinstance(draws, xr.Dataset):
        return {"posterior": draws}
    if _is_tree(draws) and draws.data_vars and not draws.children:
        return {"posterior": draws.to_dataset()}
    if _is_tree(draws):
        return {str(name): node.to_dataset() for name, node in draws.children.items()}
    own = _inference_data()
    if own is not None and isinstance(draws, own):
        return {name: draws[name] for name in draws.groups()}
    return None


def group(idata: Any, name: str) -> xr.Dataset:
    """Return a group of InferenceData or of a DataTree as a dataset."""
    return dataset_of(idata[name])


def dataset_of(draws: Any) -> xr.Dataset:
    """Return what is a dataset, or one group of a DataTree, as a dataset."""
    dataset: xr.Dataset = draws.to_dataset() if _is_tree(draws) else draws
    return dataset


def replace(idata: Any, attributes: Mapping[str, Any], **groups: Any) -> Any:
    """Return a copy with other groups and attributes in place of its own.

    Of InferenceData; of a DataTree, as one; of a Dataset, as what the installed ArviZ has. Groups
    are datasets, or groups that were taken out of a DataTree.
    """
    new = {name: dataset_of(given) for name, given in groups.items()}
    kept = {**(groups_of(idata) or {}), **new}
    kept["posterior"] = kept["posterior"].assign_attrs(attributes)
    if _is_tree(idata) and idata.children:
        tree = idata.copy()
        for name, dataset in kept.items():
            tree[name] = xr.DataTree(dataset)
        tree.attrs.update(attributes)
        return tree
    return container(kept, {**idata.attrs, **attributes})


def scalars(draws: xr.Dataset) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Yield each number that a dataset holds at a draw, as ``beta[1, x]``, and its draws.

    Yields
    ------
    name : str
        The variable, with its labels along other dimensions than chain and draw.
    values : ndarray of shape (chain, draw)
    """
    for name, variable in draws.data_vars.items():
        ordered = variable.transpose("chain", "draw", ...)
        values = np.asarray(ordered, dtype=np.float64)
        labels = [ordered[dim].to_numpy() for dim in ordered.dims[2:]]
        for index in np.ndindex(*values.shape[2:]):
            each = [str(along[i]) for along, i in zip(labels, index, strict=True)]
            label = f"{name}[{', '.join(each)}]" if each else str(name)
            yield label, values[(slice(None), slice(None), *index)]


def elpd_data(figures: Mapping[str, Any]) -> Any:
    """Return an estimate of leave-one-out cross-validation as the installed ArviZ's ELPDData.

    Parameters
    ----------
    figures : mapping
        ``elpd_loo``, ``se``, ``p_loo``, ``n_samples``, ``n_data_points``, ``warning``, ``loo_i``,
        ``pareto_k``, ``scale`` and ``good_k``: the names that they have up to ArviZ 0.23. They
        are understood in any ArviZ, beside its own.
    """
    az = arviz()
    if _inference_data() is not None:
        return az.ELPDData(data=list(figures.values()), index=list(figures))
    renamed = {"elpd_loo": "elpd", "p_loo": "p", "loo_i": "elpd_i"}
    own = {renamed.get(name, name): value for name, value in figures.items()}
    # ArviZ 1.3 has a class for it; before, one class held estimates of every kind.
    made = az.ELPDDataLOO(**own) if hasattr(az, "ELPDDataLOO") else az.ELPDData("loo", **own)
    for name in renamed:
        made[name] = figures[name]
    return made


def _is_tree(draws: Any) -> bool:
    return hasattr(xr, "DataTree") and isinstance(draws, xr.DataTree)


def _inference_data() -> Any:
    """Return ArviZ's own container: none before it is imported, and none from ArviZ 1.0 on.

    There the name still answers, by a warning and another class, so it is looked up without asking.
    """
    module = sys.modules.get("arviz")
    return None if module is None else vars(module).get("InferenceData")
