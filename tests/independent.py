"""The mixtures' log density written again, with SciPy, for the tests to compare with.

What there is of parameters, and how they are constrained, is read from the text of the program;
of what they are the prior or the predictor, from their names and those of the data.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from parameters_block import Declaration, declarations
from scipy import linalg, special, stats
from scipy_families import SCIPY, cumulative
from stan_transforms import Transform, all_constrained, free_shape, isometric_log_ratio

Values = dict[str, np.ndarray]
Data = Mapping[str, Any]


class Statement(Protocol):
    """What is read of a mixture: family and links as they were stated, the text of the program."""

    @property
    def family(self) -> str: ...

    @property
    def link(self) -> Mapping[str, str]: ...

    def program(self) -> str: ...


def skew_double_exponential(x: np.ndarray, mu: float, sigma: float, tau: float) -> np.ndarray:
    """As the Stan Functions Reference writes it."""
    far = np.where(x < mu, (1 - tau) * (mu - x), tau * (x - mu))
    return np.log(2 * tau * (1 - tau) / sigma) - 2 * far / sigma


def ex_mod_normal(x: np.ndarray, mu: float, sigma: float, rate: float) -> np.ndarray:
    """As the Stan Functions Reference writes it, with erfc by the normal distribution function."""
    above = stats.norm.logcdf((x - mu) / sigma - rate * sigma)
    return np.log(rate) - rate * (x - mu) + (rate * sigma) ** 2 / 2 + above


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
    13: lambda x, a: stats.weibull_min.logpdf(x, a[0], scale=a[1]),
    14: lambda x, a: stats.invweibull.logpdf(x, a[0], scale=a[1]),
    15: lambda x, a: stats.fisk.logpdf(x, a[1], scale=a[0]),
    16: lambda x, a: stats.pareto.logpdf(x, a[1], scale=a[0]),
    17: lambda x, a: stats.lomax.logpdf(x, a[2], a[0], a[1]),
    18: lambda x, a: stats.gumbel_r.logpdf(x, a[0], a[1]),
    19: lambda x, a: stats.skewnorm.logpdf(x, a[2], a[0], a[1]),
    20: lambda x, a: skew_double_exponential(x, *a[:3]),
    21: lambda x, a: ex_mod_normal(x, *a[:3]),
    22: lambda x, a: stats.beta.logpdf(x, a[0], a[1]),
}


# Families ------------------------------------------------------------------------------------


def of_scipy(name: str) -> Callable[..., np.ndarray]:
    """The density of a family as SciPy has it, or the mass."""

    def log_density(y: np.ndarray, **at: np.ndarray) -> np.ndarray:
        found = SCIPY[name](at)
        of = found.logpmf if isinstance(found.dist, stats.rv_discrete) else found.logpdf
        return of(y[:, None])

    return log_density


def ellipsoids(
    columns: int,
    mu: np.ndarray,
    sigma: np.ndarray,
    rho: np.ndarray | None,
    shape: np.ndarray | None = None,
    loadings: np.ndarray | None = None,
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Centre and matrix of each component, whose correlations are given by their Cholesky factor.

    One mean or scale is that of all coordinates. Where there is a shape, the determinant of the
    matrix is a power of the scale, and the shape says in what ratio the coordinates' scales are.
    Loadings on factors stand in columns of a matrix from its diagonal on, one after another.
    """
    K = mu.shape[1]
    if loadings is not None:
        of_factors = [np.zeros((columns, columns)) for _ in range(K)]
        for k, each in enumerate(of_factors):
            each.T[np.triu_indices(columns)] = np.resize(
                [*loadings[0, k], *[0.0] * columns**2], columns * (columns + 1) // 2
            )
        return [
            (np.broadcast_to(mu[0, k], columns), each @ each.T + np.diag(sigma[0, k]) ** 2)
            for k, each in enumerate(of_factors)
        ]
    factors = np.broadcast_to(np.eye(columns) if rho is None else rho[0], (K, columns, columns))
    if shape is None:
        roots = [np.diag(np.broadcast_to(sigma[0, k], columns)) @ factors[k] for k in range(K)]
    else:
        ratios = [np.diag(shape[0, k]) @ factors[k] for k in range(K)]
        volumes = np.ravel(sigma[0]) ** columns
        roots = [
            root * (volume / np.linalg.det(root)) ** (1 / columns)
            for root, volume in zip(ratios, volumes, strict=True)
        ]
    return [(np.broadcast_to(mu[0, k], columns), root @ root.T) for k, root in enumerate(roots)]


def mvnormal(
    y: np.ndarray,
    mu: np.ndarray,
    sigma: np.ndarray,
    rho: np.ndarray | None = None,
    shape: np.ndarray | None = None,
    loadings: np.ndarray | None = None,
) -> np.ndarray:
    """Of coordinates that are independent, or have correlations by their Cholesky factor.

    One mean or scale is that of all coordinates.
    """
    each = ellipsoids(y.shape[1], mu, sigma, rho, shape, loadings)
    return np.transpose([of_seen(stats.multivariate_normal.logpdf, y, *one) for one in each])


def of_seen(
    log_density: Callable[..., Any],
    y: np.ndarray,
    centre: np.ndarray,
    matrix: np.ndarray,
    **at: Any,
) -> np.ndarray:
    """Of what rows have (N,), row by row where they lack some coordinates."""
    if not np.isnan(y).any():
        return np.asarray(log_density(y, centre, matrix, **at))
    found = np.zeros(len(y))
    for n, row in enumerate(y):
        there = np.flatnonzero(~np.isnan(row))
        if len(there):
            found[n] = log_density(row[there], centre[there], matrix[np.ix_(there, there)], **at)
    return found


def mvstudent_t(
    y: np.ndarray,
    mu: np.ndarray,
    sigma: np.ndarray,
    nu: np.ndarray,
    rho: np.ndarray | None = None,
    shape: np.ndarray | None = None,
    loadings: np.ndarray | None = None,
) -> np.ndarray:
    """The same of a multivariate t, whose scale matrix that is."""
    each = zip(ellipsoids(y.shape[1], mu, sigma, rho, shape, loadings), nu[0], strict=True)
    return np.transpose([of_seen(stats.multivariate_t.logpdf, y, *one, df=df) for one, df in each])


def lkj_of_factor(factor: np.ndarray, eta: float) -> float:
    """The log density of a Cholesky factor whose matrix has the distribution LKJ(eta).

    The constant is that of Lewandowski, Kurowicka & Joe (2009), equation 16; a row of the matrix
    changes with that of the factor by the diagonal elements of the rows before it.
    """
    D = len(factor)
    after, logs = D - np.arange(1, D), np.log(np.diag(factor))
    half = eta + (after - 1) / 2
    constant = after * ((2 * eta - 2 + after) * np.log(2) + special.betaln(half, half))
    return float(2 * (eta - 1) * logs.sum() + (D - 1 - np.arange(D)) @ logs - constant.sum())


def negative_binomial(y: np.ndarray, mu: np.ndarray, phi: np.ndarray) -> np.ndarray:
    """Of mean mu and variance mu + mu^2 / phi.

    Not scipy.stats.nbinom: it takes the probability phi / (phi + mu), whose distance from 1 is lost
    where phi is large. Here gamma(y + phi) / (gamma(phi) phi^y) is a product of y factors, of which
    nothing cancels.
    """
    factors = np.log1p(np.arange(y.max())[:, None, None] / phi)  # (max y, N or 1, K)
    rising = np.concatenate([np.zeros_like(phi)[None], factors.cumsum(axis=0)])
    rows = np.arange(len(y)) if len(phi) > 1 else 0
    counts = y[:, None]
    rest = counts * np.log(mu) - special.gammaln(counts + 1) - (counts + phi) * np.log1p(mu / phi)
    return rising[y.astype(int), rows] + rest


def softplus(x: np.ndarray) -> np.ndarray:
    return np.logaddexp(0, x)


def log_ratios_to_first(x: np.ndarray) -> np.ndarray:
    return special.softmax(np.concatenate([np.zeros((*x.shape[:-1], 1)), x], axis=-1), axis=-1)


# Predictor to parameter, and back.
LINKS = {
    "identity": (np.asarray, np.asarray),
    "log": (np.exp, np.log),
    "softplus": (softplus, lambda x: np.log(np.expm1(x))),
    "logit": (special.expit, special.logit),
    "probit": (stats.norm.cdf, stats.norm.ppf),
    "cloglog": (lambda x: 1 - np.exp(-np.exp(x)), lambda p: np.log(-np.log(1 - p))),
    "cauchit": (stats.cauchy.cdf, stats.cauchy.ppf),
    "multilogit": (log_ratios_to_first, lambda p: np.log(p[..., 1:] / p[..., :1])),
    "log_steps": (
        lambda x: np.cumsum(np.exp(x), axis=-1),
        lambda c: np.log(np.diff(c, prepend=0.0)),
    ),
    "tan_half": (lambda x: 2 * np.arctan(x), lambda angle: np.tan(angle / 2)),
}


@dataclass(frozen=True)
class Family:
    """How a response is distributed within a component.

    Attributes
    ----------
    name : str
    log_density : callable
        (N, K), of the rows of y and of each parameter at rows and components: (N or 1, K), and of
        vectors (1, K) or (1, K, D).
    links : mapping of str to str
        Of its arguments after y, by name.
    of_y : tuple of str
        Those that have the unit of the response.
    of_log_y : bool
        Whether mu is a logarithm of the response.
    unitless : bool
        Whether mu knows neither origin nor unit of a response that has them.
    """

    name: str
    log_density: Callable[..., np.ndarray]
    links: Mapping[str, str]
    of_y: tuple[str, ...] = ()
    of_log_y: bool = False
    unitless: bool = False

    @property
    def parameters(self) -> tuple[str, ...]:
        return tuple(self.links)


def real(name: str, log_density: Any = None, **others: str) -> Family:
    """Of real numbers: a location and a scale, and other parameters with their links."""
    links = {"mu": "identity", "sigma": "log", **others}
    own = ("mu", "sigma", "tau")
    return Family(
        name, log_density or of_scipy(name), links, tuple(each for each in links if each in own)
    )


def positive(name: str, *of_y: str, **others: str) -> Family:
    return Family(name, of_scipy(name), {"mu": "log", **others}, ("mu", *of_y))


def counts(name: str, log_density: Any = None, **others: str) -> Family:
    return Family(name, log_density or of_scipy(name), {"mu": "log", **others})


def fractions(name: str, **others: str) -> Family:
    return Family(name, of_scipy(name), {"mu": "logit", **others})


FAMILIES = {
    "normal": real("normal"),
    "student_t": real("student_t", nu="log"),
    "mvnormal": real("mvnormal", mvnormal),
    "mvstudent_t": real("mvstudent_t", mvstudent_t, nu="log"),
    "cauchy": real("cauchy"),
    "laplace": real("laplace"),
    "asymmetric_laplace": real("asymmetric_laplace", quantile="logit"),
    "logistic": real("logistic"),
    "gumbel": real("gumbel"),
    "skew_normal": real("skew_normal", alpha="identity"),
    "exgaussian": real("exgaussian", tau="log"),
    "lognormal": Family(
        "lognormal", of_scipy("lognormal"), {"mu": "identity", "sigma": "log"}, of_log_y=True
    ),
    "gamma": positive("gamma", shape="log"),
    "exponential": positive("exponential"),
    "weibull": positive("weibull", shape="log"),
    "inverse_gaussian": positive("inverse_gaussian", "shape", shape="log"),
    "frechet": positive("frechet", shape="log"),
    "loglogistic": positive("loglogistic", shape="log"),
    # Of the index of the tail, which knows no unit, above a minimum that has one.
    "pareto": Family(
        "pareto", of_scipy("pareto"), {"mu": "log", "minimum": "log"}, ("minimum",), unitless=True
    ),
    "beta": fractions("beta", phi="log"),
    "von_mises": Family("von_mises", of_scipy("von_mises"), {"mu": "tan_half", "kappa": "log"}),
    "poisson": counts("poisson"),
    "negative_binomial": counts("negative_binomial", negative_binomial, phi="log"),
    "geometric": counts("geometric"),
    "bernoulli": fractions("bernoulli"),
    "binomial": fractions("binomial"),
    "beta_binomial": fractions("beta_binomial", phi="log"),
    "categorical": Family("categorical", of_scipy("categorical"), {"mu": "multilogit"}),
    "ordinal": Family("ordinal", of_scipy("ordinal"), {"mu": "identity", "cutpoints": "log_steps"}),
}


def of_columns(one: Family) -> Family:
    """Of columns that are independent, each of a family, of which rows may lack some."""

    def log_density(y: np.ndarray, **at: np.ndarray) -> np.ndarray:
        total = np.zeros((len(y), at["mu"].shape[1]))
        for d, column in enumerate(y.T):
            there = ~np.isnan(column)
            here = {name: value[..., d] for name, value in at.items()}
            total[there] += one.log_density(column[there], **here)
        return total

    return replace(one, log_density=log_density)


def ordered_probit(y: np.ndarray, **at: np.ndarray) -> np.ndarray:
    return cumulative(stats.norm, at).logpmf(y[:, None])


def family_of(model: Statement) -> Family:
    """The family of a mixture, with the links that it states."""
    return family_within(model.program(), model.family, tuple(sorted(model.link.items())))


@functools.lru_cache(maxsize=64)
def family_within(program: str, family: str, link: tuple[tuple[str, str], ...]) -> Family:
    """The family of a mixture of that program, family and links."""
    found = FAMILIES[family]
    if re.search(r"(matrix|array\[,\] int) y\b", program) and family[:2] != "mv":
        found = of_columns(found)
    if family == "ordinal":  # whose link is that of cumulative probabilities
        probit = dict(link) == {"mu": "probit"}
        return replace(found, log_density=ordered_probit) if probit else found
    if family in ("mvnormal", "mvstudent_t"):
        declared = {base(each) for each in declarations(program)}
        own = {name: "identity" for name in ("rho", "shape", "loadings") if name in declared}
        return replace(found, links={**found.links, **dict(link), **own})
    return replace(found, links={**found.links, **dict(link)})


# Parameters ----------------------------------------------------------------------------------


def base(declaration: Declaration) -> str:
    """The name of a parameter without what says how the program holds it."""
    if declaration.name == "L_Omega":
        return "rho"
    return re.sub("_(scaled|free|ordered|rest)$", "", declaration.name)


def matrix_of(name: str) -> str | None:
    """The matrix of the data that coefficients are of; None for what is no coefficient."""
    if name == "gamma":
        return "Z"
    return re.sub("^beta", "X", name) if re.match("beta(_|$)", name) else None


def place(name: str, family: Family, data: Data) -> tuple[Any, Any]:
    """The centre and the scale that a parameter is sampled about, and in units of."""
    if name == "gamma" or name == "theta":
        return 0.0, 1.0
    if matrix_of(name):
        parameter = name.removeprefix("beta").removeprefix("_") or "mu"
        centre, scale = place(parameter, family, data)
        return (np.log(scale), 1.0) if family.links[parameter] == "log" else (centre, scale)
    unit = data["y_scale"] if name in family.of_y else 1.0
    if name == "sigma" and "shape" in family.links and family.name.startswith("mv"):
        unit = stats.gmean(np.atleast_1d(unit))
    if name == "loadings":
        below = np.triu_indices(data["D"])[1][: data["J"]]
        return 0.0, np.broadcast_to(data["y_scale"], data["D"])[below]
    if name != "mu":
        return 0.0, unit
    if family.unitless:
        return 0.0, 1.0
    if family.links["mu"] == "tan_half":
        return data.get("y_centre", 0.0), 1.0
    if family.of_log_y:
        return np.log(data["y_scale"]) - data.get("offset_centre", 0.0), 1.0
    if family.links["mu"] == "identity":
        return data.get("y_centre", 0.0), unit  # beside a family of positive numbers there is none
    return 0.0, unit * np.exp(-data.get("offset_centre", 0.0))


def contrasts(K: int) -> np.ndarray:
    """Orthonormal columns that sum to zero (K, K - 1): Helmert's, as SciPy has them."""
    return linalg.helmert(K).T


def sampled(
    model: Statement, data: Data, u: np.ndarray, simplex: Transform = isometric_log_ratio
) -> tuple[Values, float]:
    """What a program declares as its parameters, and the log Jacobian determinant."""
    return all_constrained(declarations(model.program()), data, u, simplex)


def joined(name: str, values: Values, data: Data) -> np.ndarray:
    """What is ordered (K,) at its place among the rest (K, P - 1)."""
    place_of = {"mu": "ordered_coordinate", "beta": "ordered_covariate"}[name]
    j = data[place_of] - 1
    result = np.insert(values[f"{name}_rest"], j, values[f"{name}_ordered"], axis=1)
    if X := matrix_of(name):
        # An intercept is ordered at covariates of zero, and is sampled at their centres.
        constant = result @ (np.asarray(data[f"{X}_centre"]) / data[f"{X}_scale"])
        result[:, j] += constant * data[f"{X}_ones"][j] * data[f"{X}_scale"][j]
    return result


def numbered(value: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Different coefficients (F,) where components have them (K, P) or (K, J, P); 0: nowhere."""
    return np.concatenate([[0.0], value])[numbers]


def scaled(
    model: Statement, data: Data, u: np.ndarray, simplex: Transform = isometric_log_ratio
) -> tuple[Values, float]:
    """What a program samples as its priors and likelihood take it, and the log Jacobian.

    Under the parameters' own names. What has no component axis has none here either.
    """
    values, jacobian = sampled(model, data, u, simplex)
    result: Values = {}
    for declaration in declarations(model.program()):
        name, value = base(declaration), values[declaration.name]
        if f"{name}_number" in data:
            result[name] = numbered(value, np.asarray(data[f"{name}_number"]))
        elif declaration.name.endswith("_free"):
            result[name] = contrasts(data["K"]) @ value
        elif declaration.name.endswith(("_ordered", "_rest")):
            result[name] = joined(name, values, data)
        else:
            result[name] = value
    return result, jacobian


@functools.lru_cache(maxsize=64)
def shared(program: str) -> frozenset[str]:
    """Names of the parameters that a program declares without an axis of components."""
    # Of the second are the coefficients along contrasts, of the third those with a number.
    of_components = ("K", "K - 1", "F")
    found = declarations(program)
    sizes = {base(each): "".join(each.sizes[:1]).split("_")[0] for each in found}
    return frozenset(name for name, size in sizes.items() if size not in of_components)


def parameters(
    model: Statement, data: Data, u: np.ndarray, simplex: Transform = isometric_log_ratio
) -> tuple[Values, float]:
    """Parameters of each component in the units of the data, known ones among them.

    With them the log Jacobian determinant of what is sampled.
    """
    family, (values, jacobian) = family_of(model), scaled(model, data, u, simplex)
    known = {"theta", *family.parameters} & set(data)
    result = {name: np.asarray(data[name]) for name in known}
    once = shared(model.program())
    for name, value in values.items():
        if name in once:
            value = np.repeat(value[None], data["K"], axis=0)
        centre, scale = place(name, family, data)
        if X := matrix_of(name):
            # A predictor is what it was, row by row: slopes change by the ratio of the scales,
            # and the columns that make up a constant take the rest.
            slopes = scale * value / data[f"{X}_scale"]
            rest = centre - slopes @ np.asarray(data[f"{X}_centre"])
            constant = np.any(data[f"{X}_ones"])
            assert constant or not np.any(rest), f"no column of {X} can take up {rest} of {name}"
            result[name] = slopes + rest[..., None] * np.asarray(data[f"{X}_ones"])
        elif name == "shape" and family.links[name] == "identity":
            result[name] = of_sum_one(value * data["y_scale"])
        else:
            result[name] = centre + scale * value
    return result, jacobian


def of_sum_one(parts: np.ndarray) -> np.ndarray:
    return parts / parts.sum(axis=-1, keepdims=True)


# Densities -----------------------------------------------------------------------------------


def at_rows(name: str, family: Family, data: Data, values: Values) -> np.ndarray:
    """A parameter at rows and components: (N or 1, K), or (1, K, D)."""
    suffix = "" if name == "mu" else f"_{name}"
    inverse, forward = LINKS[family.links[name]]
    offset = np.asarray(data["offsets"])[:, None] if name == "mu" and "offsets" in data else 0.0
    if f"X{suffix}" in data:
        # Of a vector there is a predictor for each number but the first.
        beta = values[f"beta{suffix}"]
        return inverse(np.einsum("np,k...p->nk...", data[f"X{suffix}"], beta) + offset)
    found = np.asarray(values[name] if name in values else data[name])[None]
    return inverse(forward(found) + offset) if np.ndim(offset) else found


def row_terms(family: Family, data: Data, values: Values) -> np.ndarray:
    """Log density of each row in each component (N, K)."""
    at = {name: at_rows(name, family, data, values) for name in family.parameters}
    if "trials" in data:
        at["trials"] = np.asarray(data["trials"])[:, None]
    y = np.asarray(data["y"])
    y = np.where(cells(data), y, np.nan) if "observed" in data else y
    rows = family.log_density(y, **at)
    return limited(family, data, at, rows) if {"censoring", "y_least", "y_most"} & {*data} else rows


def cells(data: Data) -> np.ndarray:
    """Which columns (N, D) rows have, of several."""
    observed = np.asarray(data.get("observed", np.ones((data["N"], data.get("D", 1)))))
    if "by_pattern" not in data:
        return observed
    found, first = np.zeros((data["N"], data["D"])), 0
    for pattern, size in zip(observed, data["rows_of"], strict=True):
        found[np.asarray(data["by_pattern"][first : first + size]) - 1] = pattern
        first += size
    return found


def limited(family: Family, data: Data, at: Values, rows: np.ndarray) -> np.ndarray:
    """What is known of censored rows, and of responses given that they are recorded (N, K)."""
    exact = SCIPY[family.name](at)
    y, kinds = np.asarray(data["y"]), np.asarray(data.get("censoring", np.zeros(data["N"])))
    step = int(isinstance(exact.dist, stats.rv_discrete))
    least, most = data.get("y_least", np.full(len(y), -np.inf)), data.get("y_most", np.inf)

    def between(low: Any, high: Any) -> np.ndarray:
        """Probability from one end to another, by the smaller tails."""
        low, high = (np.broadcast_to(end, len(y))[:, None] for end in (low, high))
        with np.errstate(divide="ignore", invalid="ignore"):
            below, above = exact.logcdf(high), exact.logsf(low - step)
            left = np.log1p(-np.exp(exact.logcdf(low - step) - below))
            right = np.log1p(-np.exp(exact.logsf(high) - above))
        return np.where(below < above, below + left, above + right)

    known = [rows, between(least, y), between(y, most), between(y, data.get("y_to", y + 1.0))]
    found = np.select([kinds[:, None] == kind for kind in range(4)], known)
    return found - between(least, most)


def log_likelihood(y: np.ndarray, X: np.ndarray | None, values: Values) -> np.ndarray:
    """Log density of each observation of normal components, the component summed out."""
    data = {"y": y} if X is None else {"y": y, "X": X}
    rows = row_terms(FAMILIES["normal"], data, values)
    return special.logsumexp(np.log(values["theta"]) + rows, axis=1)


def total_log_likelihood(model: Statement, data: Data, values: Values) -> float:
    """Log likelihood, class by class: the rows that share a class are multiplied first."""
    rows = row_terms(family_of(model), data, values)
    weight = np.asarray(data.get("weights", np.ones(data["N"])))
    if "gamma" in values:
        log_theta = special.log_softmax(data["Z"] @ values["gamma"].T, axis=1)
    else:
        log_theta = np.log(values["theta"])[None, :]
    if "group" not in data:
        return float(weight @ summed_out(rows + log_theta, data))
    of_groups = np.zeros((data["G"], data["K"]))
    np.add.at(of_groups, np.asarray(data["group"]) - 1, weight[:, None] * rows)
    return float(summed_out(of_groups + log_theta, data).sum())


def summed_out(joint: np.ndarray, data: Data) -> np.ndarray:
    """Log density of each class (U, K) with the component summed out, or the known one alone."""
    found = special.logsumexp(joint, axis=1)
    for unit, known in enumerate(data.get("labels", [])):
        found[unit] = joint[unit, known - 1] if known else found[unit]
    return found


def log_posterior(
    model: Statement,
    data: Data,
    u: np.ndarray,
    simplex: Transform = isometric_log_ratio,
    jacobian: bool = True,
) -> float:
    """Log prior + log likelihood + log Jacobian, if it shall be, at an unconstrained point.

    The likelihood is that of the data in their units, at parameters in those units; only then is
    it brought to the response that the program sees, which has another unit.
    """
    values, log_jacobian = parameters(model, data, u, simplex)
    total = log_jacobian if jacobian else 0.0
    program = model.program()
    names = {base(each) for each in declarations(program)}
    assert names == {key.removesuffix("_prior") for key in data if key.endswith("_prior")}
    family, once = family_of(model), shared(program)
    for name in sorted(names):
        total += log_prior(name, family, data, values[name], name in once)
    total += total_log_likelihood(model, data, values)
    # Of a censored row there is a probability, which has no unit.
    seen = np.asarray(data.get("censoring", np.zeros(data["N"]))) == 0
    times = np.broadcast_to(data.get("weights", 1.0), data["N"])[:, None] * cells(data)
    return float(total + (times[seen] * np.log(data.get("y_scale", 1.0))).sum())


def log_prior(name: str, family: Family, data: Data, values: np.ndarray, once: bool) -> float:
    """Log prior of a parameter of the components in the units of the data.

    It is of the scaled parameter, and what the components share has it once.
    """
    if name == "rho":
        factors = values[:1] if once else values
        etas = np.broadcast_to(data["rho_prior"], len(factors))
        return sum(lkj_of_factor(L, eta) for L, eta in zip(factors, etas, strict=True))
    if f"{name}_prior_arguments" not in data:
        of_prior = of_sum_one(values / data["y_scale"]) if name == "shape" else values
        of_prior = of_prior[:1] if once else of_prior
        vectors = of_prior.reshape(-1, values.shape[-1])
        alphas = np.broadcast_to(data[f"{name}_prior"], vectors.shape)
        return sum(
            stats.dirichlet.logpdf(v / v.sum(), a) for v, a in zip(vectors, alphas, strict=True)
        )
    centre, scale = place(name, family, data)
    if X := matrix_of(name):
        # At covariates of zero, or at their centres.
        ones, at_zero = np.asarray(data[f"{X}_ones"]), np.asarray(data[f"{name}_prior_at_zero"])
        at_centres = values + (values @ np.asarray(data[f"{X}_centre"]))[..., None] * ones
        moved = np.where(at_zero == 1, values, at_centres) - centre * ones
        of_prior = moved * data[f"{X}_scale"] / scale
    else:
        of_prior = (values - centre) / scale
    of_prior = of_prior[:1] if once else of_prior
    # One prior for all, one for each column, or one for each component.
    codes, arguments = np.array(data[f"{name}_prior"]), np.array(data[f"{name}_prior_arguments"])
    # What holds for all numbers of a vector, or for all of its predictors.
    if (codes.ndim and name == "cutpoints") or (codes.ndim == 2 and of_prior.ndim == 3):
        codes, arguments = codes[:, None], arguments[:, None]
    codes = np.broadcast_to(codes, of_prior.shape)
    arguments = np.broadcast_to(arguments, (*of_prior.shape, arguments.shape[-1]))
    counted = np.ones(codes.shape, dtype=bool)
    if f"{name}_number" in data:
        # What components lack has no prior, and what they share has one.
        numbers, first = np.unique(data[f"{name}_number"], return_index=True)
        counted[:] = False
        counted.flat[first[numbers > 0]] = True
    by_code = [(code, counted & (codes == code)) for code in np.unique(codes[counted])]
    return sum(PRIORS[code](of_prior[at], arguments[at].T).sum() for code, at in by_code)


def random_points(model: Statement, data: Data, count: int, seed: int) -> np.ndarray:
    """Unconstrained points where the parameters lie about where the data do."""
    rng, family = np.random.default_rng(seed), family_of(model)
    rate = 1.0
    if family.links["mu"] in ("log", "softplus"):
        rate = np.mean(data["y"], axis=0) / data.get("y_scale", 1.0)
    centre = LINKS[family.links["mu"]][1](rate) if "X" in data and rate != 1.0 else np.log(rate)
    points = []
    for _ in range(count):
        u = []
        for declaration in declarations(model.program()):
            name, free = base(declaration), rng.normal(size=free_shape(declaration, data))
            if name.startswith("beta_") or declaration.name in ("beta_ordered", "beta_rest"):
                free *= 0.5
            elif name == "beta":
                at = np.flatnonzero(data["X_ones"])[:1]
                if "beta_number" in data:
                    at = np.unique(np.asarray(data["beta_number"])[..., at]) - 1
                free[..., at] += centre
            elif name == "mu":
                free += centre
            u.append(free.ravel())
        points.append(np.concatenate(u))
    return np.array(points)
