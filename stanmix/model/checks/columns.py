"""Whether columns that are independent within a component can have what is stated of them."""

from __future__ import annotations

from collections.abc import Mapping

from stanmix.errors import InputError, shown
from stanmix.model.families import Family, family
from stanmix.model.specification import Specification

__all__ = ["check_columns", "checked_columns"]


def checked_columns(model: Specification, stated: Mapping[str, str]) -> str | dict[str, str]:
    """Return the family of each column of a response, in their order, or the one that all have.

    Raises
    ------
    InputError
        If columns are not named one by one, one has no family, or a family has several columns.
    """
    if isinstance(model.formula, str) or any("~" in one for one in model.formula):
        raise InputError(
            f"family={stated!r} states the families of columns: name them as in "
            f"{list(stated)!r}, got {shown(model.formula)}. They have no covariates yet."
        )
    names = list(model.formula)
    unlike = sorted({*names} ^ {*stated})
    if unlike:
        raise InputError(
            f"family={stated!r}: each column of the response {names!r} has a family, and nothing "
            f"else; {unlike[0]!r} is not in both. Name it in both, or in none."
        )
    vectors = [one for one in stated.values() if family(one).multivariate]
    if vectors:
        raise InputError(
            f"family: {vectors[0]!r} is of several columns together, and cannot be that of one; "
            'choose a family of one column, such as "normal".'
        )
    found = {name: stated[name] for name in names}
    return next(iter(found.values())) if len({*found.values()}) == 1 else found


def check_columns(model: Specification) -> None:
    """Refuse families and options that columns of one family do not take."""
    for columns in model.of_family.columns:
        why = _unknown(columns.family)
        if why:
            raise InputError(
                f"family={columns.family.name!r} takes one column, not one of "
                f"{len(model.responses)}: {why}; name it alone in a formula, or choose another "
                "family."
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
    return ""
