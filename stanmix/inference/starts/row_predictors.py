"""How the value of a family's parameter at the rows that EM sees follows from a quantity."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stanmix.data.design import Design
from stanmix.model.parameters import Parameter, Role
from stanmix.model.prior_distributions import distribution
from stanmix.program.coefficients import gathered, joined
from stanmix.program.plan import Part, Program
from stanmix.program.sizes import size_of
from stanmix.program.variables import Quantity

__all__ = ["RowPredictor", "row_predictor"]

Array = NDArray[np.float64]

TAILS = 0.001, 0.99  # of the default prior of a shape, between which starts hold it
WIDER = math.log(100.0)  # by which its predictor may go beyond, at some rows


@dataclass(frozen=True)
class RowPredictor:
    """A quantity of K components, beside the rows of which it determines a parameter.

    Attributes
    ----------
    quantity : Quantity
    parameter : Parameter
    X : ndarray of shape (N, P) or None
        Covariates, columns of about one size; None for constants of the components.
    length : ndarray of shape (P,)
        What they were divided by.
    offset : ndarray of shape (N,) or None
        Added to the predictor.
    known : ndarray or None
        The quantity's values, (K,) or (K, D), where they are not estimated.
    low, high : float or ndarray of shape (D,)
        Between which the linear predictor is held; that of a location is not.
    middle, width : float
        About where the predictor of a shape begins, and how far on either side where it may take
        either sign: at zero it might never leave. A location and a scale begin at what the data
        say.
    numbers : ndarray of int, shape (K, P), or None
        Which of F different coefficients a component has, where components share or lack some; its
        coefficients are then these, (1, F).
    several : bool
        Whether parameters end in an axis: for the columns of a response of several, or because
        they are vectors.
    size : int
        Number of linear predictors of a vector; 0 for other parameters.
    """

    quantity: Quantity
    parameter: Parameter
    X: Array | None
    length: Array
    offset: Array | None
    known: Array | None
    low: float | Array
    high: float
    middle: float
    width: float
    numbers: NDArray[np.intp] | None
    several: bool
    size: int = 0

    @property
    def free(self) -> bool:
        """Whether its linear predictor has no bounds."""
        return self.parameter.moves

    @property
    def together(self) -> bool:
        """Whether its coefficients are those of all components together, in one row."""
        return self.quantity.shared or self.numbers is not None

    def of_column(self, d: int) -> RowPredictor:
        """Return the same of one column of several that have their own."""
        return dataclasses.replace(
            self,
            quantity=dataclasses.replace(self.quantity, columns=""),
            known=None if self.known is None else self.known[:, d],
            low=self.low if np.ndim(self.low) == 0 else float(np.asarray(self.low)[d]),
            several=False,
        )

    def at_rows(self, values: Array) -> Array:
        """Return the parameter at rows, of the values (K, ...) of the quantity.

        Returns
        -------
        ndarray of shape (N, K), or (K,) where all rows are alike
            For a response of several columns (K, D), or (K, 1) where these have one value.
        """
        if self.X is None and self.offset is None:
            return values[:, None] if self.several and values.ndim == 1 else values
        return self.inverse(self.linear(self.coefficients(values)))

    def coefficients(self, values: Array) -> Array:
        """Return coefficients (K, P) of the columns of `X`; of constants one a column, (K, D)."""
        if self.X is not None:
            return self.different(np.asarray(values * self.length))
        return self.parameter.link.forward(values.reshape(len(values), -1))

    def different(self, coefficients: Array) -> Array:
        """Return coefficients (K, P) or (K, J, P) as they are; numbered ones each once, (1, F)."""
        if self.numbers is None:
            return coefficients
        return gathered(coefficients, self.numbers)[None]

    def of_each(self, coefficients: Array) -> Array:
        """Return what `different` makes of its argument, back."""
        return coefficients if self.numbers is None else joined(coefficients[0], self.numbers)

    def values(self, coefficients: Array) -> Array:
        """Return what `coefficients` makes of its argument, back; constants within the bounds."""
        if self.X is not None:
            return np.asarray(self.of_each(coefficients) / self.length)
        if not self.free:
            coefficients = np.minimum(np.maximum(coefficients, self.low), self.high)
        held = self.inverse(coefficients)
        return held if self.quantity.columns else held[:, 0]

    def linear(self, coefficients: Array) -> Array:
        """Return the linear predictor, of the shape of `at_rows`."""
        if self.X is not None:
            # einsum keeps to one thread: the threads of BLAS, on matrices as thin as these, cost
            # more than they bring, most of all beside other running chains.
            linear: Array = np.einsum("np,k...p->nk...", self.X, self.of_each(coefficients))
        else:
            linear = coefficients if self.several else coefficients[:, 0]
        return linear if self.offset is None else linear + self.offset[:, None]

    def inverse(self, linear: Array) -> Array:
        """Return the parameter of its linear predictor: finite, and within its support."""
        if self.parameter.constrained:
            least, largest = self.parameter.link.reach
            linear = np.minimum(np.maximum(linear, least), largest)
        return self.parameter.link.inverse(linear)

    def of_constant(self, linear: Array) -> Array:
        """Return the quantity (K, ...) whose predictor is the same at all rows.

        Parameters
        ----------
        linear : ndarray of shape (K,) or (K, D)
            Of a vector all of its predictors.
        """
        by_column = linear.reshape(len(linear), -1)
        if self.X is None:
            return self.values(by_column)
        # The combination of covariates that is one, or nearest to it.
        ones = np.linalg.lstsq(self.X, np.ones(len(self.X)), rcond=None)[0]
        held = np.minimum(np.maximum(by_column, self.low), self.high)
        return self.values(self.different((held[..., None] if self.size else held) * ones))


def row_predictor(
    program: Program,
    part: Part,
    quantity: Quantity,
    data: Design,
    known: Array | None,
    floor: Array,
    numbers: NDArray[np.intp] | None = None,
) -> RowPredictor:
    """Return a quantity of a family beside the rows of the data.

    Parameters
    ----------
    program : Program
    part : Part
        The components that have the quantity.
    quantity : Quantity
    data : Design
        As programs compute with it.
    known : ndarray or None
        Values of the quantity, where it is known.
    floor : ndarray of shape (D,)
        Of the scales, a column of the response each.
    numbers : ndarray of int, shape (K, P), optional
        Which of its different coefficients a component has, where it is numbered.
    """
    parameter = quantity.parameter
    assert parameter is not None  # only weights have none
    X, length = None, np.ones(1)
    if quantity.matrix is not None:
        matrix = data.matrix(quantity.matrix.of)
        length = np.sqrt((matrix**2).mean(axis=0))
        X = matrix / length
    own = floor if quantity.group is None else floor[quantity.group.places]
    low, high, middle, width = _bounds(quantity, parameter, own)
    size = 0
    if parameter.axis is not None:
        sizes = {"C": len(data.categories), "D": len(data.dimensions)}
        if quantity.group is not None:
            sizes[quantity.of_y("C")] = len(data.categories_of(quantity.group.at[0]))
            sizes[quantity.of_y("D")] = len(quantity.group.taken(data.dimensions))
        size = size_of(parameter.axis.linear_size or parameter.axis.size, sizes)
    shifted = quantity is part.location and not part.family.constant
    return RowPredictor(
        quantity=quantity,
        parameter=parameter,
        X=X,
        length=length,
        offset=data.rows.offset if shifted else None,
        known=known,
        low=low,
        high=high,
        middle=middle,
        width=width,
        numbers=numbers,
        several=(program.several and not quantity.single) or size > 0,
        size=size,
    )


def _bounds(
    quantity: Quantity, parameter: Parameter, floor: Array
) -> tuple[float | Array, float, float, float]:
    """Return the least and largest predictor, and about where that of a shape begins."""
    forward = parameter.link.forward
    if parameter.moves or parameter.stated or parameter.role is Role.LOADING:
        return -math.inf, math.inf, 0.0, 0.0
    if parameter.role is Role.SCALE and parameter.default is None:
        # What all columns have in common goes by the usual column.
        each = quantity.by_column
        return forward(floor if each else floor.mean()), math.inf, 0.0, 0.0
    if parameter.axis is not None:
        return -parameter.axis.held, parameter.axis.held, 0.0, 0.0
    assert parameter.default is not None  # families state those of other parameters
    prior = distribution(parameter.default.code, parameter.default.arguments())
    low, middle, upper, high = (
        float(forward(prior.ppf(p))) for p in (TAILS[0], 0.5, 0.84, TAILS[1])
    )
    wider = WIDER if quantity.matrix is not None else 0.0
    return low - wider, high + wider, middle, upper - middle
