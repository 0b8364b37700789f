"""Whether columns, or blocks, that are independent can have what is stated of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stanmix.errors import InputError, shown
from stanmix.model import factors
from stanmix.model.column_blocks import Named, columns_of, in_order
from stanmix.model.covariances import NAMES
from stanmix.model.families import Family, family
from stanmix.model.specification import Specification

__all__ = ["check_columns", "check_factors", "checked_columns", "checked_covariance"]


def checked_columns(model: Specification, stated: Mapping[Named, str]) -> str | dict[Named, str]:
    """Return the family of each column or block, in the order of columns, or that of all.

    Raises
    ------
    InputError
        If columns are not named one by one, one has no family or several, or a block has a family
        of one column, or the other way round.
    """
    if isinstance(model.formula, str) or any("~" in one for one in model.formula):
        raise InputError(
            f"family={stated!r} states the families of columns: name them as in "
            f"{list(stated)!r}, got {shown(model.formula)}. They have no covariates yet."
        )
    names = list(model.formula)
    told = [name for named in stated for name in columns_of(named)]
    twice = next((name for name in told if told.count(name) > 1), None)
    if twice is not None:
        raise InputError(
            f"family={stated!r}: {twice!r} is named twice; a column is of one family, by itself or "
            "in one block."
        )
    unlike = sorted({*names} ^ {*told})
    if unlike:
        raise InputError(
            f"family={stated!r}: each column of the response {names!r} has a family, and nothing "
            f"else; {unlike[0]!r} is not in both. Name it in both, or in none."
        )
    for named, of in stated.items():
        block, several = not isinstance(named, str), family(of).multivariate
        if block and len(named) < 2:
            raise InputError(
                f"family: a block has two columns or more, got {named!r}; name the column by "
                f'itself, as in {{{named[0]!r}: "normal"}}.'
            )
        if several and not block:
            raise InputError(
                f"family: {of!r} is of several columns together, and cannot be that of one; "
                'choose a family of one column, such as "normal", or name a block of columns, as '
                f'in {{("x1", "x2"): {of!r}}}.'
            )
        if block and not several:
            raise InputError(
                f"family: {of!r} is of one column, and cannot be that of the block {named!r}; "
                'choose "mvnormal" or "mvstudent_t", or name its columns one by one.'
            )
    found = in_order(stated, names)
    alike = len({*found.values()}) == 1 and (len(found) == 1 or not _blocks(found))
    return next(iter(found.values())) if alike else found


def checked_covariance(model: Specification) -> str | dict[Named, str] | None:
    """Return the covariance of all blocks of columns, or of each.

    Raises
    ------
    InputError
        If a block has none, or one is stated of what is no block.
    """
    stated = model.covariance
    if not isinstance(stated, Mapping):
        return stated
    names = () if isinstance(model.formula, str) else tuple(model.formula)
    blocks = _blocks(model.family) if isinstance(model.family, Mapping) else [names]
    told = {frozenset(columns_of(named)) for named in stated}
    if told != {*map(frozenset, blocks)} or len(told) < len(stated):
        whose = f"is to have those of the blocks {', '.join(map(repr, blocks))}"
        if not any(blocks):
            whose = "is of blocks of columns, and there are none"
        raise InputError(
            f"covariance={dict(stated)!r} {whose}; state one for each, or one name for all."
        )
    found = in_order(stated, names)
    return found if isinstance(model.family, Mapping) else next(iter(found.values()))


def _blocks(stated: Mapping[Named, str]) -> list[tuple[str, ...]]:
    return [named for named in stated if not isinstance(named, str)]


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
    blocks = _blocks(model.family) if isinstance(model.family, Mapping) else []
    if blocks:
        _check_covariances(model, blocks)
    elif model.covariance is not None:
        raise InputError(
            f"covariance={model.covariance!r}: columns of family={model.family!r} are independent "
            'within a component; remove it, or use family="mvnormal" or "mvstudent_t".'
        )
    if model.mean != "free" and not blocks:
        raise InputError(
            f"mean={model.mean!r}: columns of family={model.family!r} have parameters of their "
            'own; remove it, or use family="mvnormal".'
        )
    if model.factors is not None and not blocks:
        raise InputError(
            f"factors={model.factors} is for covariance='factor' of columns that are one vector; "
            "remove it."
        )
    for name in ("censoring", "truncation"):
        if getattr(model, name) is not None:
            raise InputError(
                f"{name}={getattr(model, name)!r} is for one response, and {len(model.responses)} "
                "columns are named; remove it."
            )


def _check_covariances(model: Specification, blocks: Sequence[tuple[str, ...]]) -> None:
    """Refuse blocks of columns without a covariance, or with one that they cannot have yet."""
    if model.covariance is None:
        raise InputError(
            f"covariance: the block {blocks[0]!r} has none; state one of "
            f"{', '.join(map(repr, NAMES))} or a code of mclust for all blocks, or one for each, "
            f"as in covariance={{{blocks[0]!r}: 'full'}}."
        )
    stated = model.covariance
    of_each = dict.fromkeys(blocks, stated) if isinstance(stated, str) else stated
    check_factors(model, {block: of_each[block] for block in blocks})


def check_factors(model: Specification, covariances: Mapping[tuple[str, ...], str]) -> None:
    """Refuse a number of factors without such a covariance, or that says nothing of one.

    Covariances are those of vectors, by their columns.
    """
    having = [columns for columns, one in covariances.items() if one == "factor"]
    if not having:
        if model.factors is not None:
            raise InputError(
                f"factors={model.factors} is for covariance='factor', not for "
                f"covariance={model.covariance!r}; remove it, or choose that."
            )
        return
    if model.factors is None:
        raise InputError("covariance='factor' takes a number of factors, as in factors=2.")
    D = min(map(len, having))
    if not factors.identified(D, model.factors):
        most = max((r for r in range(1, D) if factors.identified(D, r)), default=0)
        raise InputError(
            f"factors={model.factors} of {D} columns say nothing of their covariance that "
            "covariance='full' would not; "
            + (f"use at most {most}, or that." if most else "use that.")
        )


def _unknown(family: Family) -> str:
    """Return what keeps a family from having several columns; empty for nothing."""
    if family.response.trials:
        return "each column would count out of trials of its own"
    if family.response.circular:
        return "each column of angles would have a cut of its own"
    return ""
