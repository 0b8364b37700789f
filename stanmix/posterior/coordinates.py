"""What the dimensions of quantities and covariates are called, and how long they are."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from stanmix.data.design import Design
from stanmix.program.columns import category_names, column_names
from stanmix.program.plan import Program

__all__ = ["coordinates", "covariates", "sizes"]


def coordinates(program: Program, design: Design, components: int) -> dict[str, NDArray[Any]]:
    """Return the labels of the dimensions that the quantities of a mixture have.

    Parameters
    ----------
    program : Program
    design : Design
    components : int
        Which count from 1, as in Stan, where labels do not name them.

    Returns
    -------
    dict of str to ndarray
        ``component``; of several families ``<family>_component`` as well; names of covariates
        under ``covariate``, ``gating_covariate`` and
        ``<parameter>_covariate``, and names of columns of the response under ``dimension``; of
        categories under ``category``, of those but the first under ``other_category``, and of
        cutpoints, as ``low|high``, under ``cutpoint``.
    """
    labels = design.rows.labels
    numbers = np.arange(1, components + 1)
    names = numbers if labels is None else labels.of_components(components)
    found: dict[str, NDArray[Any]] = {"component": names}
    if program.several:
        found["dimension"] = np.array(design.dimensions, dtype=str)
    for group in program.family.columns:
        found[group.dimension] = np.array(group.taken(design.dimensions), dtype=str)
    for one in program.quantities:
        if one.components:
            found[one.axis] = np.array(one.components) + 1
        if one.predictors is not None:
            found[one.predictors.linear] = np.array(category_names(design)[1:], dtype=str)
        if one.matrix is not None or one.vector is not None or one.numbers is not None:
            found[one.columns] = np.array(column_names(one, design), dtype=str)
    return found


def sizes(program: Program, design: Design, components: int) -> dict[str, dict[str, int]]:
    """Return the sizes of a draw of each estimated quantity, by dimension."""
    labels = coordinates(program, design, components)
    return {one.name: {dim: len(labels[dim]) for dim in one.dims} for one in program.estimated}


def covariates(
    program: Program, design: Design
) -> dict[str, tuple[tuple[str, str], NDArray[np.float64]]]:
    """Return the matrices of covariates, a row an observation, with their dimensions.

    Returns
    -------
    dict
        By the name that programs give them: ``X``, ``X_<parameter>``, ``Z``.
    """
    predictors = design.rows.predictors
    return {
        matrix.name: (
            ("obs_id", matrix.axis),
            predictors[matrix.of].matrix if matrix.of in predictors else design.X,
        )
        for matrix in program.matrices
    }
