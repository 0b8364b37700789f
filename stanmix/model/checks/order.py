"""Whether the components can be ordered as is stated."""

from __future__ import annotations

from stanmix.errors import InputError
from stanmix.model.checks.names import OF_SOME_FAMILY, parameter_of
from stanmix.model.moments import MOMENTS
from stanmix.model.priors import Prior
from stanmix.model.specification import Specification, cannot_order

__all__ = ["check_order"]


def check_order(model: Specification) -> None:
    """Refuse an order by a parameter that the model does not have, or that cannot order."""
    if model.order is None or model.order == "auto":
        return
    if model.labels is not None:
        raise InputError(
            f"order={model.order!r} and labels={model.labels!r} both name the components; remove "
            "one of the two."
        )
    if model.order in MOMENTS:
        _check_moment(model)
        _check_labels(model)
        return
    vector = model.of_family.location.axis is not None and not model.of_family.columns
    if vector and model.order != "theta":
        raise InputError(
            f"order={model.order!r}: what family={model.family!r} has in each component is a "
            "vector, a number for each category, and no one number to order by"
            + ('; order by "theta", or leave the order to "auto".' if "theta" in model.orders()
               else '; leave the order to "auto".')
        )  # fmt: skip
    if model.order in OF_SOME_FAMILY and not model.regression:
        parameter_of(model, "order", model.order)
    if model.order in model.fixed or model.order in model.shared:
        state = "fixed" if model.order in model.fixed else "shared by all components"
        raise InputError(
            f"order={model.order!r}: that parameter is {state}, so it cannot order the "
            "components; choose another, or order='auto'."
        )
    if not model.regression and (model.ordered_column or model.order) not in model.orders():
        raise InputError(
            f"order={model.order!r}: this mixture can be ordered by "
            f"{', '.join(map(repr, model.orders()))}."
        )
    _check_labels(model)
    if model.regression and model.order in (model.of_family.location.name, model.location):
        raise InputError(
            f"order={model.order!r}: a regression has a coefficient for each covariate; name "
            "the covariate to order by."
        )
    if model.regression and model.ordered_column and model.block.location.numbered:
        why = "a formula of its own" if model.by_component else "coefficients in common with others"
        raise InputError(
            f"order={model.order!r}: each component has {why}, and then no coefficient can order "
            f"them; order by {' or '.join(map(repr, model.orders()))}, or use order='auto'."
        )
    prior = model.priors.get(str(model.program_order))
    if isinstance(prior, Prior) and prior.bounding:
        raise InputError(
            f"order={model.order!r} needs a prior without ends of its own, such as an upper end, "
            f"and {type(prior).__name__} has one; use another prior or another order."
        )


def _check_labels(model: Specification) -> None:
    """Refuse to put draws in order where no components can be exchanged."""
    if model.ordered_afterwards and not model.exchangeable:
        raise InputError(
            f"order={model.order!r}: families, formulas, priors or known parameters tell the "
            "components apart already, so that draws cannot be put in another order; leave the "
            'order to "auto".'
        )


def _check_moment(model: Specification) -> None:
    """Refuse an order by a moment that components do not have, or have in common."""
    assert model.order is not None
    why = cannot_order(model, model.order)
    if why is None:
        return
    others = " or ".join(map(repr, model.orders()))
    others += " or a covariate" if model.regression else ""
    column = f"; a column of that name is '{model.location}[{model.order}]'"
    raise InputError(
        f"order={model.order!r}: {why}; order by {others}, or use order='auto'"
        f"{column if model.regression or model.responses else ''}."
    )
