"""Families of one response by SciPy's own parameters, of values of stanmix's by name."""

from __future__ import annotations

import numpy as np
from scipy import special, stats


class Frozen:
    """A distribution at its arguments: as SciPy freezes one, which takes longer than a density."""

    def __init__(self, dist, *args, **kwds):
        self.dist, self._args, self._kwds = dist, args, kwds

    def __getattr__(self, name):
        method = getattr(self.dist, name)
        return lambda *first: method(*first, *self._args, **self._kwds)

    def stats(self, moments):
        return self.dist.stats(*self._args, **self._kwds, moments=moments)

    def rvs(self, size=None, random_state=None):
        return self.dist.rvs(*self._args, **self._kwds, size=size, random_state=random_state)


class Categories:
    """Numbers of categories, from 1, of log probabilities (..., C); as SciPy's distributions."""

    dist = stats.rv_discrete(name="categories")

    def __init__(self, log_p):
        self.log_p = np.asarray(log_p)

    def logpmf(self, y):
        here = np.asarray(y)[..., None] == 1 + np.arange(self.log_p.shape[-1])
        return np.where(here, self.log_p, 0.0).sum(axis=-1) + np.where(here.any(-1), 0.0, -np.inf)

    def pmf(self, y):
        return np.exp(self.logpmf(y))

    def cdf(self, y):
        below = 1 + np.arange(self.log_p.shape[-1]) <= np.asarray(y)[..., None]
        return np.where(below, np.exp(self.log_p), 0.0).sum(axis=-1)

    def ppf(self, p):
        return 1 + (np.exp(self.log_p).cumsum(axis=-1) < p).sum(axis=-1)

    def mean(self):
        return np.exp(self.log_p)

    def var(self):
        return np.exp(self.log_p) * (1 - np.exp(self.log_p))

    def rvs(self, size=None, random_state=None):
        p = np.broadcast_to(np.exp(self.log_p), (*(size or self.log_p.shape[:-1]), self.C))
        p = p / p.sum(axis=-1, keepdims=True)
        return 1 + random_state.multinomial(1, p).argmax(axis=-1)

    @property
    def C(self):  # noqa: N802 - as the programs call it
        return self.log_p.shape[-1]


def cumulative(latent, v):
    """Categories of a latent response between cutpoints, by the smaller of SciPy's tails."""
    mu, rest = np.asarray(v["mu"])[..., None], np.asarray(v["cutpoints"])
    shape = np.broadcast_shapes(mu.shape[:-1], rest.shape[:-1])
    ends = [
        np.full((*shape, 1), -np.inf),
        np.zeros((*shape, 1)),
        rest,
        np.full((*shape, 1), np.inf),
    ]
    ends = np.concatenate([np.broadcast_to(e, (*shape, e.shape[-1])) for e in ends], axis=-1) - mu
    low, high = ends[..., :-1], ends[..., 1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        below, above = latent.logcdf(high), latent.logsf(low)
        left = np.log1p(-np.exp(latent.logcdf(low) - below))
        right = np.log1p(-np.exp(latent.logsf(high) - above))
    return Categories(np.where(below < above, below + left, above + right))


SCIPY = {
    "normal": lambda v: Frozen(stats.norm, v["mu"], v["sigma"]),
    "student_t": lambda v: Frozen(stats.t, v["nu"], v["mu"], v["sigma"]),
    "cauchy": lambda v: Frozen(stats.cauchy, v["mu"], v["sigma"]),
    "laplace": lambda v: Frozen(stats.laplace, v["mu"], v["sigma"]),
    # SciPy's scales of the two sides are sigma kappa and sigma / kappa.
    "asymmetric_laplace": lambda v: Frozen(
        stats.laplace_asymmetric,
        kappa=np.sqrt(v["quantile"] / (1 - v["quantile"])),
        loc=v["mu"],
        scale=v["sigma"] / 2 / np.sqrt(v["quantile"] * (1 - v["quantile"])),
    ),
    "logistic": lambda v: Frozen(stats.logistic, v["mu"], v["sigma"]),
    "gumbel": lambda v: Frozen(stats.gumbel_r, v["mu"], v["sigma"]),
    "skew_normal": lambda v: Frozen(stats.skewnorm, v["alpha"], v["mu"], v["sigma"]),
    "exgaussian": lambda v: Frozen(stats.exponnorm, v["tau"] / v["sigma"], v["mu"], v["sigma"]),
    "lognormal": lambda v: Frozen(stats.lognorm, v["sigma"], scale=np.exp(v["mu"])),
    "gamma": lambda v: Frozen(stats.gamma, v["shape"], scale=v["mu"] / v["shape"]),
    "exponential": lambda v: Frozen(stats.expon, scale=v["mu"]),
    "weibull": lambda v: Frozen(
        stats.weibull_min, v["shape"], scale=v["mu"] / special.gamma(1 + 1 / v["shape"])
    ),
    "inverse_gaussian": lambda v: Frozen(stats.invgauss, v["mu"] / v["shape"], scale=v["shape"]),
    "frechet": lambda v: Frozen(stats.invweibull, v["shape"], scale=v["mu"]),
    "loglogistic": lambda v: Frozen(stats.fisk, v["shape"], scale=v["mu"]),
    "pareto": lambda v: Frozen(stats.pareto, 1 / v["mu"], scale=v["minimum"]),
    "beta": lambda v: Frozen(stats.beta, v["mu"] * v["phi"], (1 - v["mu"]) * v["phi"]),
    "von_mises": lambda v: Frozen(stats.vonmises, v["kappa"], v["mu"]),
    "poisson": lambda v: Frozen(stats.poisson, v["mu"]),
    "negative_binomial": lambda v: Frozen(stats.nbinom, v["phi"], v["phi"] / (v["phi"] + v["mu"])),
    "geometric": lambda v: Frozen(stats.geom, 1 / (1 + v["mu"]), loc=-1),
    "bernoulli": lambda v: Frozen(stats.bernoulli, v["mu"]),
    "binomial": lambda v: Frozen(stats.binom, v["trials"], v["mu"]),
    "categorical": lambda v: Categories(np.log(v["mu"])),
    "ordinal": lambda v: cumulative(stats.logistic, v),
    "beta_binomial": lambda v: Frozen(
        stats.betabinom, v["trials"], v["mu"] * v["phi"], (1 - v["mu"]) * v["phi"]
    ),
}
