"""Families of one response by SciPy's own parameters, of values of stanmix's by name."""

from __future__ import annotations

import numpy as np
from scipy import special, stats

SCIPY = {
    "normal": lambda v: stats.norm(v["mu"], v["sigma"]),
    "student_t": lambda v: stats.t(v["nu"], v["mu"], v["sigma"]),
    "cauchy": lambda v: stats.cauchy(v["mu"], v["sigma"]),
    "laplace": lambda v: stats.laplace(v["mu"], v["sigma"]),
    # SciPy's scales of the two sides are sigma kappa and sigma / kappa.
    "asymmetric_laplace": lambda v: stats.laplace_asymmetric(
        kappa=np.sqrt(v["quantile"] / (1 - v["quantile"])),
        loc=v["mu"],
        scale=v["sigma"] / 2 / np.sqrt(v["quantile"] * (1 - v["quantile"])),
    ),
    "logistic": lambda v: stats.logistic(v["mu"], v["sigma"]),
    "gumbel": lambda v: stats.gumbel_r(v["mu"], v["sigma"]),
    "skew_normal": lambda v: stats.skewnorm(v["alpha"], v["mu"], v["sigma"]),
    "exgaussian": lambda v: stats.exponnorm(v["tau"] / v["sigma"], v["mu"], v["sigma"]),
    "lognormal": lambda v: stats.lognorm(v["sigma"], scale=np.exp(v["mu"])),
    "gamma": lambda v: stats.gamma(v["shape"], scale=v["mu"] / v["shape"]),
    "exponential": lambda v: stats.expon(scale=v["mu"]),
    "weibull": lambda v: stats.weibull_min(
        v["shape"], scale=v["mu"] / special.gamma(1 + 1 / v["shape"])
    ),
    "inverse_gaussian": lambda v: stats.invgauss(v["mu"] / v["shape"], scale=v["shape"]),
    "frechet": lambda v: stats.invweibull(v["shape"], scale=v["mu"]),
    "loglogistic": lambda v: stats.fisk(v["shape"], scale=v["mu"]),
    "pareto": lambda v: stats.pareto(1 / v["mu"], scale=v["minimum"]),
    "beta": lambda v: stats.beta(v["mu"] * v["phi"], (1 - v["mu"]) * v["phi"]),
    "von_mises": lambda v: stats.vonmises(v["kappa"], v["mu"]),
    "poisson": lambda v: stats.poisson(v["mu"]),
    "negative_binomial": lambda v: stats.nbinom(v["phi"], v["phi"] / (v["phi"] + v["mu"])),
    "geometric": lambda v: stats.geom(1 / (1 + v["mu"]), loc=-1),
    "bernoulli": lambda v: stats.bernoulli(v["mu"]),
    "binomial": lambda v: stats.binom(v["trials"], v["mu"]),
    "beta_binomial": lambda v: stats.betabinom(
        v["trials"], v["mu"] * v["phi"], (1 - v["mu"]) * v["phi"]
    ),
}
