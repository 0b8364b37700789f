"""Priors with ends of their own, or between 0 and 1."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from stanmix.errors import InputError
from stanmix.model.priors.prior import Prior, check_fraction

__all__ = ["Beta", "BetaProportion", "Pareto", "ParetoType2", "Uniform"]


@dataclass(frozen=True)
class Uniform(Prior):
    """Uniform between `alpha` and `beta`; for scales, which the program can bound."""

    alpha: float
    beta: float
    code: ClassVar[int] = 12
    bounding: ClassVar[bool] = True

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
class Pareto(Prior):
    """Pareto above `y_min` with shape `alpha`; for scales and shapes, which programs can bound."""

    y_min: float
    alpha: float
    code: ClassVar[int] = 16
    positive: ClassVar[tuple[str, ...]] = ("y_min", "alpha")
    bounding: ClassVar[bool] = True

    @property
    def support(self) -> tuple[float, float]:
        """Lower and upper end of the values with positive density."""
        return (self.y_min, math.inf)


@dataclass(frozen=True)
class ParetoType2(Prior):
    """Pareto's second type (Lomax) above `mu`, with scale `sigma` and shape `alpha`."""

    mu: float
    sigma: float
    alpha: float
    code: ClassVar[int] = 17
    positive: ClassVar[tuple[str, ...]] = ("sigma", "alpha")
    bounding: ClassVar[bool] = True

    @property
    def support(self) -> tuple[float, float]:
        """Lower and upper end of the values with positive density."""
        return (self.mu, math.inf)


@dataclass(frozen=True)
class Beta(Prior):
    """Beta(`alpha`, `beta`): of a parameter between 0 and 1, or of the first of two weights."""

    alpha: float
    beta: float
    code: ClassVar[int] = 22
    positive: ClassVar[tuple[str, ...]] = ("alpha", "beta")

    @property
    def support(self) -> tuple[float, float]:
        """Lower and upper end of the values with positive density."""
        return (0.0, 1.0)


@dataclass(frozen=True)
class BetaProportion(Prior):
    """Beta with mean `mu` and precision `kappa`: Beta(mu kappa, (1 - mu) kappa)."""

    mu: float
    kappa: float
    positive: ClassVar[tuple[str, ...]] = ("kappa",)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_fraction(self, "mu", self.mu)

    @property
    def support(self) -> tuple[float, float]:
        """Lower and upper end of the values with positive density."""
        return (0.0, 1.0)

    def plain(self) -> Prior:
        """Return the same distribution under the name by which programs know it."""
        return Beta(self.mu * self.kappa, (1 - self.mu) * self.kappa)
