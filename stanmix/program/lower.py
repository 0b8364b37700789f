"""From what a mixture states to the plan of its Stan program."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from stanmix.errors import InputError
from stanmix.model.families import Family, family
from stanmix.model.families.constants import POINT_MASS
from stanmix.model.parameters import Role
from stanmix.model.predictors import Block, Predictor
from stanmix.model.priors import COMMON
from stanmix.model.specification import Specification, pooled_in
from stanmix.program import kernels
from stanmix.program.named_priors import distribution_of
from stanmix.program.plan import Part, Program
from stanmix.program.variables import Matrix, Order, Place, Quantity

__all__ = ["KERNELS", "MIXINGS", "PRIORS", "lower"]

KERNELS = ("auto", "fused", "stan")
PRIORS = ("coded", "named")
MIXINGS = ("log_mix", "log_sum_exp")


def lower(
    spec: Specification,
    kernel: str = "stan",
    priors: str = "coded",
    mixing: str = "log_mix",
    minibatch: bool = False,
) -> Program:
    """Return the plan of a mixture's program.

    Parameters
    ----------
    spec : Specification
    kernel : {"stan", "fused", "auto"}
        ``"auto"``: fused where the family has a fused likelihood that knows all that is stated of
        links and rows.
    priors : {"coded", "named"}
        Whether the data choose the distributions of priors by number, so that no change of prior
        is another program; or the program names them.
    mixing : {"log_mix", "log_sum_exp"}
        How a portable likelihood sums over the components. The interpreter of Stan's language
        (`stanmix.inference.engines`) knows the second alone.
    minibatch : bool
        Whether gradients are made of some rows, which fused likelihoods alone can do.

    Raises
    ------
    InputError
        If ``"fused"`` is asked for and there is none, if minibatches are and cannot be had, or
        priors shall be named that differ
        between covariates, whose columns are known with the data alone.
    """
    kernel = _kernel(spec, kernel)
    if minibatch:
        _check_minibatch(spec, kernel)
    if any(block.family.constant or block.family.base for block in spec.blocks):
        mixing = "log_sum_exp"  # log_mix refuses the log of a probability of zero
    rows = "G" if spec.group is not None else "N"
    gates = Matrix("Z", "Q", "q", "gating_covariate", rows, "theta") if spec.gated else None
    weights = spec.weighting
    quantities = [
        Quantity(
            weights.name,
            "theta",
            None,
            known=weights.known,
            columns=gates.axis if gates else "",
            matrix=gates,
            apart=weights.name in spec.priors_by_component,
        )
    ]
    parts, before = [], list[str]()
    for block in spec.blocks:
        number = f"K_{block.family.name}" if spec.mixed else "K"
        number = str(len(block.components)) if block.family.constant else number
        own = [
            dataclasses.replace(
                _quantity(spec, block, one, number), apart=one.name in spec.priors_by_component
            )
            for one in block.predictors.values()
        ]
        parts.append(Part(block.family, tuple(own), " + ".join(before), number))
        before.append(number)
        quantities += own
    if priors == "named":

        def named(one: Quantity) -> Quantity:
            if one.known or one.together:
                return one
            return dataclasses.replace(one, prior=distribution_of(spec, one))

        quantities = [named(one) for one in quantities]
        parts = [
            dataclasses.replace(part, quantities=tuple(named(one) for one in part.quantities))
            for part in parts
        ]
    return Program(
        parts=tuple(parts),
        response=spec.response,
        quantities=tuple(quantities),
        weights=weights,
        order=spec.program_order,
        kernel=kernel,
        mixing=mixing,
        group=spec.group is not None,
        offset=spec.offset is not None,
        frequency=spec.weights is not None,
        labels=spec.labels is not None,
        censoring=spec.censored_by is not None,
        intervals=spec.censored_by is not None and spec.censored_by[1] is not None,
        least=spec.truncated_at[0] is not None,
        most=spec.truncated_at[1] is not None,
        ends_vary=any(isinstance(end, str) for end in spec.truncated_at),
        rarer_priors=priors == "coded" and _rarer_priors(spec),
        minibatch=minibatch,
        incomplete=spec.missing == "marginalise",
    )


def _rarer_priors(spec: Specification) -> bool:
    """Return whether a prior, stated or default, has a number that not every program knows."""
    found = [
        one.default
        for family in spec.estimated_families
        for one in family.parameters
        if one.default is not None
    ]
    for name, stated in spec.priors.items():
        if name != "theta":
            found += stated if isinstance(stated, Sequence) else [stated]
    return any(prior.plain().code > COMMON for prior in found)


def _kernel(spec: Specification, kernel: str) -> str:
    """Return whether a likelihood is fused, or refuse to have it so."""
    columns = spec.of_family.columns
    stated = [one.family for one in columns] or spec.estimated_families
    names = [one.kernel for one in stated]
    own_links = all(map(_with_usual_links, stated))
    blocks = [one for one in columns if one.block]
    lacking = spec.missing == "marginalise" and spec.of_family.multivariate and not columns
    unknown = _unfused(spec)
    if kernel == "auto":
        fused = own_links and not (unknown or blocks or lacking) and all(map(kernels.has, names))
        return "fused" if fused else "stan"
    if kernel == "fused" and blocks:
        raise InputError(
            "kernel='fused': there is no fused likelihood of blocks of columns beside others yet; "
            "use kernel='auto' or 'stan'."
        )
    if kernel == "fused" and lacking:
        raise InputError(
            "kernel='fused': there is no fused likelihood of vectors of which rows lack some "
            "columns yet; use kernel='auto' or 'stan'."
        )
    if kernel == "fused":
        kernels.header(*names, columns=bool(columns))  # refuses a family without
        if not own_links:
            raise InputError(
                f"kernel='fused': the fused likelihood of {', '.join(map(repr, names))} knows "
                f"usual links alone, got link={dict(spec.link)!r}; use kernel='stan'."
            )
        if unknown:
            raise InputError(
                f"kernel='fused': fused likelihoods do not know {unknown}; use kernel='auto' or "
                "'stan'."
            )
    return kernel


def _with_usual_links(of: Family) -> bool:
    """Return whether a family, in any form of covariance, is as it is without stated links."""
    of = of.base or of
    usual = family(of.name)
    return any(of is one for one in (usual, *usual.forms.values()))


def _check_minibatch(spec: Specification, kernel: str) -> None:
    """Refuse gradients of some rows where none are made."""
    if spec.group is not None:
        raise InputError(
            f"batch_size: the rows of each {spec.group!r} share one class, so that gradients "
            "cannot be made of some rows; leave batch_size out."
        )
    if kernel != "fused":
        raise InputError(
            "batch_size: gradients are made of some rows by fused likelihoods alone, and here "
            "the likelihood is written in Stan, as kernel='stan' asks for, or a family, link or "
            "limit that has no fused one; use kernel='auto', or leave batch_size out."
        )


def _unfused(spec: Specification) -> str:
    """Return what is stated of limits that portable likelihoods alone know; empty for nothing."""
    varying = any(isinstance(end, str) for end in spec.truncated_at) or spec.offset is not None
    varying |= spec.response.trials
    varying |= any(one.linear for block in spec.blocks for one in block.predictors.values())
    ends = 2 if spec.truncation is not None and varying else 0
    one_each = {one.name: one for one in spec.estimated_families if not one.columns}
    numbers = sum(
        len((one.base or one).parameters) + (2 if one.base else ends) for one in one_each.values()
    )
    if numbers > kernels.PARAMETERS:
        return (
            f"so many families at once: {numbers} parameters, the ends of truncated families "
            f"among them, and at most {kernels.PARAMETERS} are possible"
        )
    return ""


def _quantity(spec: Specification, block: Block, predictor: Predictor, number: str) -> Quantity:
    """Return the quantity that determines a parameter of a family, of so many components."""
    name = predictor.parameter.name
    matrix, columns, order = None, "dimension" if predictor.by_column else "", Order.NONE
    group = block.family.columns_of(name)
    if group is not None:
        beside = not group.single and (predictor.by_column or not group.block)
        columns = group.dimension if beside else ""
    located = predictor.parameter.role is Role.LOCATION
    if predictor.linear:
        end = "" if located else f"_{name}"
        axis = "covariate" if located else f"{name}_covariate"
        # Locations of several families have the covariates of one formula.
        of = spec.of_family.location.name if located else name
        matrix = Matrix(f"X{end}", f"P{end}", "p", axis, "N", of)
        columns = axis
    else:
        vector = predictor.parameter.axis or predictor.parameter.numbers
        columns = columns if vector is None else vector.name
    if spec.program_order == predictor.name:
        order = Order.COLUMN if columns else Order.ALL
    remark = "" if predictor.linear else predictor.parameter.remark
    several = group.block if group else block.family.multivariate
    everywhere = located and several and not columns
    return Quantity(
        predictor.name,
        name,
        predictor.parameter,
        shared=predictor.shared,
        known=predictor.known,
        columns=columns,
        matrix=matrix,
        place=_place(spec, block, predictor),
        order=order,
        note=", each of all coordinates" if everywhere else remark,
        family=block.family.name if spec.mixed else "",
        number=number,
        whole=predictor.parameter.stated and spec.response.integer,
        components=block.components if spec.mixed else (),
        numbered=predictor.numbered,
        common=predictor.common,
        group=group,
        factors=spec.factors or 0,
    )


def _place(spec: Specification, block: Block, predictor: Predictor) -> Place:
    """Return about what, and in units of what, the quantity of a parameter is sampled."""
    parameter, group = predictor.parameter, block.family.columns_of(predictor.parameter.name)
    response = spec.response if group is None else group.family.response
    if block.family is POINT_MASS:
        return Place.OWN  # it is compared with the response as it is
    if response.circular and (parameter.angle or block.family.constant):
        # A tangent of the half is of angles from zero on.
        own = spec.regression or spec.offset is not None
        return Place.OWN if own else Place.DIRECTION
    if parameter.by_unit and not pooled_in(spec, group):
        return Place.SHARES if parameter.role is Role.SHAPE else Place.VOLUME
    if parameter.role is Role.LOADING:
        return Place.LOADINGS
    if parameter.role is Role.SHAPE or parameter.unitless:
        return Place.OWN
    on_log_scale = parameter.logarithm or (predictor.linear and parameter.log_link)
    if parameter.role is Role.SCALE and not response.unit:
        return Place.OWN
    if parameter.role is Role.SCALE:
        return Place.LOG_SCALE if on_log_scale else Place.SCALE
    if response.origin:
        return Place.RESPONSE
    if spec.offset is not None and parameter.on_log_scale and not block.family.constant:
        return Place.LOG_OFFSET if on_log_scale else Place.OFFSET
    if not response.unit:
        return Place.OWN
    return Place.LOG_SCALE if on_log_scale else Place.SCALE
