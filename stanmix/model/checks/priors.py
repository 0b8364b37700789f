"""Whether priors are of parameters that there are, and on values that these take."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

import numpy as np

from stanmix.errors import InputError, shown
from stanmix.model import factors
from stanmix.model.parameters import CORRELATIONS, SIMPLEX, Parameter, Role, Support
from stanmix.model.priors import BY_NAME, LKJ, Beta, Dirichlet, Prior, Uniform
from stanmix.model.specification import Specification, having

__all__ = ["check_covariates", "check_priors"]


# The priors of vectors that have one for all of their numbers, and what these are numbers of.
TOGETHER: Mapping[Support, tuple[type[Prior], str]] = {
    SIMPLEX: (Dirichlet, " that sum to 1"),
    CORRELATIONS: (LKJ, " of pairs of columns"),
}


def check_priors(model: Specification) -> None:
    """Refuse priors of unknown parameters, or on other values than the parameter takes."""
    check_covariates(model, None)
    for name, stated in model.priors.items():
        by_component = isinstance(stated, Sequence)
        priors = stated if isinstance(stated, Sequence) else [stated]
        for prior in priors:
            if type(prior) not in BY_NAME.values():
                raise InputError(
                    f"priors: {name!r} must be a prior such as stanmix.Normal(0, 2), or a list of "
                    f"them, one for each component, got {shown(stated)}."
                )
        if name.partition("[")[0] in model.fixed:
            raise InputError(f"{name!r} is both fixed and given a prior: remove one of the two.")
        if by_component:
            _check_by_component(model, name, priors)
        for prior in priors:
            if name == "theta":
                _check_weight_prior(model, prior)
                continue
            parameter = _constant(model, name)
            together = None if parameter is None else TOGETHER.get(parameter.support)
            if (
                parameter is not None
                and together is not None
                and not isinstance(prior, together[0])
            ):
                raise InputError(
                    f"priors: {name!r} are {parameter.words}{together[1]}, which take "
                    f"{together[0].__name__}, got {prior!r}."
                )
            if together is None and isinstance(prior, Dirichlet):
                raise InputError(
                    "priors: Dirichlet is a prior of the weights 'theta' and of probabilities of "
                    f"categories, not of {name!r}."
                )
            if together is None and isinstance(prior, LKJ):
                raise InputError(f"priors: LKJ is a prior of correlations, not of {name!r}.")
            if together is None:
                _check_support(name, parameter, prior)


def _check_by_component(model: Specification, name: str, priors: Sequence[Prior]) -> None:
    """Refuse a list of priors of another length, or of what components have no priors of."""
    if name == "theta":
        raise InputError(
            "priors: the weights 'theta' have one prior together; give them a concentration each, "
            "as in Dirichlet([5, 1]), instead of a list of priors."
        )
    of = having(model, name)
    if len(of) > 1:
        raise InputError(
            f"priors: {name!r} has a list of priors, but it is a parameter of several families; "
            f"state one for each: {', '.join(map(repr, of))}."
        )
    (quantity, components) = next(iter(of.items()))
    if any(one.name == quantity and one.shared for one in model.all_predictors):
        raise InputError(
            f"priors: {name!r} is shared by all components, so that it has one prior; give one "
            "instead of a list."
        )
    if len(priors) != len(components):
        whose = "of that family" if model.mixed else ""
        raise InputError(
            f"priors: {name!r} has a list of {len(priors)} prior(s), but the mixture has "
            f"{len(components)} components{' ' * bool(whose)}{whose}; give one for each, or one "
            "for all without a list."
        )
    if model.order not in (None, "auto"):
        raise InputError(
            f"order={model.order!r}: the priors of {name!r} tell the components apart, which then "
            "need no order; remove the order, or give one prior for all."
        )


def _constant(model: Specification, name: str) -> Parameter | None:
    """Return the parameter, constant in a component, that a prior is of; None: a coefficient."""
    own, _, column = name.partition("[")
    named = [one for block in model.blocks for one in block.predictors.values()]
    predictor = next((one for one in named if own in (one.name, one.stem)), None)
    if predictor is None or predictor.linear or (column and model.regression):
        return None
    return predictor.parameter


def _check_support(name: str, parameter: Parameter | None, prior: Prior) -> None:
    """Refuse a prior on other values than those of its parameter, or of a coefficient."""
    low, high = prior.support
    if parameter is None or not parameter.constrained:
        if not np.isinf(prior.support).all():
            raise InputError(
                f"priors: {name!r} can take any value, but {prior!r} cuts it off at "
                f"{min(prior.support, key=abs):g}; use Normal, StudentT, Cauchy, Laplace, "
                "Logistic, Gumbel, SkewNormal, AsymmetricLaplace, ExGaussian or Flat."
            )
        return
    if parameter.angle:
        arc = isinstance(prior, Uniform) and prior.beta - prior.alpha <= 2 * np.pi
        if not arc and not np.isinf(prior.support).all():
            raise InputError(
                f"priors: {name!r} is an angle in radians, but its prior is {prior!r}; use Normal, "
                "StudentT, Cauchy, Laplace or Logistic, which hold within half a turn of their "
                "location, or Uniform on an arc of at most 2 pi."
            )
        return
    ends = parameter.support
    if isinstance(prior.plain(), Beta) and (ends.lower, ends.upper) != prior.support:
        raise InputError(
            f"priors: {name!r} is {ends.words}, but {prior!r} has values between 0 and 1 alone; "
            "use Gamma, LogNormal or another prior of positive values."
        )
    if not (parameter.positive or parameter.axis):
        if prior.bounding and not ends.lower <= low < min(high, ends.upper):
            raise InputError(
                f"priors: {parameter.name} lies {ends.words}, but its prior is {prior!r}."
            )
        if np.isfinite(high) and high > ends.upper:
            raise InputError(
                f"priors: {parameter.name} lies {ends.words}, but its prior is {prior!r}."
            )
    elif parameter.role is Role.LOCATION or parameter.axis:
        if not np.isinf(high) or low > 0:
            raise InputError(
                f"priors: {name!r} can take any positive value, but {prior!r} cuts it off "
                f"at {high if np.isfinite(high) else low:g}; use LogNormal, Gamma or Exponential."
            )
    elif prior.bounding and low < 0:
        raise InputError(f"priors: {parameter.name} is positive, but its prior is {prior!r}.")


def _check_weight_prior(model: Specification, prior: Prior) -> None:
    if isinstance(prior, Dirichlet):
        prior.concentration(model.components)
    elif not isinstance(prior, Beta):
        raise InputError(
            f"priors: the weights 'theta' take Dirichlet (or Beta for two components), "
            f"got {prior!r}."
        )
    elif model.components != 2:
        raise InputError(
            f"priors: Beta is a prior for the weights of two components; with "
            f"{model.components} use Dirichlet."
        )


def check_covariates(model: Specification, covariates: Mapping[str, Sequence[str]] | None) -> None:
    """Refuse priors of unknown parameters, and an order by an unknown covariate.

    Parameters
    ----------
    model : Specification
    covariates : mapping of str to sequence of str, or None
        Of each estimated predictor, by the name of its coefficients; None before data are seen,
        when names of covariates are not known.
    """
    _check_prior_names(model, covariates)
    if covariates is None or not model.regression:
        return
    own = covariates[model.location]
    if model.ordered_column not in (None, *own):
        raise InputError(
            f"order={model.order!r}: unknown; this mixture can be ordered by "
            f"{', '.join(map(repr, model.orders()))} or a covariate: {', '.join(map(repr, own))}."
        )


def _check_prior_names(
    model: Specification, covariates: Mapping[str, Sequence[str]] | None
) -> None:
    linear = ["gamma"] if model.gated else []
    valid = ["gamma" if model.gated else "theta"]
    estimated = [block for block in model.blocks if not block.family.constant]
    for one in (found for block in estimated for found in block.predictors.values()):
        if one.linear and one.parameter.role is Role.LOCATION:
            continue
        valid += dict.fromkeys([one.stem, one.name])
        linear += [one.name] if one.linear else []
        group = model.of_family.columns_of(one.parameter.name)
        columns = group.taken(model.responses) if group else model.responses
        if one.parameter.numbers is not None:
            columns = factors.names(columns, model.factors or 0)
        valid += [f"{one.name}[{name}]" for name in columns if one.by_column]
    if covariates is not None:
        valid += [f"{of}[{name}]" for of in linear for name in covariates[of]]
    if covariates is not None and model.regression:
        names, of = covariates[model.location], model.location
        coefficients = [name for name in names if name not in valid]
        valid += [of, *names, *(f"{of}[{name}]" for name in names)]
        twice = [name for name in coefficients if {name, f"{of}[{name}]"} <= set(model.priors)]
        if twice:
            raise InputError(
                f"priors: {twice[0]!r} and '{of}[{twice[0]}]' are one coefficient; remove one of "
                "the two."
            )
    for name in model.priors:
        # Names of covariates are known only with the data.
        waits = model.regression or str(name).partition("[")[0] in linear
        if name not in valid and not (covariates is None and waits):
            known = [v for v in valid if not v.startswith("beta[")]
            close = difflib.get_close_matches(str(name), known, n=1)
            if model.regression and name == model.of_family.location.name:
                own = [model.location, *(covariates or {}).get(model.location, ())]
                raise InputError(
                    f"priors: {name!r} depends on covariates here, so that its coefficients have "
                    f"priors: state those of {', '.join(map(repr, own))}."
                )
            raise InputError(
                f"priors: there is no parameter {name!r}"
                + (f"; did you mean {close[0]!r}?" if close else ".")
                + f" This mixture has {', '.join(map(repr, known))}."
            )
