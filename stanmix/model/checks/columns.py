"""Whether columns that are independent within a component can have what is stated of them."""

from __future__ import annotations

from stanmix.errors import InputError
from stanmix.model.families import Family
from stanmix.model.specification import Specification

__all__ = ["check_columns"]


def check_columns(model: Specification) -> None:
    """Refuse families and options that columns of one family do not take."""
    why = _unknown(model.of_family)
    if why:
        raise InputError(
            f"family={model.family!r} takes one column, not {len(model.responses)}: {why}; name "
            "one of them in a formula, or choose another family."
        )
    if model.covariance is not None:
        raise InputError(
            f"covariance={model.covariance!r}: columns of family={model.family!r} are independent "
            'within a component; remove it, or use family="mvnormal" or "mvstudent_t".'
        )
    if model.mean != "free":
        raise InputError(
            f"mean={model.mean!r}: columns of family={model.family!r} have parameters of their "
            'own; remove it, or use family="mvnormal".'
        )
    for name in ("censoring", "truncation"):
        if getattr(model, name) is not None:
            raise InputError(
                f"{name}={getattr(model, name)!r} is for one response, and {len(model.responses)} "
                "columns are named; remove it."
            )


def _unknown(family: Family) -> str:
    """Return what keeps a family from having several columns; empty for nothing."""
    if family.response.trials:
        return "each column would count out of trials of its own"
    if family.response.circular:
        return "each column of angles would have a cut of its own"
    if any(one.axis is not None for one in family.parameters):
        return "each column would have categories of its own"
    if family.stated:
        return f"each column would have a known {family.stated[0].word} of its own"
    return ""
