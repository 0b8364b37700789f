"""What a formula reads of the data."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

__all__ = ["columns_read"]


def columns_read(formula: Any) -> set[str]:
    """Return the names of the columns that a formula reads.

    Parameters
    ----------
    formula : formulaic.Formula

    Returns
    -------
    set of str
        formulaic's own list lacks columns with the name of one of its functions (``Treatment``,
        ``scale``, ``log``, ...); where such a name stands alone as a term it is a column.
    """
    sides: Iterable[Any] = (formula.lhs, formula.rhs) if hasattr(formula, "rhs") else (formula,)
    found = {str(name) for name in formula.required_variables}
    for side in sides:
        for term in side:
            found |= {
                str(factor.expr) for factor in term.factors if factor.eval_method.value == "lookup"
            }
    return found
