"""What the columns of a quantity are called."""

from __future__ import annotations

from stanmix.data.design import Design
from stanmix.program.variables import Quantity

__all__ = ["column_names", "keys"]


def column_names(one: Quantity, design: Design) -> tuple[str, ...]:
    """Return the names of a quantity's columns: of covariates, or of columns of the response."""
    if one.matrix is not None:
        return design.covariates_of(one.of)
    return design.dimensions if one.columns else ()


def keys(one: Quantity, design: Design) -> list[str]:
    """Return the names under which a quantity's priors stand: ``"sigma"``, or ``"beta[x]"``."""
    return [f"{one.name}[{column}]" for column in column_names(one, design)] or [one.name]
