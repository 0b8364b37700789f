"""How the value of a family's parameter at a row comes about, and whose components have it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stanmix.model.families import Family
from stanmix.model.parameters import Parameter, Role

__all__ = ["Block", "Predictor", "Same"]

Same = frozenset[frozenset[str]]  # the terms of a formula; see `stanmix.data.formulas.Formula.same`


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
    common : tuple of str
        Terms, or columns of the model matrix, whose coefficients are one number for all components.
    formulas : tuple of Same
        What the formula of each component says, where they differ.
    suffix : str
        What tells it from the predictor of the same parameter in another block.
    """

    parameter: Parameter
    linear: bool = False
    shared: bool = False
    known: bool = False
    by_column: bool = False
    common: tuple[str, ...] = ()
    formulas: tuple[Same, ...] = ()
    suffix: str = ""

    @property
    def numbered(self) -> bool:
        """Whether coefficients are fewer than a row of all columns for each component."""
        return bool(self.common or self.formulas)

    @property
    def name(self) -> str:
        """What programs and draws call what determines it: ``"sigma"``, ``"beta_sigma"``."""
        return f"{self.stem}_{self.suffix}" if self.suffix else self.stem

    @property
    def stem(self) -> str:
        """The same without the suffix."""
        name, located = self.parameter.name, self.parameter.role is Role.LOCATION
        if not self.linear:
            return name
        return "beta" if located else f"beta_{name}"


@dataclass(frozen=True)
class Block:
    """The components of one family.

    Attributes
    ----------
    name : str
        That of the family; with a number behind it, where another block has that name.
    family : Family
    components : tuple of int
        Their numbers, from 0, one after the other.
    predictors : mapping of str to Predictor
        One for each parameter of the family, by its name, in the family's order.
    """

    name: str
    family: Family
    components: tuple[int, ...]
    predictors: Mapping[str, Predictor]

    @property
    def location(self) -> Predictor:
        """The predictor of where its components lie."""
        return self.predictors[self.family.location.name]
