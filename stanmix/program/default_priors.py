"""Weakly informative priors on the scale of the data, where none is stated."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

from stanmix.data import robust
from stanmix.data.design import Design
from stanmix.model import factors
from stanmix.model.parameters import IDENTITY, Role
from stanmix.model.prior_distributions import distribution
from stanmix.model.priors import LKJ, Dirichlet, LogNormal, Normal, Prior
from stanmix.model.specification import Specification
from stanmix.program.columns import keys
from stanmix.program.lower import lower
from stanmix.program.plan import Program
from stanmix.program.scaled_priors import unscaled
from stanmix.program.units import Columns, Units, counted, units_of
from stanmix.program.variables import Quantity

__all__ = ["Reasoned", "default_priors", "defaults", "scaled_default_priors"]

Array = NDArray[np.float64]

Why = Callable[[Any], str]  # why a prior is such, of that prior in the units of the data

WIDTH = 2.5  # sds of the data that are one prior sd of a mean
COUNTED = 1.5  # prior sd of the log of a mean count
NEARLY_NONE = 1e-8  # of a column's sd, where the other columns leave no more than that unexplained


@dataclass(frozen=True)
class Reasoned:
    """A default prior in the units of the data, and why it is such."""

    prior: Prior
    reason: str


@dataclass(frozen=True)
class _Default:
    """A default prior, in whatever units, and why it is such."""

    prior: Prior
    why: Why


def default_priors(spec: Specification, design: Design) -> dict[str, Prior]:
    """Return weakly informative priors on the scale of the data.

    Parameters
    ----------
    spec : Specification
    design : Design
        Response y, covariates, offset and frequencies of the data: mean and sd are those of
        y - offset, with a row of weight w counted w times. Of ten rows or more, those of the 2 %
        that are farthest from the median, and at least one, are brought as near as the others,
        in the response as in covariates: a gross outlier changes nothing for the rest.

    Returns
    -------
    dict of str to Prior
        ``theta``: Dirichlet(1), uniform over the weights. ``gamma[name]``: normal(0, 2.5 / sd(z)),
        for the intercept normal(0, 2.5). ``mu`` and the intercept: normal
        about the mean of y with 2.5 of its standard deviations, so that components may lie
        anywhere in the data and somewhat beyond. ``beta[name]``: normal(0, 2.5 sd(y) / sd(x)),
        where sd(x) is the standard deviation of x given the other covariates. The priors of
        intercepts hold where covariates are at their means, not where they are zero; where no
        combination of the covariates is constant, sd(y) and sd(x) are about zero.
        A scale, such as ``sigma``: log-normal with median sd(y) / 2 and log-sd 1; it vanishes at
        zero, because the likelihood does not: it is unbounded as a component shrinks onto one
        observation. With a log link the same on the log scale, about the log of the mean rate
        sum(y) / sum(exp(offset)) and with a scale of 1 in place of sd(y); ``mu``: log-normal
        about that rate, with log-sd 1.5. A shape has the default of its family. Coefficients of a
        scale, such as ``beta_sigma[name]``: for the intercept normal(log(sd(y) / 2), 1), else
        normal(0, 1 / sd(z)); of a shape about the median of its own default, on the log scale.
        For a response of several columns, ``mu[name]`` and ``sigma[name]`` of each column by the
        same rules; what is pooled is on the scale of the mean of the columns' means and of the
        root of the mean of their variances (scales), or of the variance of all values (means).

    Raises
    ------
    InputError
        As `stanmix.program.units.units_of`.
    """
    return {name: one.prior for name, one in defaults(spec, design).items()}


def defaults(spec: Specification, design: Design) -> dict[str, Reasoned]:
    """Return the default priors as `default_priors` does, each with its reason."""
    program, units = lower(spec), units_of(spec, design)
    counts = counted(spec, design)
    found: dict[str, Reasoned] = {}
    for name, own in _scaled_defaults(program, design, units, counts).items():
        one = program[name]
        if not one.together:
            places = units.places(one, len(own))
            own = [
                dataclasses.replace(default, prior=unscaled(default.prior, *place))
                for default, place in zip(own, places, strict=True)
            ]
        reasoned = [Reasoned(default.prior, default.why(default.prior)) for default in own]
        found |= dict(zip(keys(one, design), reasoned, strict=True))
    return found


def scaled_default_priors(
    program: Program, design: Design, units: Units, weights: Array
) -> dict[str, list[Prior]]:
    """Return the priors of `default_priors` as those of the parameters that programs sample.

    Parameters
    ----------
    program : Program
    design : Design
        In the units of the data.
    units : Units
        Its centres and scales.
    weights : ndarray of shape (N,)
        How often each row counts; see `stanmix.program.units.counted`.

    Returns
    -------
    dict of str to list of Prior
        Of each estimated quantity, one, or one for each of its columns.
    """
    return {
        name: [one.prior for one in own]
        for name, own in _scaled_defaults(program, design, units, weights).items()
    }


def _scaled_defaults(
    program: Program, design: Design, units: Units, weights: Array
) -> dict[str, list[_Default]]:
    data = units.scaled(design)
    return {one.name: _of(one, data, weights, units) for one in program.estimated}


def _of(one: Quantity, data: Design, weights: Array, units: Units) -> list[_Default]:
    """Return the default priors of a quantity, on the scale that is sampled."""
    if one.by_column:
        every = np.arange(data.y.shape[1])
        of_one = every if one.group is None else every[one.group.places]
        apart = (_columns(data, d, weights) for d in of_one)
        return [default for column in apart for default in _constant(one, *column)]
    if one.group is not None:
        own = one.group.places if one.group.block else one.group.at[0]
        return _constant(one, *_columns(data, own, weights))
    if one.matrix is None:
        return _constant(one, data, weights)
    predictor = _predictor(one, data, weights, units)
    values, columns = data.matrix(one.of), units.columns[one.of]
    if one.weights and data.rows.group is not None:
        values = data.rows.predictors[one.of].matrix  # a row counts, not a group
    spreads = _given_others(values, weights, columns)
    found = []
    for p, ones in enumerate(columns.ones):
        if ones:
            prior = Normal(predictor.centre * math.copysign(1.0, ones), predictor.width)
            found.append(_Default(prior, predictor.of_constant))
        else:
            sd = float(spreads[p] * columns.scale[p])
            prior = Normal(0.0, predictor.steep / spreads[p])
            found.append(_Default(prior, functools.partial(predictor.of_slope, sd)))
    return found


def _columns(data: Design, of: Any, weights: Array) -> tuple[Design, Array]:
    """Return the data of a column of several, or of a block, and how often rows count.

    Of rows that have it, or a part of it.
    """
    missing = np.isnan(data.y[:, of]).reshape(len(data.y), -1)
    there = np.flatnonzero(~missing.all(axis=1))
    some = data.take(there)
    return dataclasses.replace(some, y=some.y[:, of]), weights[there]


def _constant(one: Quantity, data: Design, weights: Array) -> list[_Default]:
    """Return the priors of what is constant within a component."""
    if one.parameter is None:
        return [_Default(Dirichlet(1.0), lambda p: "uniform over all weights")]
    role, default = one.parameter.role, one.parameter.default
    if one.correlations:
        columns = data.y.shape[1]
        return [
            _Default(
                LKJ(1 + columns / 2),
                lambda p: (
                    f"about none, each with an sd of {(2 * columns + 1) ** -0.5:.2g}, as {columns} "
                    "rows without correlation say; no density where columns are collinear"
                ),
            )
        ]
    if one.simplex and default is not None:
        words = "uniform over all probabilities of the categories"
        if one.parameter.by_unit:
            words = (
                "about equal scales of the columns, each in the unit of its spread; no density "
                "where a column has none"
            )
        return [_Default(default, lambda p: words)]
    if default is not None:
        words = f"the family's own, whatever the data: {one.parameter.words} know no unit"
        return [_Default(default, lambda p: words)]
    if role is Role.LOCATION and one.positive:
        within = math.exp(2 * COUNTED)
        return [
            _Default(
                LogNormal(_log_rate(data, weights), COUNTED),
                lambda p: (
                    f"about the mean of the data ({math.exp(p.mu):.4g}), within a factor of "
                    f"{within:.0f} at two sds"
                ),
            )
        ]
    if one.parameter.logarithm:
        mean, sd = _of_logarithms(data, weights)
        return [_Default(Normal(mean, WIDTH * sd), _about("the logarithms of the data"))]
    moments = _moments(one, data, weights)
    if role is Role.LOADING:
        return _of_loadings(one, [sd for _, sd in moments])
    if role is Role.LOCATION:
        return [_Default(Normal(mean, WIDTH * sd), _about("the data")) for mean, sd in moments]
    return [_Default(LogNormal(math.log(sd / 2), 1.0), _below_the_sd) for _, sd in moments]


def _of_loadings(one: Quantity, sds: list[float]) -> list[_Default]:
    """Return the priors of loadings on factors that have half the sd of each column together.

    The first of a factor is the length of what is left of a normal vector once factors before have
    turned it, a chi variable, so that the order of the columns hardly matters (Leung & Drton, 2016,
    Bayesian Analysis 11, 1-29); but for the last factor's, a normal variable is near to that.
    """
    R, found = one.factors, []
    words = f"half the sd of the data, of {R} factor(s) together"
    for d, r in factors.places(len(sds), factors.number(len(sds), R)):
        sd, left = sds[d] / 2 / math.sqrt(R), R - r
        if d > r:
            found.append(_Default(Normal(0.0, sd), _said(f"about none; {words}")))
        elif left == 1:
            found.append(_Default(Normal(0.0, sd), _said(f"not negative; {words}")))
        else:
            prior = Normal(sd * math.sqrt(left - 0.5), sd / math.sqrt(2))
            why = f"the length of {left} numbers of the others' kind; {words}"
            found.append(_Default(prior, _said(why)))
    return found


def _said(words: str) -> Why:
    return lambda p: words


def _about(what: str) -> Why:
    """Return why a prior lies about the mean of something, and is so wide."""

    def why(p: Any) -> str:
        sd = p.sigma / WIDTH
        return f"about the mean of {what} ({p.mu:.4g}), {WIDTH:g} of their sds ({sd:.4g}) wide"

    return why


def _below_the_sd(p: Any) -> str:
    return (
        f"median at half the sd of the data ({2 * math.exp(p.mu):.4g}); no density at zero, where "
        "a component collapses"
    )


def _moments(one: Quantity, data: Design, weights: Array) -> list[tuple[float, float]]:
    """Return mean and sd of each column of the response, or of all together."""
    columns = data.y.reshape(len(data.y), -1).T
    there = ~np.isnan(columns)
    found = [robust.moments(y[seen], weights[seen]) for y, seen in zip(columns, there, strict=True)]
    if one.columns or len(found) == 1:
        return found
    assert one.parameter is not None
    if one.parameter.role is Role.LOCATION:
        every, seen = np.tile(weights, len(columns)), there.ravel()
        return [robust.moments(columns.ravel()[seen], every[seen])]
    return [(0.0, math.sqrt(float(np.mean([sd**2 for _, sd in found]))))]


@dataclass(frozen=True)
class _Predictor:
    """About what a predictor lies, the sd of its constant, its change by an sd; and why."""

    centre: float
    width: float
    steep: float
    constant: Why
    slope: str  # what is changed so much by an sd; `{sd}` stands for the response's own

    def of_constant(self, p: Any) -> str:
        return f"{self.constant(p)}; where covariates are at their means"

    def of_slope(self, sd: float, p: Any) -> str:
        """Return why a slope is so wide, for a covariate of an sd."""
        changed = self.slope.format(sd=f"{p.sigma * sd / WIDTH:.4g}")
        return f"{changed} for one sd of the covariate given the others ({sd:.4g})"


def _predictor(one: Quantity, data: Design, weights: Array, units: Units) -> _Predictor:
    if one.parameter is None:
        return _Predictor(
            0.0, WIDTH, WIDTH, lambda p: "about equal weights", f"logits change by {WIDTH:g}"
        )
    default, link = one.parameter.default, one.parameter.link
    if one.predictors is not None:
        return _Predictor(
            0.0,
            WIDTH,
            WIDTH,
            lambda p: "about equal probabilities",
            f"log ratios of probabilities change by {WIDTH:g}",
        )
    if one.parameter.moves:
        wide = f"the {link.name} of the {one.parameter.word} changes by {WIDTH:g}"
        if one.parameter.logarithm:
            centre, sd = _of_logarithms(data, weights)
            return _in_sds(centre, sd, "the logarithms of the data")
        if one.parameter.log_link:
            return _Predictor(
                _log_rate(data, weights),
                WIDTH,
                WIDTH,
                lambda p: f"about the log of the mean of the data ({p.mu:.4g})",
                wide,
            )
        if link is not IDENTITY:
            middle = f"about the {link.name} of the middle of its values"
            return _Predictor(0.0, WIDTH, WIDTH, lambda p: middle, wide)
        about = None if units.columns[one.of].ones.any() else 0.0
        return _in_sds(*robust.moments(data.y, weights, about), "the data")
    by_a_factor = f"the {link.name} of the {one.parameter.word} changes by 1"
    if default is None:
        sd = robust.moments(data.y, weights)[1]
        return _Predictor(
            math.log(sd / 2),
            1.0,
            1.0,
            lambda p: f"about the log of half the sd of the data ({2 * math.exp(p.mu):.4g})",
            by_a_factor,
        )
    prior = distribution(default.code, default.arguments())
    low, median, high = link.forward(prior.ppf([0.16, 0.5, 0.84]))
    of_default = f"about the median of {default}, as wide as that"
    if one.locates and link is IDENTITY:
        wide = f"the {one.parameter.word} changes by {WIDTH:g}"
        width = float(high - low) / 2
        return _Predictor(float(median), width, WIDTH, lambda p: of_default, wide)
    return _Predictor(float(median), float(high - low) / 2, 1.0, lambda p: of_default, by_a_factor)


def _in_sds(centre: float, sd: float, what: str) -> _Predictor:
    """Return a predictor in the unit of something that has a mean and an sd."""
    slope = f"{WIDTH:g} sds of {what} ({{sd}})"
    return _Predictor(centre, WIDTH * sd, WIDTH * sd, _about(what), slope)


def _log_rate(data: Design, weights: Array) -> float:
    """Return the log of the mean response at an offset of zero."""
    offset = data.rows.offset
    exposure = np.ones(len(data.y)) if offset is None else np.exp(offset)
    # A rate is trusted by its exposure; a row without any tells nothing.
    seen = exposure > 0
    rate = data.y[seen] / exposure[seen]
    mean = robust.moments(rate, (weights * exposure)[seen])[0]
    return math.log(mean)


def _of_logarithms(data: Design, weights: Array) -> tuple[float, float]:
    """Return mean and sd of the logarithms of the response, less the offset."""
    offset = 0.0 if data.rows.offset is None else data.rows.offset
    positive = data.y > 0  # others have no weight
    return robust.moments(
        (np.log(data.y, where=positive, out=np.zeros(len(data.y))) - offset)[positive],
        weights[positive],
    )


def _given_others(X: Array, weights: Array, columns: Columns) -> Array:
    """Return the sd of each scaled covariate (N, P) given the others, where these explain it."""
    about = [robust.median(column, weights) if columns.ones.any() else 0.0 for column in X.T]
    near = [
        column if makes_constant else robust.clipped(column, weights, centre)
        for column, makes_constant, centre in zip(X.T, columns.ones, about, strict=True)
    ]
    # Where a column differs from a combination of others in its outliers alone, or in rows that
    # do not count alone, these must do.
    for values, times in ((np.stack(near, 1), weights), (X, weights), (X, np.ones(len(X)))):
        spread = _residual_sds(np.sqrt(times / times.sum())[:, None] * values)
        if (spread > NEARLY_NONE).all():
            break
    return np.fmax(spread, NEARLY_NONE)


def _residual_sds(X: Array) -> Array:
    """Return the lengths of columns (N, P), each less its regression on the others."""
    R: Array = np.asarray(np.linalg.qr(X, mode="r"))
    np.fill_diagonal(R, np.where(np.diag(R) == 0, 1e-300, np.diag(R)))
    with np.errstate(all="ignore"):  # of a column that the others make up: its length is zero
        inverse = solve_triangular(R, np.eye(len(R)))
        return np.asarray(1 / np.sqrt((inverse**2).sum(axis=1)))
