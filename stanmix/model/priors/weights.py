"""The prior of weights, and of other probabilities that sum to one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stanmix.arguments import Either, ListOf, Number
from stanmix.errors import InputError
from stanmix.model.priors.prior import Prior

__all__ = ["Dirichlet"]

_CONCENTRATION = Either(Number(above=0), ListOf(Number(above=0), "a list of them", least=1))


@dataclass(frozen=True)
class Dirichlet(Prior):
    """Dirichlet on the weights, or on the probabilities of categories.

    Parameters
    ----------
    alpha : float or sequence of float
        Concentration: one positive number for all components or categories, or one each.
    """

    alpha: float | Sequence[float]

    def __post_init__(self) -> None:
        object.__setattr__(self, "alpha", _CONCENTRATION("Dirichlet: alpha", self.alpha))

    def concentration(
        self, size: int, whole: str = "the mixture", parts: str = "components"
    ) -> list[float]:
        """Return one concentration a component, or another part of a whole.

        Raises
        ------
        InputError
            If `alpha` is a list of another length.
        """
        if not isinstance(self.alpha, Sequence):
            return [self.alpha] * size
        if len(self.alpha) != size:
            raise InputError(
                f"Dirichlet: alpha has {len(self.alpha)} entries, but {whole} has {size} {parts}; "
                f"give one number, or one for each of the {parts}."
            )
        return list(self.alpha)
