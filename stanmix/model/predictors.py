"""How the value of a family's parameter at a row comes about, and whose components have it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stanmix.model.families import Family
from stanmix.model.parameters import Parameter, Role

__all__ = ["Block", "Predictor"]


@dataclass(frozen=True)
class Predictor:
    """How a parameter's value at a row comes about.

    Attributes
    ----------
    parameter : Parameter
    linear : bool
        A linear predictor of covariates, through the parameter's link; else a constant of each
        component.
    shared : bool
        One for all components.
    known : bool
        Stated as a value, and not estimated.
    by_column : bool
        Whether each column of a response of several has its own.
    """

    parameter: Parameter
    linear: bool = False
    shared: bool = False
    known: bool = False
    by_column: bool = False

    @property
    def name(self) -> str:
        """What programs and draws call what determines it: ``"sigma"``, ``"beta_sigma"``."""
        if not self.linear:
            return self.parameter.name
        located = self.parameter.role is Role.LOCATION
        return "beta" if located else f"beta_{self.parameter.name}"


@dataclass(frozen=True)
class Block:
    """The components of one family.

    Attributes
    ----------
    family : Family
    predictors : mapping of str to Predictor
        One for each parameter of the family, by its name, in the family's order.
    """

    family: Family
    predictors: Mapping[str, Predictor]
