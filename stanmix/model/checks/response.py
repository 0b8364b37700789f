"""Whether response, formulas and columns in their roles go together."""

from __future__ import annotations

from stanmix.data import design
from stanmix.data.formulas import texts
from stanmix.data.rows import parse_predictor
from stanmix.errors import InputError
from stanmix.model import families
from stanmix.model.checks.columns import check_columns, check_factors
from stanmix.model.checks.names import locates, parameter_of
from stanmix.model.covariances import CODES, COVARIANCES, NAMES
from stanmix.model.specification import Specification

__all__ = ["check_formulas", "check_response", "check_roles"]


def check_response(model: Specification) -> None:
    """Refuse a response that is not the family's: a formula, or the columns of a vector."""
    if not model.of_family.multivariate:
        for text in model.response_formulas:
            design.parse(text, model.context)
        for name, default in (("covariance", None), ("factors", None), ("mean", "free")):
            if getattr(model, name) != default:
                raise InputError(
                    f"{name}={getattr(model, name)!r} is for families of several columns "
                    f'("mvnormal", "mvstudent_t"), not for family={model.family!r}; remove it.'
                )
        if model.missing == "marginalise":
            raise InputError(
                "missing='marginalise' is for rows that lack some of several columns, and there is "
                "one response; use missing='predict', which leaves rows without it out of the "
                "likelihood, and predicts them."
            )
        return
    named = model.formula
    if isinstance(named, str):
        raise InputError(
            f"family={model.family!r} takes the names of its columns as a list, such as "
            f'["x1", "x2"], got {named!r}. It has no covariates yet.'
        )
    if len(named) < 2:
        raise InputError(
            f"family={model.family!r} takes two columns or more, got {list(named)!r}; for one "
            'use family="normal" and the formula "name ~ 1".'
        )
    if len(set(named)) < len(named):
        twice = next(name for name in named if named.count(name) > 1)
        raise InputError(f"The column {twice!r} is named twice; name each once.")
    if model.of_family.columns:
        check_columns(model)
        return
    if model.covariance is None:
        raise InputError(
            f"covariance must be one of {', '.join(map(repr, NAMES))}, got None: family="
            f"{model.family!r} has in a component "
            + ", ".join(f"{COVARIANCES[name].words} ({name})" for name in NAMES)
            + f". 'factor' and codes of mclust are known as well: {', '.join(CODES)}."
        )
    stated = model.covariance
    assert isinstance(stated, str)  # a mapping of all columns is one name
    check_factors(model, {model.responses: stated})


def check_roles(model: Specification) -> None:
    """Refuse an offset and a gating that the rest contradicts."""
    if model.offset is not None and model.responses:
        instead = "remove it" if model.of_family.columns else "subtract it from the columns instead"
        raise InputError(
            f"offset={model.offset!r}: family={model.family!r} has no linear predictor to add it "
            f"to; {instead}."
        )
    if model.offset is not None and model.of_family.location.axis is not None:
        raise InputError(
            f"offset={model.offset!r} is added to one linear predictor, but family="
            f"{model.family!r} has one for each category; remove it, or give the column to the "
            "formula."
        )
    if model.response.trials and model.trials is None:
        raise InputError(
            f"family={model.family!r} counts successes out of a number of trials: name the column "
            'that holds it, as in trials="n" (1 in every row is family="bernoulli").'
        )
    if model.trials is not None and not model.of_family.response.trials:
        raise InputError(
            f"trials={model.trials!r} is for families that count successes "
            f"({', '.join(map(repr, _with_trials()))}), not for family={model.family!r}; remove "
            "it, or choose one of these."
        )
    if model.gating is None:
        return
    parse_predictor("gating", model.gating, model.context)
    if model.gated and "theta" in model.fixed:
        raise InputError(
            f"gating={model.gating!r} lets the weights depend on covariates, but fixed states "
            "known weights 'theta': remove one of the two."
        )
    if model.gated and "theta" in model.priors:
        raise InputError(
            f"gating={model.gating!r}: the weights follow from coefficients, so there is no "
            "parameter 'theta' to give a prior; give one to 'gamma', or to 'gamma[covariate]'."
        )
    if model.gated and model.order == "theta":
        raise InputError(
            f"order='theta': with gating={model.gating!r} each row has weights of its own, which "
            "cannot order the components; choose another parameter, or order='auto'."
        )


def _with_trials() -> list[str]:
    return [name for name, one in families.FAMILIES.items() if one.response.trials]


def check_formulas(model: Specification) -> None:
    """Refuse formulas of what has none."""
    family = model.of_family
    for name, formula in model.formulas.items():
        parameter = parameter_of(model, "formulas", name)
        if locates(model, parameter):
            raise InputError(
                f"formulas: the covariates of {name!r} stand in the formula of the response, as in "
                '"y ~ x".'
            )
        if parameter.axis is not None:
            raise InputError(
                f"formulas: the {parameter.words} of family={family.name!r} do not depend on "
                "covariates; remove their formula."
            )
        if family.multivariate:
            raise InputError(
                f"formulas: the parameters of family={family.name!r} have no covariates yet; "
                "remove formulas."
            )
        if name in model.fixed:
            raise InputError(
                f"{name!r} is both fixed and given a formula: what is known depends on nothing; "
                "remove one of the two."
            )
        for text in texts(formula):
            parse_predictor(f"formulas[{name!r}]", text, model.context)
        stated = [key for key in model.priors if key == name or key.startswith(f"{name}[")]
        if name in model.predictors and stated:
            raise InputError(
                f"priors: {name!r} depends on covariates here; give a prior to its coefficients, "
                f"'beta_{name}' or 'beta_{name}[covariate]'."
            )
