"""A mixture's likelihood twice: by the C++ engine, and from SciPy's densities."""

from __future__ import annotations

import ctypes
import dataclasses
from dataclasses import dataclass

import numpy as np
from scipy import special, stats

INSTRUCTIONS = {"baseline": 0, "avx2": 1, "avx512": 2}
STEP = 1e-30  # of the complex step: the derivative is exact to rounding


@dataclass(frozen=True)
class Mixture:
    """Data and parameters; absent parts are None. Scales are on the log scale."""

    family: str
    y: np.ndarray
    location: np.ndarray  # (K,) or (K, P)
    log_sigma: np.ndarray | None = None  # (K,)
    theta: np.ndarray | None = None  # (K,), or
    gamma: np.ndarray | None = None  # (K, Q)
    X: np.ndarray | None = None  # (N, P)
    Z: np.ndarray | None = None  # (N or groups, Q)
    offset: np.ndarray | None = None
    weights: np.ndarray | None = None
    group: np.ndarray | None = None  # (N,), from 1

    def parameters(self) -> dict[str, np.ndarray]:
        names = ("location", "log_sigma", "theta", "gamma")
        parts = {name: getattr(self, name) for name in names}
        return {name: part for name, part in parts.items() if part is not None}

    def head(self, rows: int) -> Mixture:
        """Return the same mixture of the first rows."""
        data = {name: getattr(self, name) for name in ("y", "X", "Z", "offset", "weights")}
        short = {name: part[:rows] for name, part in data.items() if part is not None}
        return dataclasses.replace(self, **short)


# From SciPy ------------------------------------------------------------------------------------


def log_densities(mixture: Mixture) -> np.ndarray:
    """Return the log density (N, K) of each row in each component; complex if a parameter is."""
    eta = mixture.location if mixture.X is None else mixture.X @ mixture.location.T
    eta = np.broadcast_to(eta, (len(mixture.y), len(mixture.location)))
    if mixture.offset is not None:
        eta = eta + mixture.offset[:, None]
    y = mixture.y[:, None]
    if mixture.family == "poisson":
        return y * eta - np.exp(eta) - special.gammaln(y + 1)
    z = (y - eta) * np.exp(-mixture.log_sigma)
    return -0.5 * z * z - mixture.log_sigma - 0.5 * np.log(2 * np.pi)


def log_sum_exp(terms: np.ndarray) -> np.ndarray:
    """Return log sum exp over the last axis, for complex terms as well."""
    largest = np.maximum(terms.real.max(axis=-1, keepdims=True), np.finfo(float).min)
    with np.errstate(divide="ignore"):
        return np.log(np.exp(terms - largest).sum(axis=-1)) + largest[..., 0]


def row_terms(mixture: Mixture) -> np.ndarray:
    """Return the log likelihood of each row, or of each group."""
    terms = log_densities(mixture)
    weights = mixture.weights
    if mixture.group is not None:
        if weights is not None:
            terms = terms * weights[:, None]
        summed = np.zeros((mixture.group.max(), terms.shape[1]), terms.dtype)
        np.add.at(summed, mixture.group - 1, terms)
        terms, weights = summed, None
    if mixture.gamma is None:
        with np.errstate(divide="ignore"):
            result = log_sum_exp(terms + np.log(mixture.theta))
    else:
        logits = mixture.Z @ mixture.gamma.T
        result = log_sum_exp(terms + logits) - log_sum_exp(logits)
    return result if weights is None else weights * result


def row_gradients(mixture: Mixture) -> np.ndarray:
    """Return the derivatives (parameters, rows or groups) of `row_terms`, by complex steps."""
    columns = []
    for name, part in mixture.parameters().items():
        for index in np.ndindex(part.shape):
            stepped = part.astype(complex)
            stepped[index] += 1j * STEP
            moved = dataclasses.replace(mixture, **{name: stepped})
            columns.append(row_terms(moved).imag / STEP)
    return np.array(columns)


def scipy_value(mixture: Mixture) -> float:
    """Return the log likelihood of constant weights and own classes, by scipy.stats alone."""
    eta = mixture.location if mixture.X is None else mixture.X @ mixture.location.T
    y = mixture.y[:, None]
    if mixture.family == "poisson":
        logs = stats.poisson.logpmf(y, np.exp(eta))
    else:
        logs = stats.norm.logpdf(y, eta, np.exp(mixture.log_sigma))
    return float(special.logsumexp(logs + np.log(mixture.theta), axis=1).sum())


# By the engine ---------------------------------------------------------------------------------


def _pointer(array: np.ndarray | None, kind: type) -> tuple[np.ndarray | None, object]:
    if array is None:
        return None, None
    dtype = np.intc if kind is ctypes.c_int else np.float64
    kept = np.asfortranarray(array, dtype)
    return kept, kept.ctypes.data_as(ctypes.POINTER(kind))


def engine(
    library: ctypes.CDLL, mixture: Mixture, instructions: str, threads: bool = False
) -> tuple[float, np.ndarray]:
    """Return the engine's value and gradient, the latter in the order of `row_gradients`."""
    number = ctypes.c_double
    response = ctypes.c_int if mixture.family == "poisson" else number
    sigma = None if mixture.log_sigma is None else np.exp(mixture.log_sigma)
    row_major = {
        name: None if part is None else np.ravel(part)
        for name, part in (("location", mixture.location), ("gamma", mixture.gamma))
    }
    size = sum(part.size for part in mixture.parameters().values())
    gradient = np.full(size, np.nan)
    keep, arguments = [], []
    for array, kind in (
        (mixture.y, response),
        (mixture.X, number),
        (mixture.offset, number),
        (mixture.weights, number),
        (mixture.group, ctypes.c_int),
        (mixture.Z, number),
        (row_major["location"], number),
        (sigma, number),
        (mixture.theta, number),
        (row_major["gamma"], number),
        (gradient, number),
    ):
        kept, pointer = _pointer(array, kind)
        keep.append(kept)
        arguments.append(pointer)
    y, X, offset, weights, group, Z, location, auxiliary, theta, gamma, out = arguments
    function = getattr(library, f"evaluate_{mixture.family}")
    function.restype = number
    value = function(
        INSTRUCTIONS[instructions],
        int(threads),
        len(mixture.location),
        len(mixture.y),
        y,
        0 if mixture.X is None else mixture.X.shape[1],
        X,
        offset,
        weights,
        group,
        0 if mixture.group is None else int(mixture.group.max()),
        0 if mixture.Z is None else mixture.Z.shape[1],
        Z,
        location,
        auxiliary,
        theta,
        gamma,
        out,
    )
    return value, keep[-1]
