"""Priors by the names of their distributions, for programs that people read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

from stanmix.errors import InputError
from stanmix.model.priors import (
    AsymmetricLaplace,
    Beta,
    Cauchy,
    ExGaussian,
    Exponential,
    Frechet,
    Gamma,
    Gumbel,
    HalfNormal,
    HalfStudentT,
    InverseGamma,
    Laplace,
    Logistic,
    LogLogistic,
    LogNormal,
    Normal,
    Pareto,
    ParetoType2,
    Prior,
    SkewNormal,
    StudentT,
    Uniform,
    Weibull,
)
from stanmix.model.specification import Specification
from stanmix.program.variables import Quantity

__all__ = ["arguments", "distribution_of", "written"]

# As Stan writes them; numbers stand for the arguments of the prior, in their order.
_STAN: dict[type[Prior], str] = {
    Normal: "normal({0}, {1})",
    StudentT: "student_t({0}, {1}, {2})",
    Cauchy: "cauchy({0}, {1})",
    Laplace: "double_exponential({0}, {1})",
    Logistic: "logistic({0}, {1})",
    HalfNormal: "normal(0, {0})",
    HalfStudentT: "student_t({0}, 0, {1})",
    Exponential: "exponential({0})",
    Gamma: "gamma({0}, {1})",
    InverseGamma: "inv_gamma({0}, {1})",
    LogNormal: "lognormal({0}, {1})",
    Uniform: "uniform({0}, {1})",
    Weibull: "weibull({0}, {1})",
    Frechet: "frechet({0}, {1})",
    LogLogistic: "loglogistic({0}, {1})",
    Pareto: "pareto({0}, {1})",
    ParetoType2: "pareto_type_2({0}, {1}, {2})",
    Gumbel: "gumbel({0}, {1})",
    SkewNormal: "skew_normal({0}, {1}, {2})",
    AsymmetricLaplace: "skew_double_exponential({0}, {1}, {2})",
    ExGaussian: "exp_mod_normal({0}, {1}, {2})",
    Beta: "beta({0}, {1})",
}


def distribution_of(spec: Specification, one: Quantity) -> type[Prior]:
    """Return the distribution of a quantity's prior: as stated, or the default's.

    It is that of `stanmix.model.priors.Prior.plain`.

    Raises
    ------
    InputError
        If its columns or components have priors of several distributions.
    """
    location = one.name == spec.location
    own = {name for name in spec.priors if name == one.name or name.startswith(f"{one.name}[")}
    if location and one.matrix is not None:  # a covariate's name may stand for its coefficient
        names = {spec.weighting.name, *(each.name for each in spec.block.predictors.values())}
        own |= {name for name in spec.priors if name.partition("[")[0] not in names}
    stated: set[type[Prior]] = set()
    for name in own:
        prior = spec.priors[name]
        stated |= {
            type(each.plain()) for each in (prior if isinstance(prior, Sequence) else [prior])
        }
    of_all = one.name in own or (stated and not one.columns)
    if one.by_column:
        columns = one.group.taken(spec.responses) if one.group else spec.responses
        of_all = of_all or {f"{one.name}[{column}]" for column in columns} <= own
    if not of_all:
        stated.add(_default(one))
    if len(stated) > 1:
        raise InputError(
            f"priors='named': the priors of {one.name!r} have several distributions "
            f"({', '.join(sorted(kind.__name__ for kind in stated))}), of which a program can name "
            "one for all its columns and components; state one kind, or use priors='coded'."
        )
    return stated.pop()


def _default(one: Quantity) -> type[Prior]:
    """Return the distribution of the default prior (`stanmix.program.default_priors`)."""
    if one.parameter is None or one.matrix is not None:
        return Normal
    if one.parameter.default is not None:
        return type(one.parameter.default)
    return LogNormal if one.positive else Normal


def arguments(kind: type[Prior]) -> int:
    """Return how many arguments a distribution has."""
    return len(fields(kind))


def written(kind: type[Prior], stem: str) -> str:
    """Return a distribution as a program names it, its arguments being those of a vector.

    Parameters
    ----------
    kind : type of Prior
        Not `stanmix.Flat`, of which nothing is written.
    stem : str
        The vector with its index so far: ``"mu_prior"`` or ``"beta_prior[p]"``.
    """
    inner = f"{stem[:-1]}, " if stem.endswith("]") else f"{stem}["
    return _STAN[kind].format(*(f"{inner}{i + 1}]" for i in range(arguments(kind))))
