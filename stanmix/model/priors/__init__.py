"""Prior distributions as values, with arguments in the order of Stan's own.

A prior reaches a Stan program as data: a number that names the distribution and a vector of its
arguments (see ``stan_models/templates/functions/prior.stan.jinja``), so a change of prior never
means another program; only one beyond `COMMON` does, because its number is in programs that need
it. What is another distribution under another name has no number of its own; see `Prior.plain`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from stanmix.arguments import Anything, MappingOf, OneOf
from stanmix.errors import InputError, shown
from stanmix.model.priors.bounded import Beta, BetaProportion, Pareto, ParetoType2, Uniform
from stanmix.model.priors.correlations import LKJ
from stanmix.model.priors.positive import (
    ChiSquare,
    Exponential,
    Frechet,
    Gamma,
    HalfCauchy,
    HalfNormal,
    HalfStudentT,
    InvChiSquare,
    InverseGamma,
    LogLogistic,
    LogNormal,
    Rayleigh,
    ScaledInvChiSquare,
    Weibull,
)
from stanmix.model.priors.prior import ARGUMENTS, COMMON, Prior
from stanmix.model.priors.real_line import (
    AsymmetricLaplace,
    Cauchy,
    ExGaussian,
    Flat,
    Gumbel,
    Laplace,
    Logistic,
    Normal,
    SkewNormal,
    StdNormal,
    StudentT,
)
from stanmix.model.priors.weights import Dirichlet

__all__ = [
    "ARGUMENTS",
    "BY_NAME",
    "COMMON",
    "LKJ",
    "AsymmetricLaplace",
    "Beta",
    "BetaProportion",
    "Cauchy",
    "ChiSquare",
    "Dirichlet",
    "ExGaussian",
    "Exponential",
    "Flat",
    "Frechet",
    "Gamma",
    "Gumbel",
    "HalfCauchy",
    "HalfNormal",
    "HalfStudentT",
    "InvChiSquare",
    "InverseGamma",
    "Laplace",
    "LogLogistic",
    "LogNormal",
    "Logistic",
    "Normal",
    "Pareto",
    "ParetoType2",
    "Prior",
    "Rayleigh",
    "ScaledInvChiSquare",
    "SkewNormal",
    "StdNormal",
    "StudentT",
    "Uniform",
    "Weibull",
    "from_dict",
]

BY_NAME: dict[str, type[Prior]] = {
    cls.__name__: cls
    for cls in (
        Flat, Normal, StudentT, Cauchy, Laplace, Logistic, HalfNormal, HalfStudentT, Exponential,
        Gamma, InverseGamma, LogNormal, Uniform, Weibull, Frechet, LogLogistic, Pareto, ParetoType2,
        Gumbel, SkewNormal, AsymmetricLaplace, ExGaussian, Beta, BetaProportion, StdNormal,
        HalfCauchy, ChiSquare, InvChiSquare, ScaledInvChiSquare, Rayleigh, Dirichlet,
        LKJ,
    )
}  # fmt: skip


def from_dict(values: Mapping[str, Any]) -> Prior:
    """Return the prior that `Prior.to_dict` described.

    Raises
    ------
    InputError
        If the values are not those of a prior.
    """
    stated = MappingOf(Anything("a prior"), "the mapping that to_dict gives")("a prior", values)
    if set(stated) != {"name", "args"} or not isinstance(stated["args"], list | tuple):
        raise InputError(f"a prior must have a name and a list of args, got {shown(values)}.")
    cls = BY_NAME[OneOf(*BY_NAME)("a prior's name", stated["name"])]
    if len(stated["args"]) != len(fields(cls)):
        raise InputError(
            f"{cls.__name__} takes {len(fields(cls))} argument(s), got {shown(stated['args'])}."
        )
    return cls(*stated["args"])
