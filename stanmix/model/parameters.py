"""Parameters of families as values: what they may be, how predictors reach them, their roles."""

from __future__ import annotations

import dataclasses
import enum
import math
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, ndtr, ndtri, softmax

from stanmix.model import correlations
from stanmix.model.priors import Dirichlet, Gamma, InverseGamma, Prior

__all__ = [
    "CIRCLE",
    "CORRELATION",
    "CORRELATIONS",
    "FRACTION",
    "IDENTITY",
    "LINKS",
    "LOADINGS",
    "LOG",
    "LOGIT",
    "LOGITS",
    "LOG_STEPS",
    "MEAN",
    "NU",
    "PHI",
    "POSITIVE",
    "POSITIVE_MEAN",
    "REAL",
    "RISING",
    "SCALE",
    "SHAPE_OF_COLUMNS",
    "SIMPLEX",
    "TAN_HALF",
    "VOLUME",
    "Axis",
    "Joint",
    "Link",
    "Parameter",
    "Role",
    "Support",
]

Array = NDArray[np.float64]


class Role(enum.Enum):
    """What a parameter does to a distribution; default priors, units and advice go by it."""

    LOCATION = "location"  # moves with the origin of the response, and grows with its unit
    SCALE = "scale"  # grows with the unit of the response
    LOADING = "loading"  # grows with the unit of the response, to either side
    SHAPE = "shape"  # knows neither


@dataclass(frozen=True)
class Joint:
    """What the numbers of a vector are together.

    Attributes
    ----------
    words : str
        What a sentence says that they must be.
    hold : callable
        Whether vectors (..., J) are such, each of whose numbers is inside of its ends.
    """

    words: str
    hold: Callable[[Array], bool]


@dataclass(frozen=True)
class Support:
    """The values that a parameter may take: an open interval.

    Attributes
    ----------
    lower, upper : float
    jointly : Joint, optional
        What the numbers of a vector are together.
    """

    lower: float
    upper: float
    jointly: Joint | None = None

    @property
    def words(self) -> str:
        """What a sentence says that they must be."""
        if self.jointly is not None:
            return self.jointly.words
        if math.isinf(self.upper):
            return "finite" if math.isinf(self.lower) else "positive and finite"
        return f"between {self.lower:g} and {self.upper:g}"

    def holds(self, values: Array) -> bool:
        """Return whether all values are finite and lie inside."""
        inside = np.isfinite(values) & (values > self.lower) & (values < self.upper)
        return bool(inside.all()) and (self.jointly is None or self.jointly.hold(values))


@dataclass(frozen=True)
class Axis:
    """The axis of a parameter that is a vector, whose size comes with the data.

    Attributes
    ----------
    name : str
        Of the dimension of draws: ``"category"``.
    index : str
        Of a number, in the loops of programs.
    size : str
        As a Stan expression: ``"C"``.
    linear : str
        The dimension of its linear predictors, where the parameter depends on covariates.
    linear_size : str
        How many these are, as a Stan expression.
    held : float
        Predictors between whose negative and which a start holds the vector.
    kind : str
        What numbers lie along it: its name, but for what tells it from others of the kind.
    """

    name: str
    index: str
    size: str
    linear: str = ""
    linear_size: str = ""
    held: float = 12.0
    kind: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", self.kind or self.name)

    def told_by(self, suffix: str) -> Axis:
        """Return the axis of the same kind that a suffix tells from others."""
        size, linear_size = (
            re.sub(r"\b[A-Z]\b", rf"\g<0>_{suffix}", each) for each in (self.size, self.linear_size)
        )
        name = f"{self.name}_{suffix}"
        return dataclasses.replace(self, name=name, size=size, linear_size=linear_size)


@dataclass(frozen=True)
class Link:
    """From a parameter to its linear predictor and back.

    Attributes
    ----------
    name : str
        ``"identity"``, ``"log"``, ``"logit"``, ...
    forward, inverse : callable
        Of arrays: parameter to predictor, and predictor to parameter.
    stan, stan_inverse : str
        Both in Stan, of ``{}``.
    reach : tuple of float
        Predictors between which the inverse has digits left, both of a value and of its distance
        from the ends of the support.
    """

    name: str
    forward: Callable[[Array], Array]
    inverse: Callable[[Array], Array]
    stan: str
    stan_inverse: str
    reach: tuple[float, float]


@dataclass(frozen=True)
class Parameter:
    """A parameter of a family.

    Attributes
    ----------
    name : str
        As programs, draws and users know it.
    word, words : str
        What a sentence calls one of them, and several.
    support : Support
    link : Link
        Of its linear predictor, where it depends on covariates.
    role : Role
    default : Prior, optional
        The default prior of a shape, or of a scale or location in units of the response; those of
        other locations and scales follow from the data.
    logarithm : bool
        Whether it is a logarithm, to which the log of the response's unit is added.
    unitless : bool
        Whether, a location, it knows neither origin nor unit, whatever the response has.
    stated : bool
        Whether it is a constant of the family that is stated as known, and never estimated.
    axis : Axis, optional
        Of the numbers that it holds, where it is a vector.
    remark : str
        What a comment adds to its words.
    declared : str
        What a program declares in its place, where that is another value; empty where it is not.
    by_unit : bool
        Whether columns of a response have their parts in it by their units: a scale is their
        geometric mean, and a vector of shares holds one of each.
    numbers : Axis, optional
        Of numbers that have a prior each, where those are not one for each column.
    """

    name: str
    word: str
    words: str
    support: Support
    link: Link
    role: Role
    default: Prior | None = None
    logarithm: bool = False
    unitless: bool = False
    stated: bool = False
    axis: Axis | None = None
    remark: str = ""
    declared: str = ""
    by_unit: bool = False
    numbers: Axis | None = None

    @property
    def on_log_scale(self) -> bool:
        """Whether its predictor moves with the logarithm of the response."""
        return not self.unitless and (self.logarithm or self.log_link)

    @property
    def log_link(self) -> bool:
        """Whether its linear predictor is its logarithm."""
        return self.link is LOG

    @property
    def moves(self) -> bool:
        """Whether it moves and grows with the response."""
        return self.role is Role.LOCATION and not self.unitless

    @property
    def angle(self) -> bool:
        """Whether it goes around."""
        return self.support is CIRCLE

    @property
    def positive(self) -> bool:
        """Whether it takes all positive values, and no others."""
        return self.support == POSITIVE

    @property
    def constrained(self) -> bool:
        """Whether there are values that it cannot take."""
        return self.support != REAL


def _same(values: Array) -> Array:
    return values


def _exp(values: Array) -> Array:
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(values))


def _log(values: Array) -> Array:
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(values))


def _logit(values: Array) -> Array:
    return np.asarray(logit(values))


def _expit(values: Array) -> Array:
    return np.asarray(expit(values))


def _probit(values: Array) -> Array:
    return np.asarray(ndtri(values))


def _normal_cdf(values: Array) -> Array:
    return np.asarray(ndtr(values))


def _cloglog(values: Array) -> Array:
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(-np.log1p(-values)))


def _inverse_cloglog(values: Array) -> Array:
    with np.errstate(over="ignore"):
        return np.asarray(-np.expm1(-np.exp(values)))


def _cauchit(values: Array) -> Array:
    return np.asarray(np.tan(np.pi * (values - 0.5)))


def _inverse_cauchit(values: Array) -> Array:
    return np.asarray(0.5 + np.arctan(values) / np.pi)


def _tan_half(values: Array) -> Array:
    return np.asarray(np.tan(values / 2))


def _twice_atan(values: Array) -> Array:
    return np.asarray(2 * np.arctan(values))


def _shares(values: Array) -> Array:
    """Return probabilities (..., C) of their log ratios (..., C - 1) to the first."""
    first = np.zeros((*values.shape[:-1], 1))
    return np.asarray(softmax(np.concatenate([first, values], axis=-1), axis=-1))


def _log_ratios(values: Array) -> Array:
    with np.errstate(divide="ignore"):
        logs = np.log(values)
    return np.asarray(logs[..., 1:] - logs[..., :1])


def _log_of_steps(values: Array) -> Array:
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(np.diff(values, prepend=0.0)))


def _sums(values: Array) -> Array:
    with np.errstate(over="ignore"):
        return np.asarray(np.cumsum(np.exp(values), axis=-1))


def _softplus(values: Array) -> Array:
    return np.asarray(np.logaddexp(0.0, values))


def _inverse_softplus(values: Array) -> Array:
    with np.errstate(divide="ignore"):  # log(exp(x) - 1), without the exponential of a large x
        return np.asarray(values + np.log(-np.expm1(-values)))


def _to_partial(values: Array) -> Array:
    return np.asarray(np.arctanh(correlations.partials(values)))


def _of_partial(values: Array) -> Array:
    return correlations.correlations(correlations.factors(np.tanh(values)))


def _sum_to_one(values: Array) -> bool:
    return bool(np.isclose(values.sum(axis=-1), 1.0).all())


def _ascend(values: Array) -> bool:
    return bool((np.diff(values) > 0).all())


IDENTITY = Link("identity", _same, _same, "{}", "{}", (-math.inf, math.inf))
# Of a log, beyond any count and below any rate.
LOG = Link("log", _log, _exp, "log({})", "exp({})", (-100.0, 100.0))
LOGIT = Link("logit", _logit, _expit, "logit({})", "inv_logit({})", (-30.0, 30.0))
PROBIT = Link("probit", _probit, _normal_cdf, "inv_Phi({})", "Phi({})", (-7.5, 7.5))
CLOGLOG = Link(
    "cloglog", _cloglog, _inverse_cloglog, "log(-log1m({}))", "inv_cloglog({})", (-30.0, 3.4)
)
CAUCHIT = Link(
    "cauchit",
    _cauchit,
    _inverse_cauchit,
    "tan(pi() * ({} - 0.5))",
    "(0.5 + atan({}) / pi())",
    (-1e12, 1e12),
)
# An angle at half a turn has no end of its predictor; Fisher & Lee (1992, Biometrics 48, 665-677).
TAN_HALF = Link("tan_half", _tan_half, _twice_atan, "tan({} / 2)", "2 * atan({})", (-1e12, 1e12))
SOFTPLUS = Link(
    "softplus", _inverse_softplus, _softplus, "log_diff_exp({}, 0)", "log1p_exp({})", (-100.0, 1e40)
)
# Of a vector of probabilities: their log ratios to the first.
LOGITS = Link(
    "multilogit", _log_ratios, _shares, "log({0}[2:] / {0}[1])", "softmax({})", (-100.0, 100.0)
)
# Of a vector of ascending positive numbers: the logarithms of what each adds.
LOG_STEPS = Link(
    "log_steps", _log_of_steps, _sums, "log({0} - append_row(0, head({0}, rows({0}) - 1)))",
    "cumulative_sum(exp({}))", (-100.0, 100.0),
)  # fmt: skip

# Of the correlations of pairs of columns: Fisher's z of partial correlations, as Stan has them.
PARTIAL = Link("partial", _to_partial, _of_partial, "", "", (-13.0, 13.0))

REAL = Support(-np.inf, np.inf)
POSITIVE = Support(0.0, np.inf)
FRACTION = Support(0.0, 1.0)
CIRCLE = Support(-np.pi, np.pi)  # about a direction; its ends are one

SIMPLEX = Support(0.0, 1.0, Joint("positive and of the sum 1", _sum_to_one))
RISING = Support(0.0, np.inf, Joint("positive and ascending", _ascend))
CORRELATIONS = Support(
    -1.0, 1.0, Joint("correlations of a positive definite matrix", correlations.hold)
)

# The links that a parameter may have. One that has a unit has the log link alone: no other takes a
# change of the unit up into an intercept.
LINKS: dict[Support, tuple[Link, ...]] = {
    REAL: (IDENTITY,),
    POSITIVE: (LOG, SOFTPLUS),
    FRACTION: (LOGIT, PROBIT, CLOGLOG, CAUCHIT),
    CIRCLE: (TAN_HALF,),
    SIMPLEX: (LOGITS,),
    RISING: (LOG_STEPS,),
    CORRELATIONS: (PARTIAL,),
}

MEAN = Parameter("mu", "mean", "means", REAL, IDENTITY, Role.LOCATION)
POSITIVE_MEAN = Parameter("mu", "mean", "means", POSITIVE, LOG, Role.LOCATION)
SCALE = Parameter("sigma", "scale", "scales", POSITIVE, LOG, Role.SCALE)
# Of several columns: the root of that degree of the product of the scales along the axes of an
# ellipsoid, by which its volume goes.
VOLUME = Parameter(
    "sigma",
    "scale",
    "scales",
    POSITIVE,
    LOG,
    Role.SCALE,
    remark=", the geometric mean of those along the axes of an ellipsoid",
    by_unit=True,
)
# The ratio of two scales has a log-sd of 1.1, nearly as of two that have default priors of their
# own; no density where a column has none.
SHAPE_OF_COLUMNS = Parameter(
    "shape",
    "shape",
    "shapes",
    SIMPLEX,
    LOGITS,
    Role.SHAPE,
    Dirichlet(2.0),
    axis=Axis("dimension", "d", "D", linear_size="D - 1"),
    remark=", the shares of the columns in the sum of their scales",
    by_unit=True,
)
# Juarez & Steel (2010, J. Bus. Econ. Stat. 28, 52-66): little mass below 2, where there is no
# variance, and a long tail towards the normal.
NU = Parameter(
    "nu",
    "number of degrees of freedom",
    "degrees of freedom",
    POSITIVE,
    LOG,
    Role.SHAPE,
    Gamma(2.0, 0.1),
)
# The variance is mu + mu^2 / phi. Heavy tails at both ends: from counts that are nearly all zero to
# such as differ from Poisson's by nothing.
PHI = Parameter("phi", "precision", "precisions", POSITIVE, LOG, Role.SHAPE, InverseGamma(0.4, 0.3))
# Partial correlations of 0.9993, at an end, leave a scale as little as the least that starts have.
CORRELATION = Parameter(
    "rho",
    "correlation",
    "correlations",
    CORRELATIONS,
    PARTIAL,
    Role.SHAPE,
    axis=Axis("pair", "p", "choose(D, 2)", held=4.0),
    remark=", as the Cholesky factor of their matrix",
    declared="L_Omega",
)
# Of columns on factors that they have in common (`stanmix.model.factors`).
LOADINGS = Parameter(
    "loadings",
    "loading",
    "loadings",
    REAL,
    IDENTITY,
    Role.LOADING,
    numbers=Axis("loading", "j", "J"),
    remark=" of columns on factors, one factor after another",
)
