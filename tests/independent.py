"""The mixtures' log density written again, with SciPy, for the tests to compare with."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import linalg, special, stats

import stanmix
from stanmix.program import structure

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


def positive(u: np.ndarray) -> tuple[np.ndarray, float]:
    return np.exp(u), float(u.sum())


def contrasts(K: int) -> np.ndarray:
    """Orthonormal columns that sum to zero (K, K - 1): Helmert's, as SciPy has them."""
    return linalg.helmert(K).T


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


def sampled(
    model: stanmix.Mixture, data: dict[str, Any], u: np.ndarray
) -> tuple[dict[str, np.ndarray], float]:
    """What a program samples, each component's spread out, and the log Jacobian determinant.

    Coefficients are under ``beta_scaled`` and ``gamma_scaled`` whatever the program orders.
    """
    parts, K, point = structure.structure(model), data["K"], Point(u)
    total = 0.0
    result: dict[str, np.ndarray] = {}
    if parts.gating:
        free = point.take((K - 1) * data["Q"]).reshape(K - 1, data["Q"])
        result["gamma_scaled"] = contrasts(K) @ free
    elif parts.theta == "free":
        result["theta"], jacobian = simplex(point.take(K - 1))
        total += jacobian
    else:
        result["theta"] = np.asarray(data["theta"])
    if parts.covariance:
        result["mu_scaled"], jacobian = vector_means(parts, data, point)
        total += jacobian
    elif not parts.regression:
        mu = point.take(K)
        if parts.family == "poisson":
            transform = positive_ordered if parts.order == "mu" else positive
            mu, jacobian = transform(mu)
        else:
            mu, jacobian = ordered(mu) if parts.order == "mu" else (mu, 0.0)
        counts_alone = parts.family == "poisson" and not parts.offset
        result["mu" if counts_alone else "mu_scaled"] = mu
        total += jacobian
    else:
        P = data["P"]
        if parts.order == "beta":
            j = data["ordered_covariate"] - 1
            one, jacobian = ordered(point.take(K))
            beta = np.insert(point.take(K * (P - 1)).reshape(K, P - 1), j, one, axis=1)
            # An intercept is ordered at covariates of zero, and is sampled at their centres.
            constant = beta @ (np.asarray(data["X_centre"]) / data["X_scale"])
            beta[:, j] += constant * data["X_ones"][j] * data["X_scale"][j]
            result["beta_scaled"] = beta
            total += jacobian
        else:
            result["beta_scaled"] = point.take(K * P).reshape(K, P)
    if parts.sigma == "none":
        pass
    elif parts.sigma == "known":
        result["sigma_scaled"] = np.asarray(data["sigma"]) / data["y_scale"]
    elif parts.order == "sigma":
        result["sigma_scaled"], jacobian = positive_ordered(point.take(K))
        total += jacobian
    elif parts.covariance == "diagonal":
        rows = [point.take(data["D"]) for _ in range(1 if parts.sigma == "shared" else K)]
        scales = np.empty((len(rows), data["D"]))
        for (k, d), u_kd in np.ndenumerate(rows):
            scales[k, d], jacobian = bounded(u_kd, data["sigma_lower"][d], data["sigma_upper"][d])
            total += jacobian
        result["sigma_scaled"] = np.broadcast_to(scales, (K, data["D"]))
    else:
        count = 1 if parts.sigma == "shared" else K
        values, jacobian = bounded(point.take(count), data["sigma_lower"], data["sigma_upper"])
        result["sigma_scaled"] = np.repeat(values, K) if parts.sigma == "shared" else values
        total += jacobian
    assert point.at == len(u)
    return result, total


def parameters(
    model: stanmix.Mixture, data: dict[str, Any], u: np.ndarray
) -> tuple[dict[str, np.ndarray], float]:
    """Parameters in the units of the data, and the log Jacobian determinant of what is sampled."""
    values, total = sampled(model, data, u)
    result = {name: values[name] for name in ("theta", "mu") if name in values}
    if "mu_scaled" in values and model.family == "poisson":
        result["mu"] = values["mu_scaled"] / np.exp(data["offset_centre"])
    elif "mu_scaled" in values:
        result["mu"] = values["mu_scaled"] * data["y_scale"] + data["y_centre"]
    if "sigma_scaled" in values:
        result["sigma"] = values["sigma_scaled"] * data["y_scale"]
    # A predictor is what it was, x by x: slopes change by the ratio of the scales, and the
    # columns that make up a constant take the rest.
    for name, X in (("beta", "X"), ("gamma", "Z")):
        if f"{name}_scaled" in values:
            scale, centre = scale_and_centre(data) if name == "beta" else (1.0, 0.0)
            slopes = scale * values[f"{name}_scaled"] / data[f"{X}_scale"]
            rest = centre - slopes @ np.asarray(data[f"{X}_centre"])
            result[name] = slopes + np.outer(rest, data[f"{X}_ones"])
    return result, total


def scale_and_centre(data: dict[str, Any]) -> tuple[float, float]:
    """Of the linear predictor of means."""
    return data.get("y_scale", 1.0), data.get("y_centre", -data.get("offset_centre", 0.0))


def vector_means(
    parts: structure.Structure, data: dict[str, Any], point: Point
) -> tuple[np.ndarray, float]:
    """Means of vectors of responses, (K,) or (K, D), and the log Jacobian determinant."""
    K, D = data["K"], data["D"]
    if parts.mean == "common":
        return ordered(point.take(K)) if parts.order == "mu" else (point.take(K), 0.0)
    if parts.order != "mu":
        return point.take(K * D).reshape(K, D), 0.0
    one, jacobian = ordered(point.take(K))
    rest = point.take(K * (D - 1)).reshape(K, D - 1)
    return np.insert(rest, data["ordered_coordinate"] - 1, one, axis=1), jacobian


def log_likelihood(
    y: np.ndarray, X: np.ndarray | None, values: dict[str, np.ndarray]
) -> np.ndarray:
    """Log density of each observation, the component summed out one by one."""
    terms = []
    for k, weight in enumerate(values["theta"]):
        location = values["mu"][k] if X is None else X @ values["beta"][k]
        terms.append(np.log(weight) + stats.norm.logpdf(y, location, values["sigma"][k]))
    return special.logsumexp(terms, axis=0)


def total_log_likelihood(model: stanmix.Mixture, data: dict[str, Any], values: dict) -> float:
    """Log likelihood, class by class: the rows that share a class are multiplied first."""
    y, N, K = np.asarray(data["y"]), data["N"], data["K"]
    offset = np.asarray(data.get("offsets", np.zeros(N)))
    weight = np.asarray(data.get("weights", np.ones(N)))
    rows = np.empty((K, N))
    for k in range(K):
        location = data["X"] @ values["beta"][k] if model.regression else values["mu"][k]
        if model.family == "mvnormal":
            spread = np.diag(np.broadcast_to(values["sigma"][k], data["D"]) ** 2)
            centre = np.broadcast_to(location, data["D"])
            rows[k] = stats.multivariate_normal.logpdf(y, centre, spread)
        elif model.family == "normal":
            rows[k] = stats.norm.logpdf(y, location + offset, values["sigma"][k])
        else:
            mean = np.exp(location) if model.regression else location
            rows[k] = stats.poisson.logpmf(y, mean * np.exp(offset))
    if "gamma" in values:
        prior = special.log_softmax(data["Z"] @ values["gamma"].T, axis=1)
    else:
        prior = np.log(values["theta"])[None, :]
    if "group" not in data:
        return float(weight @ special.logsumexp(rows.T + prior, axis=1))
    total = 0.0
    for g in range(data["G"]):
        here = np.asarray(data["group"]) == g + 1
        total += special.logsumexp(prior[g % len(prior)] + rows[:, here] @ weight[here])
    return total


def log_posterior(model: stanmix.Mixture, data: dict[str, Any], u: np.ndarray) -> float:
    """Log prior + log likelihood + log Jacobian at an unconstrained point.

    The likelihood is that of the data in their units, at parameters in those units; only then is
    it brought to the response that the program sees, which has another unit.
    """
    parts = structure.structure(model)
    values, total = parameters(model, data, u)
    if parts.gating:
        at = coefficients_with_priors("gamma", "Z", data, values["gamma"], 1.0, 0.0)
        total += log_priors(at.T, data, "gamma")
    elif parts.theta == "free":
        total += stats.dirichlet.logpdf(values["theta"], data["theta_prior"])
    if parts.regression:
        at = coefficients_with_priors("beta", "X", data, values["beta"], *scale_and_centre(data))
        total += log_priors(at.T, data, "beta")
    elif parts.family == "poisson":
        mu = values["mu"] * np.exp(data.get("offset_centre", 0.0))
        total += log_priors([mu], data, "mu")
    else:
        mu = (values["mu"] - data["y_centre"]) / data["y_scale"]
        total += log_priors(mu.T if parts.covariance and parts.mean == "free" else [mu], data, "mu")
    if parts.sigma not in ("known", "none"):
        sigma = (values["sigma"] / data["y_scale"])[: 1 if parts.sigma == "shared" else None]
        total += log_priors(sigma.T if parts.covariance == "diagonal" else [sigma], data, "sigma")
    total += total_log_likelihood(model, data, values)
    weight = np.sum(data.get("weights", data["N"]))
    D = data.get("D", 1)
    return float(total + weight * np.log(np.broadcast_to(data.get("y_scale", 1.0), D)).sum())


def log_priors(columns: Any, data: dict[str, Any], name: str) -> float:
    """Log prior of values that have a prior each column, or one."""
    codes = np.atleast_1d(data[f"{name}_prior"])
    arguments = np.atleast_2d(data[f"{name}_prior_arguments"])
    return sum(
        PRIORS[code](column, a).sum()
        for column, code, a in zip(columns, codes, arguments, strict=True)
    )


def coefficients_with_priors(
    name: str, X: str, data: dict[str, Any], values: np.ndarray, scale: float, centre: float
) -> np.ndarray:
    """What the priors of coefficients (K, P) are of: at covariates of zero or at their centres."""
    ones, at_zero = np.asarray(data[f"{X}_ones"]), np.asarray(data[f"{name}_prior_at_zero"])
    at_centres = values + np.outer(values @ np.asarray(data[f"{X}_centre"]), ones)
    moved = np.where(at_zero == 1, values, at_centres) - centre * ones
    return moved * data[f"{X}_scale"] / scale


def random_points(
    model: stanmix.Mixture, data: dict[str, Any], count: int, seed: int
) -> np.ndarray:
    """Unconstrained points where the parameters lie about where the data do."""
    rng = np.random.default_rng(seed)
    parts, K = structure.structure(model), data["K"]
    log_rate = np.log(np.mean(data["y"])) if model.family == "poisson" else 0.0
    points = []
    for _ in range(count):
        u: list[np.ndarray] = []
        if parts.gating:
            u.append(rng.normal(size=(K - 1) * data["Q"]))
        elif parts.theta == "free":
            u.append(rng.normal(size=K - 1))
        if parts.covariance:
            u.append(rng.normal(size=K if parts.mean == "common" else K * data["D"]))
        elif not parts.regression:
            u.append(log_rate + rng.normal(size=K))
        else:
            slopes = rng.normal(size=(K, data["P"]))
            slopes[:, np.flatnonzero(data["X_ones"])[:1]] += log_rate
            if parts.order == "beta":
                slopes = 0.5 * slopes
            u.append(slopes.ravel())
        if parts.sigma not in ("known", "none"):
            shape = [1 if parts.sigma == "shared" else K]
            if parts.covariance == "diagonal":
                shape.append(data["D"])
            u.append(rng.normal(size=shape).ravel())
        points.append(np.concatenate(u))
    return np.array(points)
