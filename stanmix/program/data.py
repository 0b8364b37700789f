"""Specification and design to the data of the Stan program, default priors included."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stanmix.data.design import Design
from stanmix.errors import InputError
from stanmix.model.checks import check_covariates
from stanmix.model.families.entry import Columns
from stanmix.model.predictors import Block
from stanmix.model.priors import Beta, Dirichlet, Prior
from stanmix.model.specification import Specification
from stanmix.program.coefficients import numbers_by_name
from stanmix.program.columns import column_names, keys, prior_columns
from stanmix.program.data_block import Source, data_block
from stanmix.program.default_priors import default_priors, scaled_default_priors
from stanmix.program.lower import lower
from stanmix.program.plan import Program
from stanmix.program.scaled_priors import around, scaled
from stanmix.program.units import Units, counted, units_of
from stanmix.program.variables import Order, Place, Quantity

__all__ = ["concentration", "known_values", "priors_of", "standata", "stated_priors"]

Array = NDArray[np.float64]
COLLINEAR = 1e-7  # sds of a column that the others leave unexplained, where that is rounding
Priors = Prior | Sequence[Prior]  # of all components, or of each


def standata(
    spec: Specification,
    design: Design,
    program: Program | None = None,
    units: Units | None = None,
) -> dict[str, Any]:
    """Return the data of a mixture's Stan program.

    Parameters
    ----------
    spec : Specification
    design : Design
        Of N rows.
    program : Program, optional
        The plan of the program that shall read them; by default with priors by number.
    units : Units, optional
        Its centres and scales, where they are known already.

    Returns
    -------
    dict
        Numbers and arrays under the names of the program's data block.

    Raises
    ------
    InputError
        If there are more components than observations, or a prior or the order names no
        parameter of the model.
    """
    program = lower(spec) if program is None else program
    _check_response(spec, design)
    _check_names(spec, program, design)
    units = units_of(spec, design) if units is None else units
    stated = stated_priors(spec, program, design)
    defaults = scaled_default_priors(program, design, units, counted(spec, design))
    priors: dict[str, list[Priors]] = {name: [*given] for name, given in defaults.items()}
    for name, given in stated.items():
        one = program[name]
        places = units.places(one, len(given))
        for i, (prior, place) in enumerate(zip(given, places, strict=True)):
            if isinstance(prior, Sequence):
                moved = prior if one.together else [_moved(one, p, place) for p in prior]
                priors[name][i] = tuple(moved)
            elif prior is not None:
                priors[name][i] = prior if one.together else _moved(one, prior, place)
    source = Source(
        components=spec.components,
        numbers={block.name: len(block.components) for block in spec.blocks},
        design=design,
        units=units,
        known=known_values(spec, program, design),
        priors=priors,
        stated={name: [prior is not None for prior in given] for name, given in stated.items()},
        concentration=_concentration(priors, spec.components),
        ordered=_ordered_column(spec, program, design),
        numbered=numbers_by_name(program, design, spec.components),
    )
    return {datum.name: datum.value(source) for datum in data_block(program)}


def _moved(one: Quantity, prior: Prior, place: tuple[float, float]) -> Prior:
    """Return a prior of a quantity as one of what is sampled."""
    return around(prior, place[0]) if one.place is Place.DIRECTION else scaled(prior, *place)


def priors_of(spec: Specification, design: Design) -> dict[str, Priors]:
    """Return the prior of each estimated parameter, stated or default, in the units of the data.

    Returns
    -------
    dict of str to Prior or sequence of Prior
        One, or one for each component, under the names by which priors are stated: ``"theta"``,
        ``"beta[x]"``, ``"sigma"``, ...

    Raises
    ------
    InputError
        As `standata`.
    """
    program = lower(spec)
    _check_response(spec, design)
    _check_names(spec, program, design)
    found: dict[str, Priors] = {**default_priors(spec, design)}
    for name, given in stated_priors(spec, program, design).items():
        for key, prior in zip(keys(program[name], design), given, strict=True):
            found[key] = found[key] if prior is None else prior
    return found


def stated_priors(
    spec: Specification, program: Program, design: Design
) -> dict[str, list[Priors | None]]:
    """Return the stated priors of each estimated quantity, one for each column; None: default.

    A statement for one column goes before one for all. A sequence has one for each component.
    """
    own = {one.name for one in program.quantities}
    found: dict[str, list[Priors | None]] = {}
    for one in program.estimated:
        columns = prior_columns(one, design)
        names = dict.fromkeys([one.stem, one.name])  # of all families that have it, and of one
        of_all = _last(spec.priors, names)
        found[one.name] = [of_all] * max(len(columns), 1)
        for i, column in enumerate(columns):
            # A covariate of the location may stand for its coefficient.
            plain = one.locates and one.matrix is not None and column not in own
            keyed = [column] * plain + [f"{name}[{column}]" for name in names]
            found[one.name][i] = _last(spec.priors, keyed) or of_all
    return found


def _last(stated: Mapping[str, Priors], names: Iterable[str]) -> Priors | None:
    """Return what is stated under the last of some names under which something is."""
    found = [stated[name] for name in names if name in stated]
    return found[-1] if found else None


def known_values(spec: Specification, program: Program, design: Design) -> dict[str, Array]:
    """Return the parameters that are stated as known: (K,), or (K, D) if each column has one.

    Of a parameter that not all components have, for those that do. Ends of a uniform component
    that are not stated are those of the data.
    """
    found, known = {}, spec.known
    for one in program.quantities:
        if not one.known:
            continue
        value = np.asarray(known[one.name], dtype=float)
        if np.isnan(value).any():
            end = np.nanmin if one.of == "low" else np.nanmax
            value = np.where(np.isnan(value), end(design.y), value)
        K = len(one.components) or spec.components
        if one.columns:
            by_row = value[:, None] if value.ndim == 1 else value
            columns = one.group.taken(spec.responses) if one.group else spec.responses
            found[one.name] = np.array(np.broadcast_to(by_row, (K, len(columns))))
        else:
            found[one.name] = np.array(np.broadcast_to(value, (K,)))
    return found


def _concentration(priors: Mapping[str, list[Priors]], components: int) -> list[float]:
    if "theta" not in priors:
        return []
    prior = priors["theta"][0]
    assert isinstance(prior, Prior)  # the weights have one together
    return concentration(prior, components)


def _ordered_column(spec: Specification, program: Program, design: Design) -> int:
    """Return which column of a quantity the program orders, from 1."""
    one = program.ordered
    if one is None or one.order is not Order.COLUMN:
        return 1
    columns = column_names(one, design)
    return columns.index(spec.ordered_column or columns[0]) + 1


def _check_names(spec: Specification, program: Program, design: Design) -> None:
    """Refuse priors and an order that name nothing of the data."""
    check_covariates(
        spec, {one.name: column_names(one, design) for one in program.quantities if one.matrix}
    )


def _check_response(spec: Specification, design: Design) -> None:
    """Refuse fewer rows than components, and other responses than the family's."""
    y, rows, K = design.y, design.rows, spec.components
    if len(y) < K and rows.weights is None:
        raise InputError(
            f"components={K}, but the data have only {len(y)} rows; use at most {len(y)}."
        )
    if rows.weights is not None and rows.weights.sum() < K:
        raise InputError(
            f"components={K}, but the weights {spec.weights!r} add up to only "
            f"{rows.weights.sum():g} rows; use fewer components."
        )
    if rows.group is not None and rows.groups < K:
        raise InputError(
            f"components={K}, but {spec.group!r} has only {rows.groups} group(s), each of which "
            f"belongs to one component; use at most {rows.groups}."
        )
    counts = np.ones(len(y), dtype=bool) if rows.weights is None else rows.weights > 0
    counted = y[counts]
    counted_trials = None if rows.trials is None else rows.trials[counts]
    names = design.dimensions or (design.response,)
    for name, column in zip(names, counted.reshape(len(counted), -1).T, strict=True):
        there = column[~np.isnan(column)]
        shares = there if counted_trials is None else there / counted_trials
        if not len(shares) or np.ptp(shares) == 0:
            held = f"constant ({there[0]:g})" if len(there) else "missing"
            raise InputError(
                f"The response {name!r} is {held} in every row of positive weight: there is "
                "nothing to fit."
            )
    for group in spec.of_family.columns or (None,):
        family = spec.of_family if group is None else group.family
        if family.correlated:
            _check_collinear(spec, design, counted, group)
    for d, (name, column) in enumerate(zip(names, y.reshape(len(y), -1).T, strict=True)):
        kind = spec.block.family.kind_of(d) if spec.of_family.columns else spec.response
        fits = kind.holds(column) | np.isin(column, spec.atoms) | np.isnan(column)
        wrong = np.flatnonzero(~fits)
        if not len(wrong):
            continue
        value = column[wrong[0]]
        inflated = value in kind.ends and not design.dimensions
        way_out = (kind.beside if inflated else "") or kind.remedy
        raise InputError(
            f"family={spec.family!r} takes {kind.words}, but {name!r} is {value:g} in row "
            f"{design.row(wrong[0])} (counted from 0); {way_out}, or choose another family."
        )
    _check_ends(spec, design)
    if rows.trials is not None and len(more := np.flatnonzero(y > rows.trials)):
        raise InputError(
            f"{design.response!r} counts successes out of trials={spec.trials!r}, but in row "
            f"{design.row(more[0])} (counted from 0) it is {y[more[0]]:g} out of "
            f"{rows.trials[more[0]]:g}; correct one of the two."
        )


def _check_collinear(spec: Specification, design: Design, y: Array, group: Columns | None) -> None:
    """Refuse columns, or a block, that lie on a line or a plane: a covariance has no inverse."""
    names = design.dimensions if group is None else group.taken(design.dimensions)
    y = y if group is None else group.of(y)
    rows, columns = np.isfinite(y).any(axis=1).sum(), y.shape[1]
    y = y[~np.isnan(y).any(axis=1)]
    if columns < rows and len(y) <= columns:
        return  # the rows that lack some columns are beside no plane of these
    if rows <= columns:
        raise InputError(
            f"covariance={spec.covariance!r} takes more rows than columns, but the data have "
            f"{rows} rows of {columns} columns, which lie on a plane; use covariance='diagonal', "
            "or fewer columns."
        )
    standard = (y - y.mean(axis=0)) / y.std(axis=0)
    for d, column in enumerate(standard.T):
        others = np.delete(standard, d, axis=1)
        left = column - others @ np.linalg.lstsq(others, column, rcond=None)[0]
        if left.std() < COLLINEAR:
            raise InputError(
                f"The column {names[d]!r} is a combination of the others of the "
                f"response in every row, so that a covariance of all of them has no inverse; leave "
                f"it out, or use covariance='diagonal' in place of {spec.covariance!r}."
            )


def _check_ends(spec: Specification, design: Design) -> None:
    """Refuse responses that no component can have, of what its constants are stated to be."""
    stated = {one.name for block in spec.blocks for one in block.family.stated}
    if not stated:
        return
    # Ends of a truncated component stand beside its family.
    told = ", ".join(f"{one!r}: {spec.fixed[one]}" for one in sorted(stated & {*spec.fixed}))
    names = design.dimensions or (design.response,)
    for d, (name, y) in enumerate(zip(names, design.y.reshape(len(design.y), -1).T, strict=True)):
        possible = np.isnan(y)
        for block in spec.blocks:
            low, high = (np.atleast_1d(end) for end in _support(spec, block, d))
            if block.family.base and (low >= high).any():
                k = int(np.argmax(low >= high))
                raise InputError(
                    f"family={spec.family!r} with fixed={{{told}}}: from {low[k]:g} to {high[k]:g} "
                    "there is no room for responses of a component; move an end."
                )
            possible |= ((y[:, None] >= low) & (y[:, None] <= high)).any(axis=1)
        outside = np.flatnonzero(~possible)
        if len(outside):
            raise InputError(
                f"family={spec.family!r} with fixed={{{told}}} cannot take {y[outside[0]]:g}, "
                f"which {name!r} is in row {outside[0]} (counted from 0), nor the values of "
                f"{len(outside) - 1} other rows: they lie outside of the ends that are stated for "
                "every component. State others, or leave these rows out."
            )


def _support(spec: Specification, block: Block, d: int) -> tuple[Array, Array]:
    """Return between which ends the responses of a column lie, in the components of a block."""
    known = {
        one.parameter.name: np.asarray(spec.known[one.name], dtype=float)
        for one in block.predictors.values()
        if one.known
    }
    own = block.family.columns_at(d)
    if own is None:
        return block.family.support(known)
    values, number = own.own(known), own.number(d)
    return own.family.support(
        {name: value[:, number] if value.ndim == 2 else value for name, value in values.items()}
    )


def concentration(prior: Prior, components: int) -> list[float]:
    """Return the Dirichlet concentration (K values) of a prior of the weights."""
    if isinstance(prior, Beta):
        return [float(prior.alpha), float(prior.beta)]
    assert isinstance(prior, Dirichlet)
    return prior.concentration(components)
