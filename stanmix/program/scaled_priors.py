"""Priors in other units: of a parameter about another centre and in units of another scale."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import fields

import numpy as np

from stanmix.errors import InputError
from stanmix.model import priors
from stanmix.model.priors import Prior
from stanmix.model.responses import turned

__all__ = ["around", "scaled", "unscaled"]

# What happens to an argument when (parameter - centre) / scale takes the parameter's place.
Change = Callable[[float, float, float], float]


def _shape(value: float, centre: float, scale: float) -> float:
    return value


def _location(value: float, centre: float, scale: float) -> float:
    return (value - centre) / scale


def _scale(value: float, centre: float, scale: float) -> float:
    return value / scale


def _rate(value: float, centre: float, scale: float) -> float:
    return value * scale


def _log_location(value: float, centre: float, scale: float) -> float:
    return value - math.log(scale)


_BACK: dict[Change, Change] = {
    _shape: _shape,
    _location: lambda value, centre, scale: value * scale + centre,
    _scale: _rate,
    _rate: _scale,
    _log_location: lambda value, centre, scale: value + math.log(scale),
}

# The arguments of each distribution, in their order.
_ARGUMENTS: dict[type[Prior], tuple[Change, ...]] = {
    priors.Flat: (),
    priors.Normal: (_location, _scale),
    priors.StudentT: (_shape, _location, _scale),
    priors.Cauchy: (_location, _scale),
    priors.Laplace: (_location, _scale),
    priors.Logistic: (_location, _scale),
    priors.HalfNormal: (_scale,),
    priors.HalfStudentT: (_shape, _scale),
    priors.Exponential: (_rate,),
    priors.Gamma: (_shape, _rate),
    priors.InverseGamma: (_shape, _scale),
    priors.LogNormal: (_log_location, _shape),
    priors.Uniform: (_location, _location),
    priors.Weibull: (_shape, _scale),
    priors.Frechet: (_shape, _scale),
    priors.LogLogistic: (_scale, _shape),
    priors.Pareto: (_scale, _shape),
    priors.ParetoType2: (_location, _scale, _shape),
    priors.Gumbel: (_location, _scale),
    priors.SkewNormal: (_location, _scale, _shape),
    priors.AsymmetricLaplace: (_location, _scale, _shape),
    priors.ExGaussian: (_location, _scale, _rate),
    priors.Beta: (_shape, _shape),  # of what has no unit
}


def scaled(prior: Prior, centre: float, scale: float) -> Prior:
    """Return the prior of (x - centre) / scale, where x has the prior given.

    Parameters
    ----------
    prior : Prior
        Of a number; not `Dirichlet`, which is of weights. `Beta` is of what has no unit: there
        `centre` is 0 and `scale` 1.
    centre : float
        0 where the prior is one of positive values.
    scale : float
        Positive.

    Raises
    ------
    InputError
        If an argument becomes too large or too small to be represented.
    """
    prior = prior.plain()
    return _changed(prior, _ARGUMENTS[type(prior)], centre, scale)


def around(prior: Prior, centre: float) -> Prior:
    """Return the prior of an angle from a centre on, its location within half a turn of that."""
    moved = scaled(prior, centre, 1.0)
    changes = zip(_ARGUMENTS[type(moved)], fields(moved), strict=True)
    places = [getattr(moved, item.name) for change, item in changes if change is _location]
    if not places:
        return moved
    middle = sum(places) / len(places)
    return scaled(moved, middle - float(turned(np.asarray(middle), 0.0)), 1.0)


def unscaled(prior: Prior, centre: float, scale: float) -> Prior:
    """Return the prior of x, where (x - centre) / scale has the prior given; see `scaled`."""
    back = tuple(_BACK[change] for change in _ARGUMENTS[type(prior)])
    return _changed(prior, back, centre, scale)


def _changed(prior: Prior, changes: tuple[Change, ...], centre: float, scale: float) -> Prior:
    values = [float(getattr(prior, item.name)) for item in fields(prior)]
    try:
        return type(prior)(
            *(change(value, centre, scale) for change, value in zip(changes, values, strict=True))
        )
    except (InputError, OverflowError) as error:
        raise InputError(
            f"{prior!r} cannot be brought to the scale of the data, {scale:g}: an argument would "
            "be zero or infinite. State a prior nearer to that scale, or give the data in other "
            "units."
        ) from error
