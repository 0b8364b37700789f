"""Whether known and shared parameters are such as can be."""

from __future__ import annotations

from typing import Any

from stanmix.arguments import (
    Array,
)
from stanmix.errors import InputError, shown
from stanmix.model.checks.coefficients import (
    check_coefficient,
    is_all_coefficients,
    is_coefficient,
)
from stanmix.model.checks.names import locates, named, parameter_of
from stanmix.model.parameters import POSITIVE, Parameter, Role
from stanmix.model.specification import (
    Specification,
    covariance_in,
    equal_by_covariance,
    members,
)

__all__ = ["check_shared", "checked_fixed"]


def checked_fixed(model: Specification) -> dict[str, Any]:
    """Return the known parameters as plain numbers."""
    checked: dict[str, Any] = {}
    for family in model.estimated_families:
        own = (family.base or family).stated  # of a truncated one the ends stand beside it
        missing = [one for one in own if one.name not in model.fixed]
        if missing:
            raise InputError(
                f"family={family.name!r} has a {missing[0].word} that is known and not estimated, "
                f"and fixed does not state it; state it as in fixed={{{missing[0].name!r}: 1.0}}, "
                "one number, or one a component."
            )
    for name, value in model.fixed.items():
        if name != "theta" and locates(model, parameter_of(model, "fixed", name)):
            raise InputError(
                f"fixed: {name!r} cannot be fixed; {named(model, 'theta')} can. "
                f"{_instead_of_fixed(model, name)}"
            )
        if name != "theta" and _is_vector(parameter_of(model, "fixed", name)):
            raise InputError(
                f"fixed: {name!r} cannot be fixed: it is a vector, whose length the data tell; "
                "give it a narrow prior."
            )
        if name in equal_by_covariance(model, model.of_family):
            stated = covariance_in(model, model.of_family.columns_of(name))
            other = "spherical" if stated and stated.form == "spherical" else "diagonal or full"
            raise InputError(
                f"fixed: covariance={model.covariance!r} has {name!r} in common, to be estimated; "
                f"state known scales with a covariance whose scales may differ ({other})."
            )
        array = Array("a number, or an array of numbers")(f"fixed: {name}", value).astype(float)
        shapes = _known_shapes(model, name)
        if array.shape not in shapes:
            K = model.components if name == "theta" else len(members(model, name))
            table = f", or a table {shapes[-1]} of them" if len(shapes[-1]) == 2 else ""
            raise InputError(
                f"fixed: {name} must be one number a component ({K}){table}, got {shown(value)}."
            )
        support = POSITIVE if name == "theta" else parameter_of(model, "fixed", name).support
        if not support.holds(array):
            raise InputError(f"fixed: {name} must be {support.words}, got {shown(value)}.")
        if name == "theta" and (array.ndim == 0 or abs(array.sum() - 1) > 1e-8):
            raise InputError(
                f"fixed: theta must be {model.components} weights that sum to 1, got "
                f"{shown(value)}."
            )
        checked[name] = array.tolist()
    return checked


def _is_vector(parameter: Parameter) -> bool:
    """Return whether the data say how many numbers it holds."""
    return parameter.axis is not None or parameter.numbers is not None


def _known_shapes(model: Specification, name: str) -> list[tuple[int, ...]]:
    """Return the shapes that a known parameter may be given in."""
    K = model.components
    if name == "theta":
        return [(), (K,)]  # one number is refused by its sum
    of = next(block for block in model.blocks if block.family.parameter(name))
    K = len(members(model, name))
    shapes: list[tuple[int, ...]] = [()] if K == 1 and not model.mixed else [(), (K,)]
    if of.predictors[name].by_column:
        columns = of.family.columns_of(name)
        shapes.append((K, len(columns.taken(model.responses) if columns else model.responses)))
    return shapes


def check_shared(model: Specification) -> None:
    """Refuse shared parameters that are unknown or known, and coefficients of what has none.

    Covariates are known with the data alone (`stanmix.model.checks.coefficients`).
    """
    for name in model.shared:
        if is_coefficient(model, name):
            check_coefficient(model, name)
            continue
        if is_all_coefficients(model, name):
            continue
        _check_constants(model, name)
        if locates(model, parameter_of(model, "shared", name)):
            _check_location(model, name)
        if parameter_of(model, "shared", name).role is Role.LOADING:
            raise InputError(
                f"shared: {name!r} cannot be shared: each component has factors of its own; share "
                "'sigma', or use covariance='tied'."
            )
        if name in model.fixed:
            raise InputError(
                f"{name!r} is both shared and fixed: a known parameter is not estimated; "
                "remove it from shared."
            )


def _instead_of_fixed(model: Specification, name: str) -> str:
    """Return what to state in place of a known location."""
    if model.regression:
        return 'To leave a term out, leave it out of the formula ("0 + x" has no intercept).'
    location = parameter_of(model, "fixed", name)
    narrow = "Dirichlet([500, 300, 200])" if location.axis else "Normal(0, 0.01)"
    return (
        f"What is known well is a narrow prior, of all components or one of each: "
        f"priors={{{name!r}: [{narrow}, ...]}}."
    )


def _check_constants(model: Specification, name: str) -> None:
    """Refuse names of coefficients, where the parameter is what is to be named."""
    location = model.of_family.location
    if not model.regression and name in ("beta", "Intercept", "1"):
        raise InputError(
            f"shared: there is no {name!r}: without covariates each component has a "
            f"{location.word}, {location.name!r}; name that."
        )
    of = name.removeprefix("beta_")
    if of != name and any(family.parameter(of) for family in model.estimated_families):
        raise InputError(
            f"shared: {name!r} are all coefficients of {of!r}; name the parameter to share them, "
            f"or some of them, as in '{name}[x]'."
        )


def _check_location(model: Specification, name: str) -> None:
    """Refuse a location in common where nothing else could tell components apart."""
    if model.of_family.multivariate or not any(one.others for one in model.estimated_families):
        raise InputError(f"shared: {name!r} cannot be shared; {named(model)} can.")
