"""Priors that the data contradict, and that move the posterior for all that; and flat ones.

A weakly informative prior that a posterior lies far out in is either a mistake in its units or in
what was expected; and unless the data are many, it pulls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy  # its statistics are loaded when they are first asked for: they take long
from numpy.typing import NDArray

from stanmix.diagnostics.report import Report
from stanmix.inference.exploration.emptied import flat_scales
from stanmix.model.parameters import Role
from stanmix.model.prior_distributions import UNIFORM, distribution, known
from stanmix.posterior.from_draws import METHOD as FOREIGN
from stanmix.posterior.posterior import Posterior
from stanmix.program.coded_priors import coded, codes, lkj
from stanmix.program.coefficients import own
from stanmix.program.columns import entries, keys
from stanmix.program.data import standata
from stanmix.program.variables import Quantity

__all__ = ["Held", "held_against_priors", "improper", "priors"]

Array = NDArray[np.float64]

# Far out is where a normal prior has less than this beyond: three of its sds from the centre.
FAR = 3.0
# A pull of fewer posterior sds than this makes no other posterior of it.
PULL = 0.5
# The posterior lies against a bound that a prior sets where its mean is so many sds from it: half
# a normal distribution has its mean 1.3 sds from its end.
AT_BOUND = 1.5


@dataclass(frozen=True)
class Held:
    """A parameter of a component, held against its prior.

    Attributes
    ----------
    name : str
        As ``mu[2]`` or ``beta[2, x]``.
    parameter : str
        As a prior names it: ``mu``, ``x``.
    out : float
        How far out in the prior the posterior mean lies, in sds of a normal distribution with as
        much beyond; infinite at a bound that the prior sets.
    pull : float
        By how many posterior sds the prior moves the posterior mean, to first order: the slope of
        its log density there, times the posterior variance, in posterior sds. Of a shape both are
        on the log scale.
    """

    name: str
    parameter: str
    out: float
    pull: float

    @property
    def contradicts(self) -> bool:
        """Whether the prior is contradicted, and pulls."""
        return self.out > FAR and self.pull > PULL


def priors(fit: Posterior, report: Report) -> None:
    """Name priors that the data contradict, and a flat one that leaves no posterior.

    Parameters
    ----------
    fit : Posterior
        With aligned draws, where labels may switch. Draws made elsewhere have priors of their own.
    report : Report
    """
    if fit.method == FOREIGN:
        return
    improper(fit, report)
    found = list(held_against_priors(fit))
    report.figures["farthest_in_prior"] = max((one.out for one in found), default=0.0)
    wrong = [one for one in found if one.contradicts]
    if not wrong:
        return
    wrong.sort(key=lambda one: -one.pull)
    said = "; ".join(_in_words(one) for one in wrong[:3])
    more = f"; and {len(wrong) - 3} more" if len(wrong) > 3 else ""
    names = list(dict.fromkeys(one.parameter for one in wrong))
    report.add(
        "priors",
        "problem",
        f"the data contradict {'a prior' if len(names) == 1 else 'priors'}, which "
        f"{'pulls' if len(names) == 1 else 'pull'}: {said}{more}.",
        f"state a wider prior of {', '.join(names[:3])}{', ...' if len(names) > 3 else ''}, as "
        f'priors={{"{names[0]}": ...}}, or correct the data or the units that it was meant for.',
    )


def improper(fit: Posterior, report: Report) -> None:
    """Say where a flat prior may leave the posterior without an integral.

    A mode may be there for all that. Parameters are as in `priors`.
    """
    data = standata(fit.model, fit.design, units=fit.units)
    if not flat_scales(fit.program, data):
        return
    flat = [
        one.name
        for one in fit.program.estimated
        if one.unbounded and not one.shared and not all(known(code) for code in codes(one, data))
    ]
    report.add(
        "improper",
        "note" if fit.method == "map" else "problem",
        f"the prior of {' and '.join(flat)} is flat, so nothing holds that of a component that no "
        "row belongs to: the posterior may be improper (have no integral), and draws may run away, "
        "now or in a longer run.",
        f'state a proper prior, as priors={{"{flat[0]}": stanmix.HalfNormal(...)}}, or leave it to '
        "the default.",
    )


def _in_words(one: Held) -> str:
    place = "lies against its bound" if np.isinf(one.out) else f"lies {one.out:.1f} prior sds out"
    by = "" if np.isinf(one.pull) else f", which moves it by about {one.pull:.1f} posterior sds"
    return f"{one.name} {place}{by}"


def held_against_priors(fit: Posterior) -> Iterator[Held]:
    """Yield the parameters of each component that have a proper prior, held against it.

    Parameters
    ----------
    fit : Posterior
    """
    program, units = fit.program, fit.units
    data = standata(fit.model, fit.design, units=units)
    posterior = {
        one.name: values.reshape(-1, *values.shape[2:])
        for one in program.estimated
        for values in [fit.posterior[one.name].to_numpy()]
    }
    # Priors are in the units in which programs sample, which are the same for all data.
    draws = units.scaled_parameters(program, posterior)
    for one in program.estimated:
        values = draws[one.name]
        if one.weights and one.matrix is None:
            of_each = [str(k + 1) for k in range(values.shape[1])]
            yield from _weights("theta", of_each, values, np.asarray(data["theta_prior"], float))
            continue
        if one.simplex:
            alphas = np.asarray(data[f"{one.name}_prior"], dtype=float)
            by_component = values[:, None] if one.shared else values
            for k, alpha in enumerate(np.broadcast_to(alphas, by_component.shape[1:])):
                whose = "" if one.shared else f"{fit.component_names[k]}, "
                of_each = [f"{whose}{name}" for name in entries(one, fit.design)]
                yield from _weights(one.name, of_each, by_component[:, k], alpha)
            continue
        if one.correlations:
            yield from _correlations(fit, one, values, data)
            continue
        if one.matrix is not None:
            at_zero = np.asarray(data[f"{one.name}_prior_at_zero"], dtype=bool)
            values = np.where(at_zero, units.columns[one.of].at_zero(values), values)
        by_component = values[:, None] if one.shared else values
        by_column = by_component.reshape(*by_component.shape[:2], -1)
        names = list(entries(one, fit.design))
        apart, places = None, [*np.ndindex(*by_column.shape[1:])]
        if one.name in fit.numbers:  # what components share has one prior, and what they lack none
            order, first = np.unique(fit.numbers[one.name], return_index=True)
            places = [places[at] for at in np.sort(first[order > 0])]
            apart = own(fit.numbers[one.name]).reshape(by_column.shape[1:])
        for k, d in places:
            common = one.shared or (apart is not None and not apart[k, d])
            labels = [] if common else [str(fit.component_names[k])]
            labels += [names[d]] if names else []
            name = f"{one.name}[{', '.join(labels)}]" if labels else one.name
            numbers, arguments = coded(one, data, k)
            p = d % len(numbers)  # predictors of one kind have their priors in common
            parameter = keys(one, fit.design)[p]
            if one is program.location and one.matrix is not None:
                parameter = names[p].rpartition(", ")[2]
            code = int(numbers[p])
            if known(code):
                prior = distribution(code, arguments[p])
                if one.vector is not None:
                    prior = _Ranked(prior, d + 1, by_column.shape[2])
                yield _held(name, parameter, by_column[:, k, d], code, prior, one)


def _correlations(
    fit: Posterior, one: Quantity, draws: Array, data: Mapping[str, Any]
) -> Iterator[Held]:
    """Yield correlations, each held against its beta distribution on (-1, 1)."""
    names, columns = list(entries(one, fit.design)), fit.design.y.shape[1]
    by_component = draws[:, None] if one.shared else draws
    for k, p in np.ndindex(*by_component.shape[1:]):
        shape = lkj(one, data, k) - 1 + columns / 2
        prior = scipy.stats.beta(shape, shape, -1.0, 2.0)
        labels = names[p] if one.shared else f"{fit.component_names[k]}, {names[p]}"
        yield _held(f"{one.name}[{labels}]", one.name, by_component[:, k, p], -1, prior, one)


@dataclass(frozen=True)
class _Ranked:
    """The distribution of one of several positive numbers in ascending order."""

    each: Any
    rank: int
    number: int

    def _share(self, x: Any) -> Any:
        at_zero = self.each.cdf(0.0)
        return (self.each.cdf(x) - at_zero) / (1 - at_zero)

    def cdf(self, x: float) -> float:
        return float(self._ranks.cdf(self._share(x)))

    def sf(self, x: float) -> float:
        return float(self._ranks.sf(self._share(x)))

    def logpdf(self, x: float) -> float:
        return float(self._ranks.logpdf(self._share(x)) + self.each.logpdf(x))

    @property
    def _ranks(self) -> Any:
        return scipy.stats.beta(self.rank, self.number + 1 - self.rank)


def _held(name: str, parameter: str, draws: Array, code: int, prior: Any, one: Quantity) -> Held:
    mean, sd = float(draws.mean()), float(draws.std())
    if code == UNIFORM:
        low, high = prior.support()
        # At an end of what the parameter can be no prior holds it back.
        ends = [high - mean] if high < one.support.upper else []
        ends += [mean - low] if low > one.support.lower else []
        at_bound = sd > 0 and min(ends, default=np.inf) < AT_BOUND * sd
        return Held(name, parameter, *((np.inf, np.inf) if at_bound else (0.0, 0.0)))
    log_density = prior.logpdf
    shape = one.parameter is not None and one.parameter.role is Role.SHAPE
    if one.matrix is None and shape and one.positive:
        # It may have no mean: in the prior, and where the data leave it open.
        logarithms = np.log(draws)
        centre, sd = float(logarithms.mean()), float(logarithms.std())
        mean = float(np.exp(centre))

        def log_density(u: float) -> Any:
            return prior.logpdf(np.exp(u)) + u

    else:
        centre = mean
    below, above = float(prior.cdf(mean)), float(prior.sf(mean))
    if one.positive:  # a prior on all numbers is cut at zero
        at_zero = float(prior.cdf(0.0))
        below, above = (below - at_zero) / (1 - at_zero), above / (1 - at_zero)
    out = float(scipy.stats.norm.isf(max(min(below, above), 1e-300)))
    return Held(name, parameter, max(out, 0.0), _pull(log_density, centre, sd))


def _pull(log_density: Callable[[float], Any], mean: float, sd: float) -> float:
    step = 1e-4 * max(abs(mean), sd, 1e-10)
    slope = float(log_density(mean + step) - log_density(mean - step)) / (2 * step)
    return abs(slope) * sd if np.isfinite(slope) else 0.0


def _weights(
    name: str, labels: Sequence[str], draws: Array, concentration: Array
) -> Iterator[Held]:
    """Yield weights, or probabilities of a component, each held against its beta distribution."""
    total = concentration.sum()
    if len(concentration) < 2:
        return
    for k, alpha in enumerate(concentration):
        prior = scipy.stats.beta(alpha, total - alpha)
        mean, sd = float(draws[:, k].mean()), float(draws[:, k].std())
        tail = min(float(prior.cdf(mean)), float(prior.sf(mean)))
        out = float(scipy.stats.norm.isf(max(tail, 1e-300)))
        yield Held(f"{name}[{labels[k]}]", name, max(out, 0.0), _pull(prior.logpdf, mean, sd))
