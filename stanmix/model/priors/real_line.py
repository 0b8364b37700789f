"""Priors of any real number; on a positive parameter they are cut off at zero."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from stanmix.model.priors.prior import Prior, check_fraction

__all__ = [
    "AsymmetricLaplace",
    "Cauchy",
    "ExGaussian",
    "Flat",
    "Gumbel",
    "Laplace",
    "Logistic",
    "Normal",
    "SkewNormal",
    "StdNormal",
    "StudentT",
]


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
class Gumbel(Prior):
    """Gumbel with mode `mu` and scale `beta`."""

    mu: float
    beta: float
    code: ClassVar[int] = 18
    positive: ClassVar[tuple[str, ...]] = ("beta",)


@dataclass(frozen=True)
class SkewNormal(Prior):
    """Skew normal with location `xi`, scale `omega` and skewness `alpha`."""

    xi: float
    omega: float
    alpha: float
    code: ClassVar[int] = 19
    positive: ClassVar[tuple[str, ...]] = ("omega",)


@dataclass(frozen=True)
class AsymmetricLaplace(Prior):
    """Asymmetric Laplace (skew double exponential): `mu` is its quantile of level `tau`."""

    mu: float
    sigma: float
    tau: float
    code: ClassVar[int] = 20

    def __post_init__(self) -> None:
        super().__post_init__()
        check_fraction(self, "tau", self.tau)


@dataclass(frozen=True)
class ExGaussian(Prior):
    """Exponentially modified normal: normal(`mu`, `sigma`) plus an exponential of rate `rate`."""

    mu: float
    sigma: float
    rate: float
    code: ClassVar[int] = 21
    positive: ClassVar[tuple[str, ...]] = ("sigma", "rate")


@dataclass(frozen=True)
class StdNormal(Prior):
    """Normal(0, 1)."""

    def plain(self) -> Prior:
        """Return the same distribution under the name by which programs know it."""
        return Normal(0.0, 1.0)
