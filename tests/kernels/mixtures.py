"""A mixture's likelihood twice: by the C++ engine, and from SciPy's densities."""

from __future__ import annotations

import ctypes
import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from densities import COUNTED, FAMILIES
from libraries import Library
from numpy.typing import ArrayLike
from scipy import special

INSTRUCTIONS = {"baseline": 0, "avx2": 1, "avx512": 2}
STEP = 1e-30  # of the complex step: the derivative is exact to rounding


class Rows(Protocol):
    """What rows and their weights have in any mixture; absent parts are None."""

    theta: np.ndarray | None  # (K,), or
    gamma: np.ndarray | None  # (K, Q)
    Z: np.ndarray | None  # (N or groups, Q)
    weights: np.ndarray | None
    group: np.ndarray | None  # (N,), from 1
    labels: np.ndarray | None  # (N or groups,), known components, from 1; 0: not known


@dataclass(frozen=True)
class Mixture:
    """Data and parameters; absent parts are None."""

    family: str
    y: np.ndarray
    # By parameter, on the scale of its link: constants (K,), or coefficients (K, P) of its X
    values: dict[str, np.ndarray]
    theta: np.ndarray | None = None  # (K,), or
    gamma: np.ndarray | None = None  # (K, Q)
    X: dict[str, np.ndarray] = field(default_factory=dict)  # (N, P) of the parameters that have one
    Z: np.ndarray | None = None  # (N or groups, Q)
    trials: np.ndarray | None = None  # (N,), where successes are counted
    upper: np.ndarray | None = None  # (N,), where rows are intervals from y on
    offset: np.ndarray | None = None
    weights: np.ndarray | None = None
    group: np.ndarray | None = None  # (N,), from 1
    labels: np.ndarray | None = None  # (N or groups,), known components, from 1; 0: not known

    def numbers(self) -> dict[str, np.ndarray]:
        """Return all that the likelihood is differentiated by."""
        parts = {name: self.values[name] for name in FAMILIES[self.family].parameters}
        parts |= {"theta": self.theta, "gamma": self.gamma}
        return {name: part for name, part in parts.items() if part is not None}

    def moved(self, name: str, values: np.ndarray) -> Mixture:
        """Return the same mixture with other values of one of the `numbers`."""
        if name in self.values:
            return dataclasses.replace(self, values={**self.values, name: values})
        return dataclasses.replace(self, **{name: values})

    def head(self, rows: int) -> Mixture:
        """Return the same mixture of the first rows."""
        names = ("y", "trials", "upper", "Z", "offset", "weights", "labels")
        data = {name: getattr(self, name) for name in names}
        short = {name: part[:rows] for name, part in data.items() if part is not None}
        X = {name: part[:rows] for name, part in self.X.items()}
        return dataclasses.replace(self, X=X, **short)


# From SciPy ------------------------------------------------------------------------------------


def predictors(mixture: Mixture) -> list[np.ndarray]:
    """Return the parameters (N, K) by row and component, on the scales of their links."""
    result = []
    for name in FAMILIES[mixture.family].parameters:
        values = mixture.values[name]
        eta = mixture.X[name] @ values.T if name in mixture.X else values
        eta = np.broadcast_to(eta, (len(mixture.y), len(mixture.values["mu"])))
        if name == "mu" and mixture.offset is not None:
            eta = eta + mixture.offset[:, None]
        result.append(eta)
    return result


def after_responses(mixture: Mixture) -> list[np.ndarray]:
    """Return what a log density takes after the responses."""
    beside = [one for one in (mixture.trials, mixture.upper) if one is not None]
    return predictors(mixture) + [one[:, None] for one in beside]


def log_sum_exp(terms: np.ndarray) -> np.ndarray:
    """Return log sum exp over the last axis, for complex terms as well."""
    largest = np.maximum(terms.real.max(axis=-1, keepdims=True), np.finfo(float).min)
    with np.errstate(divide="ignore"):
        return np.log(np.exp(terms - largest).sum(axis=-1)) + largest[..., 0]


def row_terms(mixture: Mixture) -> np.ndarray:
    """Return the log likelihood of each row, or of each group."""
    terms = FAMILIES[mixture.family].log_density(mixture.y[:, None], *after_responses(mixture))
    return mixed(terms, mixture)


def mixed(terms: np.ndarray, of: Rows) -> np.ndarray:
    """Return the log likelihood of each row, or of each group, of log densities (N, K) of rows."""
    weights = of.weights
    if of.group is not None:
        if weights is not None:
            terms = terms * weights[:, None]
        summed = np.zeros((of.group.max(), terms.shape[1]), terms.dtype)
        np.add.at(summed, of.group - 1, terms)
        terms, weights = summed, None
    if of.labels is not None:
        others = np.arange(1, terms.shape[1] + 1) != of.labels[:, None]
        terms = np.where((of.labels[:, None] > 0) & others, -np.inf, terms)
    if of.gamma is None:
        with np.errstate(divide="ignore"):
            result = log_sum_exp(terms + np.log(of.theta))
    else:
        logits = of.Z @ of.gamma.T
        result = log_sum_exp(terms + logits) - log_sum_exp(logits)
    return result if weights is None else weights * result


def row_gradients(mixture: Mixture) -> np.ndarray:
    """Return the derivatives (numbers, rows or groups) of `row_terms`, by complex steps."""
    columns = []
    for name, part in mixture.numbers().items():
        for index in np.ndindex(part.shape):
            stepped = part.astype(complex)
            stepped[index] += 1j * STEP
            columns.append(row_terms(mixture.moved(name, stepped)).imag / STEP)
    return np.array(columns)


def scipy_value(mixture: Mixture) -> float:
    """Return the log likelihood of constant weights and own classes, by scipy.stats alone."""
    logs = FAMILIES[mixture.family].of_scipy(mixture.y[:, None], *after_responses(mixture))
    return float(special.logsumexp(logs + np.log(mixture.theta), axis=1).sum())


# By the engine ---------------------------------------------------------------------------------


class Arguments(ctypes.Structure):
    """Those of the harness, in its order."""

    _fields_ = [
        *((name, ctypes.c_int) for name in ("instructions", "threads", "K", "N")),
        *((name, ctypes.c_void_p) for name in ("y", "trials", "upper", "columns", "X", "values")),
        *((name, ctypes.c_void_p) for name in ("offset", "weights", "group", "labels")),
        *((name, ctypes.c_int) for name in ("groups", "Q")),
        *((name, ctypes.c_void_p) for name in ("Z", "theta", "gamma")),
    ]


def pointers() -> Callable[..., int | None]:
    """Return what gives the address of an array, and keeps it for as long as it is kept itself."""
    alive = []

    def pointer(
        array: ArrayLike | None, dtype: type = np.float64, order: Literal["C", "F"] = "C"
    ) -> int | None:
        if array is None:
            return None
        alive.append(np.asarray(array, dtype, order=order))
        return alive[-1].ctypes.data

    return pointer


def engine(
    library: Library, mixture: Mixture, instructions: str, threads: bool = False
) -> tuple[float, np.ndarray]:
    """Return the engine's value and gradient, the latter in the order of `row_gradients`."""
    pointer = pointers()
    family = FAMILIES[mixture.family]
    names = family.parameters
    covariates = [mixture.X.get(name) for name in names]
    gradient = np.full(sum(part.size for part in mixture.numbers().values()), np.nan)
    given = Arguments(
        instructions=INSTRUCTIONS[instructions],
        threads=threads,
        K=len(mixture.values["mu"]),
        N=len(mixture.y),
        y=pointer(mixture.y, np.intc if family.response in COUNTED else np.float64),
        trials=pointer(mixture.trials, np.intc),
        upper=pointer(mixture.upper),
        columns=pointer([0 if X is None else X.shape[1] for X in covariates], np.intc),
        X=pointer([pointer(X, order="F") or 0 for X in covariates], np.uintp),
        values=pointer([pointer(mixture.values[name]) for name in names], np.uintp),
        offset=pointer(mixture.offset),
        weights=pointer(mixture.weights),
        group=pointer(mixture.group, np.intc),
        labels=pointer(mixture.labels, np.intc),
        groups=0 if mixture.group is None else int(mixture.group.max()),
        Q=0 if mixture.Z is None else mixture.Z.shape[1],
        Z=pointer(mixture.Z, order="F"),
        theta=pointer(mixture.theta),
        gamma=pointer(mixture.gamma),
    )
    out = gradient.ctypes.data_as(ctypes.POINTER(ctypes.c_double))
    return library.of(mixture.family).log_likelihood(ctypes.byref(given), out), gradient


def mapped(library: Library, function: str, instructions: str, x: np.ndarray) -> np.ndarray:
    """Return a function of packs of each number; there are as many as fill packs."""
    x = np.ascontiguousarray(x, float)
    assert x.size % 8 == 0
    result = np.full_like(x, np.nan)
    pointer = ctypes.POINTER(ctypes.c_double)
    getattr(library.functions, f"{function}_of")(
        INSTRUCTIONS[instructions],
        x.size,
        x.ctypes.data_as(pointer),
        result.ctypes.data_as(pointer),
    )
    return result
