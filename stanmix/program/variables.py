"""What a Stan program declares and computes with, as values that everything else loops over.

`Quantity` is a parameter as users and draws know it; `Variable` a declaration of the program, on
the scale that Stan samples. Most quantities have one variable; ordered coefficients have two, and
coefficients of the weights fewer than the components they belong to.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from stanmix.model.families.entry import Columns
from stanmix.model.parameters import (
    CORRELATIONS,
    POSITIVE,
    REAL,
    RISING,
    SIMPLEX,
    Axis,
    Parameter,
    Role,
    Support,
)
from stanmix.model.priors import Flat, Prior

__all__ = ["Matrix", "Order", "Place", "Quantity", "Transform", "Variable"]


class Transform(enum.Enum):
    """How a variable's values are constrained."""

    IDENTITY = "identity"
    POSITIVE = "positive"
    BOUNDED = "bounded"  # between the data `<name>_lower` and `<name>_upper`
    ORDERED = "ordered"
    POSITIVE_ORDERED = "positive_ordered"
    SIMPLEX = "simplex"
    CORRELATION_FACTOR = "cholesky_factor_corr"

    @property
    def jointly(self) -> int:
        """How many of the last axes it is of together; 0 where it is of each number."""
        if self is Transform.CORRELATION_FACTOR:
            return 2
        return int(self in (Transform.ORDERED, Transform.POSITIVE_ORDERED, Transform.SIMPLEX))


class Order(enum.Enum):
    """What of a quantity the program holds in ascending order of the components."""

    NONE = "none"
    ALL = "all"  # it has one number a component
    COLUMN = "column"  # one column of several, which the data name


class Place(enum.Enum):
    """About what, and in units of what, a quantity is sampled."""

    OWN = "own"  # as it is
    RESPONSE = "response"  # about y_centre, in units of y_scale
    SCALE = "scale"  # in units of y_scale
    LOG_SCALE = "log_scale"  # the log of what is in units of y_scale
    OFFSET = "offset"  # in units of y_scale, and at the offset that counts as none
    LOG_OFFSET = "log_offset"  # the log of that
    DIRECTION = "direction"  # an angle, from y_centre on
    LOADINGS = "loadings"  # each in units of the y_scale of its column
    VOLUME = "volume"  # in units of the geometric mean of y_scale
    SHARES = "shares"  # of columns, each in units of its y_scale


@dataclass(frozen=True)
class Matrix:
    """The covariates of a linear predictor, under the names that a program gives them.

    Attributes
    ----------
    name, size : str
        ``"X"`` and ``"P"``; ``"X_sigma"`` and ``"P_sigma"``; ``"Z"`` and ``"Q"``.
    index : str
        Of a column, in loops.
    axis : str
        Dimension of their coefficients: ``"covariate"``.
    rows : str
        ``"N"``, or ``"G"`` where a row belongs to a group.
    of : str
        The parameter of the family that they explain, or ``"theta"``.
    """

    name: str
    size: str
    index: str
    axis: str
    rows: str
    of: str


@dataclass(frozen=True)
class Variable:
    """A declaration in the block ``parameters``.

    Attributes
    ----------
    name : str
    axes : tuple of str
        Sizes, as Stan expressions: ``("K", "P")``.
    transform : Transform
    bounds : str
        Stem of the names of its bounds, where it is bounded.
    comment : str
    apart : bool
        Whether each component has bounds of its own.
    """

    name: str
    axes: tuple[str, ...]
    transform: Transform
    bounds: str
    comment: str
    apart: bool = False


@dataclass(frozen=True)
class Quantity:
    """A parameter as users and draws know it.

    Attributes
    ----------
    name : str
        ``"theta"``, ``"gamma"``, ``"mu"``, ``"beta"``, ``"sigma"``, ``"beta_sigma"``, ...
    of : str
        The parameter of the family that it determines, or ``"theta"``.
    parameter : Parameter or None
        That parameter; None for weights.
    shared : bool
        One for all components: without their axis.
    known : bool
        Data, not estimated.
    columns : str
        Dimension of its columns: ``"dimension"``, that of its `matrix` or of a parameter that is a
        vector (``"category"``), or empty: one number.
    matrix : Matrix or None
        Of which it holds the coefficients.
    place : Place
    order : Order
    note : str
        What a comment says of it beyond what it is.
    family : str
        Name of the family whose components alone have it; empty where all have.
    number : str
        How many components have it, as a Stan expression.
    whole : bool
        Known whole numbers, as ends of counts are.
    components : tuple of int
        The numbers of these, from 0; empty for all.
    prior : type of Prior or None
        The distribution of its prior, where the program names it; None where the data choose it.
    apart : bool
        Whether each component has a prior of its own.
    numbered : bool
        Whether components share or lack some coefficients: the data `<name>_number` say which of
        the different ones a component has of each covariate.
    common : tuple of str
        Terms or columns of the covariates whose coefficient is one number for all components.
    group : Columns or None
        The independent columns of a response that it is of; None where there are no such.
    factors : int
        On how many factors it holds loadings.
    """

    name: str
    of: str
    parameter: Parameter | None
    shared: bool = False
    known: bool = False
    columns: str = ""
    matrix: Matrix | None = None
    place: Place = Place.OWN
    order: Order = Order.NONE
    note: str = ""
    family: str = ""
    number: str = "K"
    whole: bool = False
    # How many there are is a matter of data, not of the program.
    components: tuple[int, ...] = field(default=(), compare=False)
    prior: type[Prior] | None = None
    apart: bool = False
    numbered: bool = False
    common: tuple[str, ...] = field(default=(), compare=False)
    factors: int = field(default=0, compare=False)
    group: Columns | None = None

    def of_y(self, name: str) -> str:
        """Return what the program calls something of the responses that the quantity is of."""
        return name if self.group is None else self.group.named(name)

    @property
    def single(self) -> bool:
        """Whether it is of one of several independent columns, by itself."""
        return self.group is not None and self.group.single

    @property
    def by_column(self) -> bool:
        """Whether it has a number for each of several columns of the response."""
        of_columns = "dimension" if self.group is None else self.group.dimension
        return self.columns == of_columns and self.vector is None

    @property
    def weights(self) -> bool:
        """Whether it determines the weights."""
        return self.parameter is None

    @property
    def dims(self) -> tuple[str, ...]:
        """Dimensions of a draw: ``("component", "covariate")``."""
        component = () if self.shared else (self.axis,)
        predictors = (self.predictors.linear,) if self.predictors else ()
        return (*component, *predictors, self.columns) if self.columns else component

    @property
    def predictors(self) -> Axis | None:
        """The axis of the linear predictors of a vector, whose coefficients it holds."""
        return None if self.matrix is None or self.parameter is None else self.parameter.axis

    @property
    def vector(self) -> Axis | None:
        """The axis of a vector that it is in each component."""
        return None if self.matrix is not None or self.parameter is None else self.parameter.axis

    @property
    def numbers(self) -> Axis | None:
        """The axis of numbers with a prior each, where those are not one for each column."""
        return None if self.parameter is None else self.parameter.numbers

    @property
    def simplex(self) -> bool:
        """Whether it is a vector of probabilities."""
        return self.support == SIMPLEX

    @property
    def correlations(self) -> bool:
        """Whether it is a vector of the correlations of pairs."""
        return self.support == CORRELATIONS

    @property
    def dirichlet(self) -> bool:
        """Whether its numbers sum to one, and have one prior together."""
        return self.simplex or (self.weights and self.matrix is None)

    @property
    def together(self) -> str:
        """The one distribution of all its numbers together, in Stan; empty where each has one."""
        if self.dirichlet:
            return "dirichlet"
        return "lkj_corr_cholesky" if self.correlations else ""

    @property
    def stem(self) -> str:
        """Its name without that of the family, which it has where several families have it."""
        return self.name.removesuffix(f"_{self.family}") if self.family else self.name

    @property
    def locates(self) -> bool:
        """Whether it says where components lie."""
        return self.parameter is not None and self.parameter.role is Role.LOCATION

    @property
    def axis(self) -> str:
        """Dimension of the components that have it."""
        return f"{self.family}_component" if self.family else "component"

    def of_members(self, components: int) -> slice:
        """Return where its components lie among all."""
        if not self.components:
            return slice(0, components)
        return slice(self.components[0], self.components[-1] + 1)

    @property
    def scaled(self) -> str:
        """Its name within the program, on the scale on which it is sampled."""
        if self.vector is not None and self.parameter is not None and self.parameter.declared:
            return self.parameter.declared
        own = self.place is Place.OWN and self.matrix is None
        return self.name if own else f"{self.name}_scaled"

    @property
    def size(self) -> str:
        """How many columns it has, as a Stan expression; empty for one number."""
        if self.matrix is not None:
            return self.matrix.size
        if self.vector is not None:
            return self.vector.size
        if self.numbers is not None:
            return self.numbers.size
        return self.of_y("D") if self.columns else ""

    @property
    def different(self) -> str:
        """How many different coefficients there are, where it is numbered, as a Stan expression."""
        return self.name.replace("beta", "F", 1)

    @property
    def index(self) -> str:
        """What loops call the number of a column."""
        if self.matrix is not None:
            return self.matrix.index
        axis = self.vector or self.numbers
        return axis.index if axis is not None else "d"

    @property
    def axes(self) -> tuple[str, ...]:
        """Its sizes, as Stan expressions."""
        component = () if self.shared else (self.number,)
        predictors = (self.predictors.linear_size,) if self.predictors else ()
        return (*component, *predictors, self.size) if self.size else component

    @property
    def prior_size(self) -> str:
        """How many columns have a prior each, as a Stan expression; empty for one of them all."""
        return "" if self.vector is not None else self.size

    @property
    def prior_axes(self) -> tuple[str, ...]:
        """The sizes of its priors, as Stan expressions; none where one is of all its numbers."""
        components = (self.number,) if self.apart else ()
        return (*components, self.prior_size) if self.prior_size else components

    @property
    def support(self) -> Support:
        """The values that each of its numbers may take."""
        if self.parameter is None or self.matrix is not None:
            return REAL
        return self.parameter.support

    @property
    def positive(self) -> bool:
        """Whether its numbers are positive without an end, so that their logarithms are free."""
        return self.support == POSITIVE

    @property
    def unbounded(self) -> bool:
        """Whether its numbers, positive, have no end, so that a flat prior has no integral."""
        return self.support in (POSITIVE, RISING)

    @property
    def constrained(self) -> bool:
        """Whether there are values that its numbers cannot take."""
        return self.support != REAL

    @property
    def bounded(self) -> bool:
        """Whether the support of its prior bounds it, in the data ``<name>_lower`` and ``_upper``.

        A positive location has no bounds but zero, and of named priors those alone that have ends
        of their own.
        """
        if self.numbers is not None:  # some of which are not negative
            return True
        if self.parameter is None or not self.constrained or self.order is not Order.NONE:
            return False
        if self.vector is not None:
            return False
        if not self.positive:  # it has two ends, if the prior does not bring them nearer
            return True
        bounding = self.prior is None or self.prior.bounding
        return bounding and self.parameter.role is not Role.LOCATION

    @property
    def flat(self) -> bool:
        """Whether its prior is named and flat, so that the program says nothing of it."""
        return self.prior is Flat

    @property
    def words(self) -> str:
        """What a comment calls it."""
        if self.weights:
            return "coefficients of the weights" if self.matrix else "weights"
        assert self.parameter is not None
        if self.matrix is None:
            single = self.shared and not self.columns
            return self.parameter.word if single else self.parameter.words
        located = self.parameter.role is Role.LOCATION
        if self.predictors is not None:
            return "coefficients of the log ratios to the first"
        return "coefficients" if located else f"coefficients of the {self.parameter.words}"

    @property
    def whose(self) -> str:
        """What a comment adds, where the components or columns of one family alone have it."""
        if self.group is not None and self.group.suffix:
            return self.group.whose
        return f" of the {self.family} components" if self.family else ""

    @property
    def variables(self) -> tuple[Variable, ...]:
        """What the program declares for it; nothing where it is known."""
        if self.known:
            return ()
        if self.weights:
            if self.matrix is None:
                return (Variable(self.name, ("K",), Transform.SIMPLEX, "", "weights"),)
            words = f"{self.words}, along the contrasts"
            axes = ("K - 1", self.size)
            return (Variable(f"{self.name}_free", axes, Transform.IDENTITY, "", words),)
        if self.numbered:
            words = f"different {self.words}{self.whose}"
            return (
                Variable(f"{self.name}_free", (self.different,), Transform.IDENTITY, "", words),
            )
        if self.order is Order.COLUMN:
            what = "coefficients" if self.matrix else self.words
            column = "covariate" if self.matrix else "coordinate"
            return (
                Variable(
                    f"{self.name}_ordered",
                    (self.number,),
                    Transform.ORDERED,
                    "",
                    f"{what} of the ordered {column}",
                ),
                Variable(
                    f"{self.name}_rest",
                    (self.number, f"{self.size} - 1"),
                    Transform.IDENTITY,
                    "",
                    "of the others",
                ),
            )
        comment = self.words + self.note
        if self.shared:
            comment += f", common to all components{self.whose}"
        elif self.whose:
            comment += "," * bool(self.note) + self.whose
        sizes, transform = self._declared_axes, self._transform
        return (Variable(self.scaled, sizes, transform, self.name, comment, self.apart),)

    @property
    def _declared_axes(self) -> tuple[str, ...]:
        """The sizes of what the program declares."""
        # A matrix has the columns of the response along both of its axes.
        D = self.of_y("D")
        return (*self.axes[:-1], D, D) if self.correlations else self.axes

    @property
    def _transform(self) -> Transform:
        if self.vector is not None:
            return _OF_VECTORS[self.support]
        if self.order is Order.ALL:
            return Transform.POSITIVE_ORDERED if self.positive else Transform.ORDERED
        if not (self.constrained or self.bounded):
            return Transform.IDENTITY
        return Transform.BOUNDED if self.bounded else Transform.POSITIVE


_OF_VECTORS = {
    SIMPLEX: Transform.SIMPLEX,
    RISING: Transform.POSITIVE_ORDERED,
    CORRELATIONS: Transform.CORRELATION_FACTOR,
}
