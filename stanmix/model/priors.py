"""Prior distributions as values, with arguments in the order of Stan's own.

A prior reaches a Stan program as data: a number that names the distribution and a vector of its
arguments (see ``stan_models/templates/functions/prior.stan``), so a change of prior never means
another program.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from stanmix.arguments import Anything, Either, ListOf, MappingOf, Number, OneOf
from stanmix.errors import InputError, shown

__all__ = [
    "BY_NAME",
    "Beta",
    "Cauchy",
    "Dirichlet",
    "Exponential",
    "Flat",
    "Gamma",
    "HalfNormal",
    "HalfStudentT",
    "InverseGamma",
    "Laplace",
    "LogNormal",
    "Logistic",
    "Normal",
    "Prior",
    "StudentT",
    "Uniform",
    "from_dict",
]

# Length of the argument vector in the Stan programs; shorter lists are padded with zeros.
ARGUMENTS = 3

_CONCENTRATION = Either(Number(above=0), ListOf(Number(above=0), "a list of them", least=1))


@dataclass(frozen=True)
class Prior:
    """Base of the priors: a distribution with its arguments.

    Attributes
    ----------
    code : int
        The number by which the Stan programs know the distribution.
    positive : tuple of str
        Arguments that must be positive.
    support : tuple of float
        Lower and upper end of the values with positive density.
    """

    code: ClassVar[int] = -1
    positive: ClassVar[tuple[str, ...]] = ("sigma",)

    def __post_init__(self) -> None:
        for item in fields(self):
            check = Number(above=0) if item.name in self.positive else Number()
            value = check(f"{type(self).__name__}: {item.name}", getattr(self, item.name))
            object.__setattr__(self, item.name, value)

    @property
    def support(self) -> tuple[float, float]:
        """Lower and upper end of the values with positive density."""
        return (-math.inf, math.inf)

    def arguments(self) -> list[float]:
        """Return the arguments, padded with zeros to the length the Stan programs expect."""
        values = [float(getattr(self, item.name)) for item in fields(self)]
        return values + [0.0] * (ARGUMENTS - len(values))

    def to_dict(self) -> dict[str, Any]:
        """Return the prior as plain values; `from_dict` reads it back."""
        values: list[Any] = [getattr(self, item.name) for item in fields(self)]
        return {
            "name": type(self).__name__,
            "args": [list(v) if isinstance(v, tuple) else v for v in values],
        }


@dataclass(frozen=True)
class Flat(Prior):
    """No prior: density one everywhere. Improper; the data must identify the parameter."""

    code: ClassVar[int] = 0


@dataclass(frozen=True)
class Normal(Prior):
    """Normal; on a positive parameter it is truncated at zero.

    Parameters
    ----------
    mu, sigma : float
        Location and scale, in units of the parameter.
    """

    mu: float
    sigma: float
    code: ClassVar[int] = 1


@dataclass(frozen=True)
class StudentT(Prior):
    """Student's t; on a positive parameter it is truncated at zero.

    Parameters
    ----------
    nu, mu, sigma : float
        Degrees of freedom, location and scale.
    """

    nu: float
    mu: float
    sigma: float
    code: ClassVar[int] = 2
    positive: ClassVar[tuple[str, ...]] = ("nu", "sigma")


@dataclass(frozen=True)
class Cauchy(Prior):
    """Cauchy with location `mu` and scale `sigma`."""

    mu: float
    sigma: float
    code: ClassVar[int] = 3


@dataclass(frozen=True)
class Laplace(Prior):
    """Laplace (double exponential) with location `mu` and scale `sigma`."""

    mu: float
    sigma: float
    code: ClassVar[int] = 4


@dataclass(frozen=True)
class Logistic(Prior):
    """Logistic with location `mu` and scale `sigma`."""

    mu: float
    sigma: float
    code: ClassVar[int] = 5


@dataclass(frozen=True)
class _OnPositive(Prior):
    @property
    def support(self) -> tuple[float, float]:
        return (0.0, math.inf)


@dataclass(frozen=True)
class HalfNormal(_OnPositive):
    """Normal(0, `sigma`) on the positive half-line."""

    sigma: float
    code: ClassVar[int] = 6


@dataclass(frozen=True)
class HalfStudentT(_OnPositive):
    """Student's t with `nu` degrees of freedom and scale `sigma`, on the positive half-line."""

    nu: float
    sigma: float
    code: ClassVar[int] = 7
    positive: ClassVar[tuple[str, ...]] = ("nu", "sigma")


@dataclass(frozen=True)
class Exponential(_OnPositive):
    """Exponential with rate `beta` (mean 1 / `beta`)."""

    beta: float
    code: ClassVar[int] = 8
    positive: ClassVar[tuple[str, ...]] = ("beta",)


@dataclass(frozen=True)
class Gamma(_OnPositive):
    """Gamma with shape `alpha` and rate `beta`."""

    alpha: float
    beta: float
    code: ClassVar[int] = 9
    positive: ClassVar[tuple[str, ...]] = ("alpha", "beta")


@dataclass(frozen=True)
class InverseGamma(_OnPositive):
    """Inverse gamma with shape `alpha` and scale `beta`."""

    alpha: float
    beta: float
    code: ClassVar[int] = 10
    positive: ClassVar[tuple[str, ...]] = ("alpha", "beta")


@dataclass(frozen=True)
class LogNormal(_OnPositive):
    """Log-normal: the logarithm is normal with location `mu` and scale `sigma`."""

    mu: float
    sigma: float
    code: ClassVar[int] = 11


@dataclass(frozen=True)
class Uniform(Prior):
    """Uniform between `alpha` and `beta`; for scales, which the program can bound."""

    alpha: float
    beta: float
    code: ClassVar[int] = 12

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.alpha >= self.beta:
            raise InputError(
                f"Uniform: alpha must lie below beta, got alpha={self.alpha!r}, beta={self.beta!r}."
            )

    @property
    def support(self) -> tuple[float, float]:
        """Lower and upper end of the values with positive density."""
        return (self.alpha, self.beta)


@dataclass(frozen=True)
class Beta(Prior):
    """Beta(`alpha`, `beta`) on the weight of the first of two components."""

    alpha: float
    beta: float
    positive: ClassVar[tuple[str, ...]] = ("alpha", "beta")

    @property
    def support(self) -> tuple[float, float]:
        """Lower and upper end of the values with positive density."""
        return (0.0, 1.0)


@dataclass(frozen=True)
class Dirichlet(Prior):
    """Dirichlet on the weights.

    Parameters
    ----------
    alpha : float or sequence of float
        Concentration: one positive number for all components, or one each.
    """

    alpha: float | Sequence[float]

    def __post_init__(self) -> None:
        object.__setattr__(self, "alpha", _CONCENTRATION("Dirichlet: alpha", self.alpha))

    def concentration(self, components: int) -> list[float]:
        """Return one concentration a component.

        Raises
        ------
        InputError
            If `alpha` is a list of another length.
        """
        if not isinstance(self.alpha, Sequence):
            return [self.alpha] * components
        if len(self.alpha) != components:
            raise InputError(
                f"Dirichlet: alpha has {len(self.alpha)} entries, but the mixture has "
                f"{components} components; give one number, or one for each component."
            )
        return list(self.alpha)


BY_NAME: dict[str, type[Prior]] = {
    cls.__name__: cls
    for cls in (
        Flat, Normal, StudentT, Cauchy, Laplace, Logistic, HalfNormal, HalfStudentT, Exponential,
        Gamma, InverseGamma, LogNormal, Uniform, Beta, Dirichlet,
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
