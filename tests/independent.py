"""The mixtures' log density written again, with SciPy, for the tests to compare with."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special, stats

import stanmix
from stanmix import program

PRIORS = {
    0: lambda x, a: np.zeros_like(x),
    1: lambda x, a: stats.norm.logpdf(x, a[0], a[1]),
    2: lambda x, a: stats.t.logpdf(x, a[0], a[1], a[2]),
    3: lambda x, a: stats.cauchy.logpdf(x, a[0], a[1]),
    4: lambda x, a: stats.laplace.logpdf(x, a[0], a[1]),
    5: lambda x, a: stats.logistic.logpdf(x, a[0], a[1]),
    6: lambda x, a: stats.halfnorm.logpdf(x, scale=a[0]),
    7: lambda x, a: stats.t.logpdf(x, a[0], 0, a[1]) + np.log(2),
    8: lambda x, a: stats.expon.logpdf(x, scale=1 / a[0]),
    9: lambda x, a: stats.gamma.logpdf(x, a[0], scale=1 / a[1]),
    10: lambda x, a: stats.invgamma.logpdf(x, a[0], scale=a[1]),
    11: lambda x, a: stats.lognorm.logpdf(x, a[1], scale=np.exp(a[0])),
    12: lambda x, a: stats.uniform.logpdf(x, a[0], a[1] - a[0]),
}


def simplex(u: np.ndarray) -> tuple[np.ndarray, float]:
    """Stick-breaking, as Stan up to 2.36 has it (Reference Manual, Unit simplex)."""
    K = len(u) + 1
    rest, x, jacobian = 1.0, [], 0.0
    for k, value in enumerate(u, 1):
        z = special.expit(value - np.log(K - k))
        x.append(rest * z)
        jacobian += np.log(rest) + np.log(z) + np.log1p(-z)
        rest -= x[-1]
    return np.array([*x, rest]), jacobian


def ordered(u: np.ndarray) -> tuple[np.ndarray, float]:
    return np.cumsum(np.concatenate([u[:1], np.exp(u[1:])])), float(u[1:].sum())


def positive_ordered(u: np.ndarray) -> tuple[np.ndarray, float]:
    return np.cumsum(np.exp(u)), float(u.sum())


def bounded(u: np.ndarray, lower: float, upper: float) -> tuple[np.ndarray, float]:
    if np.isinf(upper):
        return lower + np.exp(u), float(u.sum())
    z = special.expit(u)
    jacobian = np.log(upper - lower) + special.log_expit(u) + special.log_expit(-u)
    return lower + (upper - lower) * z, float(jacobian.sum())


class Point:
    """Reads an unconstrained vector from the front."""

    def __init__(self, values: np.ndarray) -> None:
        self.values, self.at = values, 0

    def take(self, count: int) -> np.ndarray:
        self.at += count
        return self.values[self.at - count : self.at]


def parameters(
    model: stanmix.Mixture, data: dict[str, Any], u: np.ndarray
) -> tuple[dict[str, np.ndarray], float]:
    """Constrained parameters, and the log Jacobian determinant."""
    parts, K, point = program.structure(model), data["K"], Point(u)
    total = 0.0
    result: dict[str, np.ndarray] = {}
    if parts.theta == "free":
        result["theta"], jacobian = simplex(point.take(K - 1))
        total += jacobian
    else:
        result["theta"] = np.asarray(data["theta"])
    if not parts.regression:
        mu = point.take(K)
        result["mu"], jacobian = ordered(mu) if parts.order == "mu" else (mu, 0.0)
        total += jacobian
    else:
        P = data["P"]
        if parts.order == "beta":
            j = data["ordered_covariate"] - 1
            one, jacobian = ordered(point.take(K))
            rest = point.take(K * (P - 1)).reshape(K, P - 1)
            result["beta"] = np.insert(rest, j, one, axis=1)
            total += jacobian
        else:
            result["beta"] = point.take(K * P).reshape(K, P)
    if parts.sigma == "known":
        result["sigma"] = np.asarray(data["sigma"])
    elif parts.order == "sigma":
        result["sigma"], jacobian = positive_ordered(point.take(K))
        total += jacobian
    else:
        count = 1 if parts.sigma == "shared" else K
        values, jacobian = bounded(point.take(count), data["sigma_lower"], data["sigma_upper"])
        result["sigma"] = np.repeat(values, K) if parts.sigma == "shared" else values
        total += jacobian
    assert point.at == len(u)
    return result, total


def log_likelihood(
    y: np.ndarray, X: np.ndarray | None, values: dict[str, np.ndarray]
) -> np.ndarray:
    """Log density of each observation, the component summed out one by one."""
    terms = []
    for k, weight in enumerate(values["theta"]):
        location = values["mu"][k] if X is None else X @ values["beta"][k]
        terms.append(np.log(weight) + stats.norm.logpdf(y, location, values["sigma"][k]))
    return special.logsumexp(terms, axis=0)


def log_posterior(model: stanmix.Mixture, data: dict[str, Any], u: np.ndarray) -> float:
    """Log prior + log likelihood + log Jacobian at an unconstrained point."""
    parts = program.structure(model)
    values, total = parameters(model, data, u)
    if parts.theta == "free":
        total += stats.dirichlet.logpdf(values["theta"], data["theta_prior"])
    if parts.regression:
        for p, (code, a) in enumerate(
            zip(data["beta_prior"], data["beta_prior_arguments"], strict=True)
        ):
            total += PRIORS[code](values["beta"][:, p], a).sum()
    else:
        total += PRIORS[data["mu_prior"]](values["mu"], data["mu_prior_arguments"]).sum()
    if parts.sigma != "known":
        sigma = values["sigma"][:1] if parts.sigma == "shared" else values["sigma"]
        total += PRIORS[data["sigma_prior"]](sigma, data["sigma_prior_arguments"]).sum()
    X = data["X"] if parts.regression else None
    return float(total + log_likelihood(np.asarray(data["y"]), X, values).sum())


def random_points(
    model: stanmix.Mixture, data: dict[str, Any], count: int, seed: int
) -> np.ndarray:
    """Unconstrained points where the parameters lie about where the data do."""
    rng = np.random.default_rng(seed)
    parts, K = program.structure(model), data["K"]
    mean, log_sd = np.mean(data["y"]), np.log(np.std(data["y"]))
    points = []
    for _ in range(count):
        u: list[np.ndarray] = []
        if parts.theta == "free":
            u.append(rng.normal(size=K - 1))
        sd = np.exp(log_sd)
        if not parts.regression:
            mu = mean + sd * rng.normal(size=K)
            if parts.order == "mu":
                mu[1:] = log_sd + rng.normal(size=K - 1)
            u.append(mu)
        else:
            slopes = sd * rng.normal(size=K * data["P"])
            if parts.order == "beta":
                slopes[1:K] = np.log(sd) + 0.5 * rng.normal(size=K - 1)
            u.append(slopes)
        if parts.sigma != "known":
            bounded_above = np.isfinite(data.get("sigma_upper", np.inf))
            size = 1 if parts.sigma == "shared" else K
            u.append((0.0 if bounded_above else log_sd) + rng.normal(size=size))
        points.append(np.concatenate(u))
    return np.array(points)
