"""What is stated of a mixture, and what follows from it before any data are seen."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from stanmix.data import design, rows
from stanmix.data.formulas import one_sided
from stanmix.model import families
from stanmix.model.priors import Beta, Dirichlet, Prior

__all__ = ["Specification"]

Fixed = Mapping[str, float | Sequence[float]]


@dataclass(frozen=True)
class Specification:
    """A mixture as it is stated; see `stanmix.Mixture`, which checks it and says what is what."""

    formula: str | Sequence[str]
    components: int
    family: str = "normal"
    order: str | None = "auto"
    shared: Sequence[str] = ()
    fixed: Fixed = field(default_factory=dict)
    priors: Mapping[str, Prior] = field(default_factory=dict)
    gating: str | None = None
    group: str | None = None
    weights: str | None = None
    offset: str | None = None
    covariance: str | None = None
    mean: str = "free"
    context: Mapping[str, Callable[..., Any]] = field(
        default_factory=dict, repr=False, compare=False
    )

    # A mapping has no hash, so the statement is hashed as the plain values that describe it.
    def __hash__(self) -> int:
        return hash(repr(self.to_dict()))

    @property
    def responses(self) -> tuple[str, ...]:
        """Names of the columns that make up the response of a multivariate family."""
        return () if isinstance(self.formula, str) else tuple(self.formula)

    @property
    def title(self) -> str:
        """The formula, or the columns of the response, as text."""
        return self.formula if isinstance(self.formula, str) else ", ".join(self.formula)

    @property
    def columns(self) -> frozenset[str]:
        """Names of the columns of the data that the mixture reads."""
        read = {name for name in (self.offset, self.weights, self.group) if name is not None}
        if isinstance(self.formula, str):
            formula = design.parse(self.formula, self.context)
            read |= formula.columns | formula.response_columns
        if self.gating is not None:
            read |= one_sided(self.gating, self.context).columns
        return frozenset(read | {*self.responses})

    @property
    def regression(self) -> bool:
        """Whether components have coefficients (`beta`) instead of means (`mu`)."""
        return not self.responses and self._terms != ["1"]

    @property
    def _terms(self) -> list[str]:
        return list(design.parse(self.formula, self.context).terms)

    @property
    def gated(self) -> bool:
        """Whether the weights depend on covariates, through `gamma` instead of `theta`."""
        return self.gating is not None and rows.parse_gating(self.gating, self.context) != ["1"]

    @property
    def location(self) -> str:
        """Name of the location parameter: ``"mu"`` or ``"beta"``."""
        return "beta" if self.regression else "mu"

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters that are estimated, as programs and draws call them."""
        scale = families.family(self.family).scale
        names = ["gamma" if self.gated else "theta", self.location] + ([scale] if scale else [])
        return tuple(name for name in names if name not in self.fixed)

    @property
    def component_parameters(self) -> tuple[str, ...]:
        """Names of the estimated parameters with a component dimension."""
        return tuple(name for name in self.parameters if name not in self.shared)

    @property
    def exchangeable(self) -> bool:
        """Whether the posterior is the same under every renumbering of the components."""
        prior = self.priors.get("theta")
        concentration = (
            prior.alpha if isinstance(prior, Dirichlet) else
            (prior.alpha, prior.beta) if isinstance(prior, Beta) else 1.0
        )  # fmt: skip
        told_apart = [concentration, *self.fixed.values()]
        return all(
            np.ndim(value) == 0 or not np.ptp(np.asarray(value), axis=0).any()
            for value in told_apart
        )

    @property
    def program_order(self) -> str | None:
        """What the Stan program orders: ``"mu"``, ``"beta"``, ``"sigma"`` or nothing."""
        if self.order in (None, "auto", "theta"):
            return None
        return self.order if self.order in ("mu", "sigma") else self.location

    @property
    def ordered_column(self) -> str | None:
        """The covariate or column of the response that `order` names; None if it names none."""
        if self.order in (None, "auto", *self._ordering_parameters):
            return None
        found = re.fullmatch(rf"{self.location}\[(.+)\]", str(self.order), re.DOTALL)
        return found[1] if found else self.order

    @property
    def _ordering_parameters(self) -> tuple[str, ...]:
        scale = None if self.covariance == "diagonal" else families.family(self.family).scale
        one = not self.regression and not (self.responses and self.mean == "free")
        named = {"mu": one, scale: scale is not None, "theta": not self.gated}
        return tuple(name for name, orders in named.items() if name is not None and orders)

    def orders(self) -> tuple[str, ...]:
        """Return the parameters that can order the components; covariates come with the data."""
        columns = self.responses if self.mean == "free" else ()
        return (*columns, *self._ordering_parameters)

    def to_dict(self) -> dict[str, Any]:
        """Return the statement as plain values; `from_dict` reads it back."""
        return {
            "formula": list(self.responses) or self.formula,
            "components": self.components,
            "family": self.family,
            "order": self.order,
            "shared": list(self.shared),
            "fixed": {name: np.asarray(value).tolist() for name, value in self.fixed.items()},
            "priors": {name: prior.to_dict() for name, prior in self.priors.items()},
            "gating": self.gating,
            "group": self.group,
            "weights": self.weights,
            "offset": self.offset,
            "covariance": self.covariance,
            "mean": self.mean,
        }
