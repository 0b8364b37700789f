"""Weakly informative priors on the scale of the data, where none is stated."""

from __future__ import annotations

import math
from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

from stanmix.data import robust
from stanmix.data.design import Design
from stanmix.model.priors import Dirichlet, LogNormal, Normal, Prior
from stanmix.model.specification import Specification
from stanmix.program.scaled_priors import unscaled
from stanmix.program.units import Columns, Units, pooled, units_of

__all__ = ["default_priors", "scaled_default_priors"]

Array = NDArray[np.float64]

WIDTH = 2.5  # sds of the data that are one prior sd of a mean
NEARLY_NONE = 1e-8  # of a column's sd, where the other columns leave no more than that unexplained


def default_priors(model: Specification, design: Design) -> dict[str, Prior]:
    """Return weakly informative priors on the scale of the data.

    Parameters
    ----------
    model : Specification
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
        ``sigma``: log-normal with median sd(y) / 2 and log-sd 1; it vanishes at zero, because
        the likelihood does not: it is unbounded as a component shrinks onto one observation.
        With a log link the same on the log scale, about the log of the mean rate
        sum(y) / sum(exp(offset)) and with a scale of 1 in place of sd(y); ``mu``: log-normal
        about that rate, with log-sd 1.5. For a response of several columns, ``mu[name]`` and
        ``sigma[name]`` of each column by the same rules; what is pooled is on the scale of the
        mean of the columns' means and of the root of the mean of their variances (``sigma``), or
        of the variance of all values (``mu``).

    Raises
    ------
    InputError
        As `stanmix.program.units.units_of`.
    """
    units = units_of(model, design)
    places = units.places(design)
    return {
        name: unscaled(prior, *places[name]) if name in places else prior
        for name, prior in scaled_default_priors(model, design, units).items()
    }


def scaled_default_priors(model: Specification, design: Design, units: Units) -> dict[str, Prior]:
    """Return the priors of `default_priors` as those of the parameters that programs sample.

    Parameters
    ----------
    model : Specification
    design : Design
        In the units of the data.
    units : Units
        Its centres and scales.
    """
    data = units.scaled(design)
    weights = _weights(data)
    priors: dict[str, Prior] = {"theta": Dirichlet(1.0)}
    if units.log_link:
        location, sd = _log_rate(data, weights), 1.0
        priors["mu"] = LogNormal(location, 1.5)
    elif data.dimensions:
        priors.update(_by_column(data, weights, pooled(model)))
        return {**priors, **_of_gating(data, weights, units)}
    else:
        location, sd = robust.moments(data.y, weights)
        priors.update(_of_normal(location, sd))
        if not units.X.ones.any():
            location, sd = robust.moments(data.y, weights, 0.0)
    coefficients = _coefficients(data.X, weights, units.X, location, sd)
    for name, prior in zip(data.covariates, coefficients, strict=True):
        priors[f"beta[{name}]"] = prior
    return {**priors, **_of_gating(data, weights, units)}


def _weights(design: Design) -> Array:
    weights = design.rows.weights
    return np.ones(len(design.y)) if weights is None else weights


def _log_rate(data: Design, weights: Array) -> float:
    """Return the log of the mean count at an offset of zero."""
    offset = data.rows.offset
    exposure = np.ones(len(data.y)) if offset is None else np.exp(offset)
    # A rate is trusted by its exposure; a row without any tells nothing.
    seen = exposure > 0
    rate = data.y[seen] / exposure[seen]
    mean = robust.moments(rate, (weights * exposure)[seen])[0]
    return math.log(mean)


def _of_normal(mean: float, sd: float, ending: str = "") -> dict[str, Prior]:
    """Return the priors of means and scales in data of a mean and sd."""
    return {
        f"mu{ending}": Normal(mean, WIDTH * sd),
        f"sigma{ending}": LogNormal(math.log(sd / 2), 1.0),
    }


def _by_column(data: Design, weights: Array, one: Collection[str]) -> dict[str, Prior]:
    """Return the priors of means and scales of responses of several columns."""
    priors: dict[str, Prior] = {}
    moments = [robust.moments(column, weights) for column in data.y.T]
    for name, (mean, sd) in zip(data.dimensions, moments, strict=True):
        priors.update(_of_normal(mean, sd, f"[{name}]"))
    if "mu" in one:
        D = len(moments)
        priors["mu"] = _of_normal(*robust.moments(data.y.T.ravel(), np.tile(weights, D)))["mu"]
    if "sigma" in one:
        sd = math.sqrt(float(np.mean([sd**2 for _, sd in moments])))
        priors["sigma"] = _of_normal(0.0, sd)["sigma"]
    return priors


def _of_gating(data: Design, weights: Array, units: Units) -> dict[str, Prior]:
    rows = data.rows
    if rows.Z is None or units.Z is None:
        return {}
    coefficients = _coefficients(rows.Z, weights, units.Z, 0.0, 1.0)
    return {
        f"gamma[{name}]": prior
        for name, prior in zip(rows.gating_covariates, coefficients, strict=True)
    }


def _coefficients(
    X: Array, weights: Array, columns: Columns, location: float, sd: float
) -> list[Prior]:
    """Return priors of the coefficients of scaled covariates (N, P).

    Parameters
    ----------
    location, sd : float
        Of what the predictor is to lie about.
    """
    return [
        Normal(location * math.copysign(1.0, ones), WIDTH * sd)
        if ones
        else Normal(0.0, WIDTH * sd / spread)
        for ones, spread in zip(columns.ones, _given_others(X, weights, columns), strict=True)
    ]


def _given_others(X: Array, weights: Array, columns: Columns) -> Array:
    """Return the sd of each scaled covariate (N, P) given the others, where these explain it."""
    about = [robust.median(column, weights) if columns.ones.any() else 0.0 for column in X.T]
    near = [
        column if makes_constant else robust.clipped(column, weights, centre)
        for column, makes_constant, centre in zip(X.T, columns.ones, about, strict=True)
    ]
    # Where a column differs from a combination of others in its outliers alone, or in rows that
    # do not count alone, these must do.
    for values, counted in ((np.stack(near, 1), weights), (X, weights), (X, np.ones(len(X)))):
        spread = _residual_sds(np.sqrt(counted / counted.sum())[:, None] * values)
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
