"""A family whose responses lie between stated ends, given that they do."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from stanmix.model.families.entry import Array, Family, StanDensity, Values
from stanmix.model.parameters import IDENTITY, REAL, Parameter, Role

__all__ = ["LEAST", "MOST", "truncated"]

LEAST = Parameter("least", "least response", "least responses", REAL, IDENTITY, Role.LOCATION,
                  stated=True)  # fmt: skip
MOST = Parameter("most", "largest response", "largest responses", REAL, IDENTITY, Role.LOCATION,
                 stated=True)  # fmt: skip

TRIALS = 20  # so often is a draw beyond the ends drawn anew, before it is looked for
BISECTIONS = 80  # of the range of doubles on a logarithmic scale, for draws
FARTHEST = 1e12  # sds from an end at which a draw is looked for
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
    step = 1.0 if base.counts else 0.0

    def log_recorded(values: Values) -> Array:
        """Return the log probability between the ends."""
        assert base.tails is not None  # `stanmix.model.checks` refuses families without
        if not upper:
            return base.tails.above(values["least"] - step, values)
        below = base.tails.below(values["most"], values)
        if not lower:
            return below
        above = base.tails.above(values["least"] - step, values)
        left = below < above
        smaller = np.where(
            left,
            base.tails.below(values["least"] - step, values),
            base.tails.above(values["most"], values),
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            larger = np.minimum(below, above)
            return np.asarray(larger + np.log1p(-np.exp(np.minimum(smaller - larger, 0.0))))

    def inside(y: Array, values: Values) -> NDArray[np.bool_]:
        return np.asarray((y >= values.get("least", -np.inf)) & (y <= values.get("most", np.inf)))

    def log_density(y: Array, values: Values) -> Array:
        within = inside(y, values)
        # In place of others any response will do that the family takes.
        usual = np.where(within, y, values["least"] if lower else values["most"])
        with np.errstate(invalid="ignore"):
            density = base.log_density(usual, values) - log_recorded(values)
        return np.asarray(np.where(within, density, -np.inf))

    def share(y: Array, values: Values) -> Array:
        """Return the probability of more than y, or where there is no lower end of at most y."""
        assert base.tails is not None
        recorded = log_recorded(values)
        if lower and upper:
            left = base.tails.below(values["most"], values) < base.tails.above(
                values["least"] - step, values
            )
            with np.errstate(invalid="ignore"):
                of_left = np.exp(base.tails.below(values["most"], values) - recorded) - np.exp(
                    base.tails.below(y, values) - recorded
                )
                of_right = np.exp(base.tails.above(y, values) - recorded) - np.exp(
                    base.tails.above(values["most"], values) - recorded
                )
            found = np.where(left, of_left, of_right)
        else:
            tail = base.tails.above if lower else base.tails.below
            found = np.exp(np.minimum(tail(y, values) - recorded, 0.0))
        return np.asarray(np.clip(found, 0.0, 1.0))

    def cdf(y: Array, values: Values) -> Array:
        if not lower:
            return share(y, values)
        found = 1.0 - share(y, values)
        found = np.where(y < values["least"], 0.0, found)
        return np.asarray(np.where(y >= values["most"], 1.0, found) if upper else found)

    def sample(rng: np.random.Generator, values: Values) -> Array:
        shape = np.broadcast_shapes(*(np.shape(value) for value in values.values()))
        wide = {name: np.broadcast_to(value, shape) for name, value in values.items()}
        drawn = np.array(base.sample(rng, wide), dtype=float)
        for _ in range(TRIALS):  # most ends leave much of a distribution
            outside = ~inside(drawn, wide)
            if not outside.any():
                return drawn
            drawn[outside] = base.sample(rng, {name: v[outside] for name, v in wide.items()})
        outside = ~inside(drawn, wide)
        left = {name: value[outside] for name, value in wide.items()}
        level = rng.random(int(outside.sum()))
        drawn[outside] = _inverse(lambda y: cdf(y, left), level, left, base, lower, upper)
        return drawn

    def moments(values: Values) -> tuple[Array, Array]:
        return _moments(lambda y: share(y, values), values, base, lower, upper)

    stan = base.stan
    named = StanDensity(
        f"truncated_{base.name}",
        (*(f"{{{one.name}}}" for one in ends), *stan.arguments),
        definition="truncated.stan.jinja",
    )
    return dataclasses.replace(
        base,
        name=f"truncated_{base.name}",
        adjective=f"truncated {base.adjective}",
        plural=f"truncated {base.plural}",
        parameters=(*base.parameters, *ends),
        log_density=log_density,
        mean=lambda values: moments(values)[0],
        sample=sample,
        variance=lambda values: moments(values)[1],
        cdf=cdf,
        stan=named,
        ends=None,
        tails=None,
        base=base,
        _by_name={},
    )


def _unit(values: Values, base: Family) -> Array:
    """Return a length of the distribution before it is truncated."""
    with np.errstate(all="ignore"):
        centre, spread = base.centre(values), np.sqrt(base.variance(values))
    return np.where(np.isfinite(spread) & (spread > 0), spread, np.abs(centre) + 1.0)


def _inverse(
    cdf: Callable[[Array], Array],
    level: Array,
    values: Values,
    base: Family,
    lower: bool,
    upper: bool,
) -> Array:
    """Return the least response whose distribution function reaches a level, by bisection."""
    unit = _unit(values, base)
    low = np.broadcast_to(
        values["least"] if lower else values["most"] - FARTHEST * unit, level.shape
    )
    high = np.broadcast_to(
        values["most"] if upper else values["least"] + FARTHEST * unit, level.shape
    )
    low, high = np.array(low, dtype=float), np.array(high, dtype=float)
    if base.counts:
        low = low - 1.0  # reaches no level
    for _ in range(BISECTIONS):
        # Halves the number of bits: distances from the near end differ by magnitudes.
        middle = _between(low, high, base.counts, lower, upper, unit)
        reached = cdf(middle) >= level
        low, high = np.where(reached, low, middle), np.where(reached, middle, high)
    return np.asarray(np.round(high) if base.counts else high)


def _between(low: Array, high: Array, counts: bool, lower: bool, upper: bool, unit: Array) -> Array:
    """Return values between two others: in the middle, or of a wide range nearer to the end."""
    middle = (low + high) / 2
    wide = high - low > 1e3 * unit
    if lower and not upper:
        middle = np.where(wide, low + np.sqrt((high - low) * unit), middle)
    elif upper and not lower:
        middle = np.where(wide, high - np.sqrt((high - low) * unit), middle)
    return np.asarray(np.floor(middle)) if counts else middle


def _moments(
    share: Callable[[Array], Array], values: Values, base: Family, lower: bool, upper: bool
) -> tuple[Array, Array]:
    """Return mean and variance, of integrals of the distribution function from an end on.

    Of a distance X from an end: E X is the integral of P(X > x), and E X^2 that of 2 x P(X > x).
    """
    if base.counts:
        return _moments_of_counts(values, base, lower, upper)
    unit = _unit(values, base)
    end = values["least"] if lower else values["most"]
    first = second = np.zeros(np.broadcast_shapes(*(np.shape(v) for v in values.values())))
    low, high = base.response.ends
    between = values.get("most", np.asarray(high)) - values.get("least", np.asarray(low))
    width = between if np.isfinite(between).all() else None
    for at in _STEPS:
        if width is None:
            x = unit * np.exp(0.5 * np.pi * np.sinh(at))
            weight = x * 0.5 * np.pi * np.cosh(at)
        else:
            turned = np.pi * np.sinh(at)
            x = width / (1 + np.exp(-turned))
            weight = width * np.pi * np.cosh(at) / (2 + 2 * np.cosh(turned))
        beyond = share(end + x if lower else end - x)
        first = first + weight * beyond
        second = second + 2 * weight * x * beyond
    step = _STEPS[1] - _STEPS[0]
    mean, square = first * step, second * step
    return np.asarray(end + mean if lower else end - mean), np.asarray(square - mean**2)


def _moments_of_counts(
    values: Values, base: Family, lower: bool, upper: bool
) -> tuple[Array, Array]:
    """Return mean and variance of counts: of all without those beyond the ends."""
    least = values["least"] if lower else np.zeros(())
    first: Array | float
    second: Array | float
    if upper:
        counted, first, second = np.arange(float(np.max(values["most"])) + 1), 0.0, 0.0
    else:
        mean = base.mean(values)
        first, second = mean, base.variance(values) + mean**2
        counted = np.arange(float(np.max(least)))
    sign = 1.0 if upper else -1.0
    total: Array | float = 0.0 if upper else 1.0
    for count in counted:
        at = np.asarray(count)
        with np.errstate(divide="ignore"):
            mass = np.exp(base.log_density(at, values))
        within = (at >= least) & (at <= values["most"]) if upper else at < least
        mass = np.where(within, mass, 0.0)
        first = first + sign * count * mass
        second = second + sign * count**2 * mass
        total = total + sign * mass
    mean = np.asarray(first / total)
    return mean, np.asarray(second / total - mean**2)
