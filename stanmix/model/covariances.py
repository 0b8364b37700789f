"""The covariances that the components of a multivariate family may have.

Codes are those of mclust (Scrucca et al., 2016, R Journal 8, 289-317): volume, shape and
orientation of the components' ellipsoids are equal (E) or vary (V) over them; a shape may be that
of a sphere and an orientation that of the axes (I).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stanmix.model.column_blocks import Named

__all__ = ["CODES", "COVARIANCES", "NAMES", "Covariance", "covariance_of"]


@dataclass(frozen=True)
class Covariance:
    """How the columns of a response vary together within a component.

    Attributes
    ----------
    form : str
        Of one component, by which a family has its variant: ``"spherical"``, ``"diagonal"`` or
        ``"full"``; where volumes are stated apart from shapes ``"diagonal_shape"`` or
        ``"full_shape"``; ``"factor"`` where factors are what columns have in common.
    equal : frozenset of str
        Parameters that the components have in common.
    words : str
    """

    form: str
    equal: frozenset[str]
    words: str

    @property
    def by_column(self) -> bool:
        """Whether each column has a scale of its own."""
        return self.form in ("diagonal", "full", "factor")


_SCALES, _ALL = frozenset({"sigma"}), frozenset({"sigma", "rho"})
_SHAPES, _SHAPED = frozenset({"shape"}), frozenset({"shape", "rho"})

COVARIANCES: dict[str, Covariance] = {
    "EII": Covariance("spherical", _SCALES, "one scale for all columns and components"),
    "VII": Covariance("spherical", frozenset(), "one scale for all columns"),
    "EEI": Covariance("diagonal", _SCALES, "one scale for each column, for all components"),
    "VEI": Covariance("diagonal_shape", _SHAPES, "scales of one ratio in all components"),
    "EVI": Covariance("diagonal_shape", _SCALES, "scales of one product in all components"),
    "VVI": Covariance("diagonal", frozenset(), "one scale for each column"),
    "EEE": Covariance("full", _ALL, "one matrix for all components"),
    "VEE": Covariance("full_shape", _SHAPED, "one matrix, times a number of each component"),
    "EVV": Covariance("full_shape", _SCALES, "any matrix of one volume in all components"),
    "VVV": Covariance("full", frozenset(), "any matrix"),
}

# Those that have a name beside the code.
NAMES = {"spherical": "VII", "diagonal": "VVI", "tied": "EEE", "full": "VVV"}

CODES = tuple(COVARIANCES)

COVARIANCES["factor"] = Covariance(
    "factor", frozenset(), "factors that columns share, and a scale of what they leave"
)

COVARIANCES |= {name: COVARIANCES[code] for name, code in NAMES.items()}


def covariance_of(
    stated: str | Mapping[Named, str] | None, block: tuple[str, ...] = ()
) -> Covariance | None:
    """Return the covariance that is stated of all columns, or of a block; None: there is none."""
    if isinstance(stated, Mapping):
        stated = stated.get(block)
    return None if stated is None else COVARIANCES[stated]
