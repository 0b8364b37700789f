"""A family whose responses lie between stated ends, given that they do."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable

import numpy as np

from stanmix.model.families import truncation
from stanmix.model.families.entry import Array, Family, StanDensity, Values
from stanmix.model.parameters import IDENTITY, REAL, Parameter, Role

__all__ = ["LEAST", "MOST", "truncated"]

LEAST = Parameter("least", "least response", "least responses", REAL, IDENTITY, Role.LOCATION,
                  stated=True)  # fmt: skip
MOST = Parameter("most", "largest response", "largest responses", REAL, IDENTITY, Role.LOCATION,
                 stated=True)  # fmt: skip

# Of the exponential-sinh rule on a half line, and the tanh-sinh rule between two ends.
_STEPS = np.arange(-3.6, 3.61, 0.08)


@functools.cache
def truncated(base: Family, lower: bool, upper: bool) -> Family:
    """Return a family truncated at stated ends, which are among its responses.

    Parameters
    ----------
    base : Family
        Of one response, with `tails`.
    lower, upper : bool
        Whether there is such an end; its value is the constant ``least`` or ``most``.
    """
    ends = (LEAST,) * lower + (MOST,) * upper

    def log_recorded(values: Values) -> Array:
        """Return the log probability between the ends."""
        return truncation.log_between(base, values.get("least"), values.get("most"), values)

    def log_density(y: Array, values: Values) -> Array:
        within = truncation.inside(y, values.get("least"), values.get("most"))
        # In place of others any response will do that the family takes.
        usual = np.where(within, y, values["least"] if lower else values["most"])
        with np.errstate(invalid="ignore"):
            density = base.log_density(usual, values) - log_recorded(values)
        return np.asarray(np.where(within, density, -np.inf))

    def share(y: Array, values: Values) -> Array:
        """Return the probability of more than y, or where there is no lower end of at most y."""
        if lower:
            after = np.floor(y) + 1.0 if base.counts else y
            found = truncation.log_from(base, after, values.get("most"), values)
        else:
            found = truncation.log_up_to(base, None, y, values)
        return np.asarray(np.exp(np.minimum(found - log_recorded(values), 0.0)))

    def cdf(y: Array, values: Values) -> Array:
        if not lower:
            return share(y, values)
        found = 1.0 - share(y, values)
        found = np.where(y < values["least"], 0.0, found)
        return np.asarray(np.where(y >= values["most"], 1.0, found) if upper else found)

    def own(values: Values) -> tuple[dict[str, Array], Array | None, Array | None]:
        """Return the values of the family's own parameters, and the ends beside them."""
        named = {name: each for name, each in values.items() if name not in ("least", "most")}
        return named, values.get("least"), values.get("most")

    def sample(rng: np.random.Generator, values: Values) -> Array:
        shape = np.broadcast_shapes(*(np.shape(value) for value in values.values()))
        named, *ends = own({name: np.broadcast_to(v, shape) for name, v in values.items()})
        return truncation.sample(base, rng, named, *ends)

    def mean(values: Values) -> Array:
        named, *ends = own(values)
        return truncation.mean(base, named, *ends)

    def variance(values: Values) -> Array:
        return _variance(lambda y: share(y, values), mean(values), values, base, lower, upper)

    def within(values: Values) -> tuple[Array, Array]:
        low, high = base.support(values)
        least, most = values.get("least", low), values.get("most", high)
        return np.maximum(low, least), np.minimum(high, most)

    stan = base.stan
    named = StanDensity(
        f"truncated_{base.name}",
        (*(f"{{{one.name}}}" for one in ends), *stan.arguments),
    )
    return dataclasses.replace(
        base,
        name=f"truncated_{base.name}",
        adjective=f"truncated {base.adjective}",
        plural=f"truncated {base.plural}",
        parameters=(*base.parameters, *ends),
        log_density=log_density,
        mean=mean,
        sample=sample,
        variance=variance,
        cdf=cdf,
        stan=named,
        ends=within if base.ends else None,
        tails=None,
        base=base,
        _by_name={},
    )


def _unit(values: Values, base: Family) -> Array:
    """Return a length of the distribution before it is truncated."""
    with np.errstate(all="ignore"):
        centre, spread = base.centre(values), np.sqrt(base.variance(values))
    return np.where(np.isfinite(spread) & (spread > 0), spread, np.abs(centre) + 1.0)


def _variance(
    share: Callable[[Array], Array],
    mean: Array,
    values: Values,
    base: Family,
    lower: bool,
    upper: bool,
) -> Array:
    """Return the variance, of the integral of 2 x P(X > x), where X is the distance from an end."""
    if base.counts:
        return _of_counts(mean, values, base, lower, upper)
    unit = _unit(values, base)
    end = values["least"] if lower else values["most"]
    low, high = base.support(values)
    between = values.get("most", high) - values.get("least", low)
    width = between if np.isfinite(between).all() else None
    square = np.zeros(np.broadcast_shapes(*(np.shape(v) for v in values.values())))
    for at in _STEPS:
        if width is None:
            x = unit * np.exp(0.5 * np.pi * np.sinh(at))
            weight = x * 0.5 * np.pi * np.cosh(at)
        else:
            turned = np.pi * np.sinh(at)
            x = width / (1 + np.exp(-turned))
            weight = width * np.pi * np.cosh(at) / (2 + 2 * np.cosh(turned))
        square = square + 2 * weight * x * share(end + x if lower else end - x)
    return np.asarray(square * (_STEPS[1] - _STEPS[0]) - (mean - end) ** 2)


def _of_counts(mean: Array, values: Values, base: Family, lower: bool, upper: bool) -> Array:
    """Return the variance of counts: of all without those beyond the ends."""
    least = values["least"] if lower else np.zeros(())
    square: Array | float = 0.0
    total: Array | float = 0.0
    sign = 1.0
    counted = np.arange(float(np.max(values["most"])) + 1) if upper else np.arange(np.max(least))
    if not upper:
        square, total, sign = base.variance(values) + base.mean(values) ** 2, 1.0, -1.0
    for count in counted:
        with np.errstate(divide="ignore"):
            mass = np.exp(base.log_density(np.asarray(count), values))
        within = (count >= least) & (count <= values["most"]) if upper else count < least
        mass = np.where(within, mass, 0.0)
        square = square + sign * count**2 * mass
        total = total + sign * mass
    return np.asarray(square / total - mean**2)
