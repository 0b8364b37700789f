"""Priors of all positive numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from stanmix.model.priors.prior import OnPositive, Prior

__all__ = [
    "ChiSquare",
    "Exponential",
    "Frechet",
    "Gamma",
    "HalfCauchy",
    "HalfNormal",
    "HalfStudentT",
    "InvChiSquare",
    "InverseGamma",
    "LogLogistic",
    "LogNormal",
    "Rayleigh",
    "ScaledInvChiSquare",
    "Weibull",
]


@dataclass(frozen=True)
class HalfNormal(OnPositive):
    """Normal(0, `sigma`) on the positive half-line."""

    sigma: float
    code: ClassVar[int] = 6


@dataclass(frozen=True)
class HalfStudentT(OnPositive):
    """Student's t with `nu` degrees of freedom and scale `sigma`, on the positive half-line."""

    nu: float
    sigma: float
    code: ClassVar[int] = 7
    positive: ClassVar[tuple[str, ...]] = ("nu", "sigma")


@dataclass(frozen=True)
class Exponential(OnPositive):
    """Exponential with rate `beta` (mean 1 / `beta`)."""

    beta: float
    code: ClassVar[int] = 8
    positive: ClassVar[tuple[str, ...]] = ("beta",)


@dataclass(frozen=True)
class Gamma(OnPositive):
    """Gamma with shape `alpha` and rate `beta`."""

    alpha: float
    beta: float
    code: ClassVar[int] = 9
    positive: ClassVar[tuple[str, ...]] = ("alpha", "beta")


@dataclass(frozen=True)
class InverseGamma(OnPositive):
    """Inverse gamma with shape `alpha` and scale `beta`."""

    alpha: float
    beta: float
    code: ClassVar[int] = 10
    positive: ClassVar[tuple[str, ...]] = ("alpha", "beta")


@dataclass(frozen=True)
class LogNormal(OnPositive):
    """Log-normal: the logarithm is normal with location `mu` and scale `sigma`."""

    mu: float
    sigma: float
    code: ClassVar[int] = 11


@dataclass(frozen=True)
class Weibull(OnPositive):
    """Weibull with shape `alpha` and scale `sigma`."""

    alpha: float
    sigma: float
    code: ClassVar[int] = 13
    positive: ClassVar[tuple[str, ...]] = ("alpha", "sigma")


@dataclass(frozen=True)
class Frechet(OnPositive):
    """Frechet with shape `alpha` and scale `sigma`."""

    alpha: float
    sigma: float
    code: ClassVar[int] = 14
    positive: ClassVar[tuple[str, ...]] = ("alpha", "sigma")


@dataclass(frozen=True)
class LogLogistic(OnPositive):
    """Log-logistic with scale (median) `alpha` and shape `beta`."""

    alpha: float
    beta: float
    code: ClassVar[int] = 15
    positive: ClassVar[tuple[str, ...]] = ("alpha", "beta")


@dataclass(frozen=True)
class HalfCauchy(OnPositive):
    """Cauchy(0, `sigma`) on the positive half-line: HalfStudentT(1, sigma)."""

    sigma: float

    def plain(self) -> Prior:
        """Return the same distribution under the name by which programs know it."""
        return HalfStudentT(1.0, self.sigma)


@dataclass(frozen=True)
class ChiSquare(OnPositive):
    """Chi-squared with `nu` degrees of freedom: Gamma(nu / 2, 1 / 2)."""

    nu: float
    positive: ClassVar[tuple[str, ...]] = ("nu",)

    def plain(self) -> Prior:
        """Return the same distribution under the name by which programs know it."""
        return Gamma(self.nu / 2, 0.5)


@dataclass(frozen=True)
class InvChiSquare(OnPositive):
    """Inverse chi-squared with `nu` degrees of freedom: InverseGamma(nu / 2, 1 / 2)."""

    nu: float
    positive: ClassVar[tuple[str, ...]] = ("nu",)

    def plain(self) -> Prior:
        """Return the same distribution under the name by which programs know it."""
        return InverseGamma(self.nu / 2, 0.5)


@dataclass(frozen=True)
class ScaledInvChiSquare(OnPositive):
    """Scaled inverse chi-squared: InverseGamma(nu / 2, nu sigma^2 / 2)."""

    nu: float
    sigma: float
    positive: ClassVar[tuple[str, ...]] = ("nu", "sigma")

    def plain(self) -> Prior:
        """Return the same distribution under the name by which programs know it."""
        return InverseGamma(self.nu / 2, self.nu * self.sigma**2 / 2)


@dataclass(frozen=True)
class Rayleigh(OnPositive):
    """Rayleigh with scale `sigma`: Weibull(2, sqrt(2) sigma)."""

    sigma: float

    def plain(self) -> Prior:
        """Return the same distribution under the name by which programs know it."""
        return Weibull(2.0, math.sqrt(2.0) * self.sigma)
