"""Vectors whose columns are correlated within a component: the engine against SciPy."""

from __future__ import annotations

import ctypes
import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, localcontext

import numpy as np
import pytest
from exact import PI, digamma, log_gamma
from mixtures import INSTRUCTIONS, STEP, mixed, pointers
from scipy import linalg, special, stats

K = 3


@dataclass(frozen=True)
class Vectors:
    """Data and parameters; absent parts are None."""

    y: np.ndarray  # (N, D)
    mu: np.ndarray  # (K, D)
    L: np.ndarray  # (K, D, D), Cholesky factors
    log_nu: np.ndarray | None = None  # (K,), of multivariate t distributions
    theta: np.ndarray | None = None  # (K,), or
    gamma: np.ndarray | None = None  # (K, Q)
    Z: np.ndarray | None = None
    offset: np.ndarray | None = None
    weights: np.ndarray | None = None
    group: np.ndarray | None = None  # from 1
    labels: np.ndarray | None = None  # of rows or groups, from 1; 0: not known

    def numbers(self) -> dict[str, np.ndarray]:
        """All that the likelihood is differentiated by."""
        stated = {name: getattr(self, name) for name in ("mu", "L", "log_nu", "theta", "gamma")}
        return {name: part for name, part in stated.items() if part is not None}


def simulate(N: int, D: int = 3, degrees: bool = False, seed: int = 0, K: int = K) -> Vectors:
    rng = np.random.default_rng(seed)
    L = np.tril(rng.normal(0, 0.7, (K, D, D)))
    L[:, range(D), range(D)] = np.exp(rng.normal(0, 0.4, (K, D)))
    return Vectors(
        1.5 * rng.normal(size=(N, D)),
        rng.normal(size=(K, D)),
        L,
        rng.normal(1, 0.5, K) if degrees else None,
        rng.dirichlet(np.ones(K)),
    )


def log_densities(mixture: Vectors) -> np.ndarray:
    """Log densities (N, K), of complex parameters as well."""
    y, D = mixture.y, mixture.y.shape[1]
    if mixture.offset is not None:
        y = y - mixture.offset[:, None]
    found = []
    for k, (mu, L) in enumerate(zip(mixture.mu, mixture.L, strict=True)):
        z = linalg.solve_triangular(L, (y - mu).T, lower=True)
        q = (z * z).sum(axis=0)
        height = -np.log(np.diagonal(L)).sum()
        if mixture.log_nu is None:
            found.append(height - D / 2 * np.log(2 * np.pi) - q / 2)
            continue
        nu = np.exp(mixture.log_nu[k])
        height += special.loggamma((nu + D) / 2) - special.loggamma(nu / 2)
        height -= D / 2 * np.log(np.pi * nu)
        found.append(height - (nu + D) / 2 * np.log1p(q / nu))
    return np.stack(found, axis=1)


def row_values(mixture: Vectors) -> np.ndarray:
    """The log likelihood of each row, or of each group."""
    return mixed(log_densities(mixture), mixture)


def slopes(mixture: Vectors) -> Iterator[np.ndarray]:
    """The derivatives of the rows in each number, by complex steps."""
    for name, part in mixture.numbers().items():
        for index in np.ndindex(part.shape):
            if name == "L" and index[1] < index[2]:
                continue
            stepped = part.astype(complex)
            stepped[index] += 1j * STEP
            yield row_values(dataclasses.replace(mixture, **{name: stepped})).imag / STEP


class Arguments(ctypes.Structure):
    """Those of `vectors.cpp`, in its order."""

    _fields_ = [
        *((name, ctypes.c_int) for name in ("instructions", "degrees", "K", "D", "N")),
        *((name, ctypes.c_void_p) for name in ("y", "values", "offset", "weights")),
        *((name, ctypes.c_void_p) for name in ("group", "labels")),
        *((name, ctypes.c_int) for name in ("groups", "Q")),
        *((name, ctypes.c_void_p) for name in ("Z", "theta", "gamma")),
    ]


def engine(library, mixture: Vectors, instructions: str) -> tuple[float, np.ndarray]:
    pointer = pointers()
    N, D = mixture.y.shape
    lower = mixture.L[(slice(None), *np.tril_indices(D))]
    values = [mixture.mu, lower, *([] if mixture.log_nu is None else [mixture.log_nu])]
    parts = [*values, mixture.gamma if mixture.theta is None else mixture.theta]
    gradient = np.full(sum(part.size for part in parts), np.nan)
    given = Arguments(
        INSTRUCTIONS[instructions],
        mixture.log_nu is not None,
        len(mixture.mu),
        D,
        N,
        pointer(mixture.y, order="F"),
        pointer([pointer(one) for one in values], np.uintp),
        pointer(mixture.offset),
        pointer(mixture.weights),
        pointer(mixture.group, np.intc),
        pointer(mixture.labels, np.intc),
        0 if mixture.group is None else int(mixture.group.max()),
        0 if mixture.Z is None else mixture.Z.shape[1],
        pointer(mixture.Z, order="F"),
        pointer(mixture.theta),
        pointer(mixture.gamma),
    )
    out = gradient.ctypes.data_as(ctypes.POINTER(ctypes.c_double))
    return library.vectors.log_likelihood(ctypes.byref(given), out), gradient


def assert_agrees(library, mixture: Vectors, instructions: str, rtol: float = 1e-12) -> None:
    value, gradient = engine(library, mixture, instructions)
    of_rows = np.array([*slopes(mixture)])
    assert value == pytest.approx(row_values(mixture).sum(), rel=rtol)
    size = np.abs(of_rows).sum(axis=1)
    assert (np.abs(gradient - of_rows.sum(axis=1)) <= rtol * size + 1e-200).all()


@pytest.mark.parametrize("degrees", [False, True])
@pytest.mark.parametrize(("N", "D"), [(1, 1), (2, 5), (7, 2), (8, 3), (129, 4), (300, 9)])
def test_value_and_gradient_are_those_of_the_sum_over_components(
    library, instructions, N, D, degrees
):
    assert_agrees(library, simulate(N, D, degrees), instructions)


@pytest.mark.parametrize("degrees", [False, True])
def test_the_value_is_that_of_scipy(library, instructions, degrees):
    mixture = simulate(40, 4, degrees)
    matrices = mixture.L @ np.swapaxes(mixture.L, 1, 2)
    of_each = [
        stats.multivariate_t.logpdf(mixture.y, mu, matrix, np.exp(mixture.log_nu[k]))
        if degrees
        else stats.multivariate_normal.logpdf(mixture.y, mu, matrix)
        for k, (mu, matrix) in enumerate(zip(mixture.mu, matrices, strict=True))
    ]
    wanted = special.logsumexp(np.array(of_each).T + np.log(mixture.theta), axis=1).sum()
    assert engine(library, mixture, instructions)[0] == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("degrees", [False, True])
@pytest.mark.parametrize("grouped", [False, True])
@pytest.mark.parametrize("beside", ["weights", "labels", "gates", "all"])
def test_what_rows_have_beside(library, instructions, degrees, grouped, beside):
    N, rng = 140, np.random.default_rng(2)
    units, also = (17 if grouped else N), {}
    if grouped:
        also["group"] = np.concatenate([np.arange(1, 18), rng.integers(1, 18, N - 17)])
    if beside in ("weights", "all"):
        also["weights"] = rng.integers(0, 4, N).astype(float)
    if beside in ("labels", "all"):
        also["labels"] = rng.integers(0, K + 1, units)
    if beside in ("gates", "all"):
        also |= {"theta": None, "gamma": rng.normal(size=(K, 2)), "Z": rng.normal(size=(units, 2))}
    if beside == "all":
        also["offset"] = rng.normal(size=N)
    mixture = dataclasses.replace(simulate(N, degrees=degrees, seed=1), **also)
    assert_agrees(library, mixture, instructions)


@pytest.mark.parametrize("degrees", [False, True])
def test_nearly_singular_matrices_and_rows_far_out(library, instructions, degrees):
    """As many digits are lost as the condition of the matrices has, some 1e5."""
    mixture = simulate(60, 4, degrees)
    L, y = mixture.L.copy(), mixture.y.copy()
    L[0, 3, 3], L[1, 0, 0], L[2] = 1e-5, 1e-5, 1e3 * L[2]
    y[7], y[8, 2] = 1e4, -1e6
    assert_agrees(library, dataclasses.replace(mixture, L=L, y=y), instructions, 1e-10)


@pytest.mark.parametrize("degrees", [False, True])
def test_a_component_without_a_density_has_no_share(library, instructions, degrees):
    """Nor a part in the gradient, where its residuals are no numbers any more."""
    mixture = simulate(40, degrees=degrees)
    L, mu, theta = mixture.L.copy(), mixture.mu.copy(), np.array([0.0, 0.4, 0.6])
    mu[0], L[0] = 1e200, np.diag([1e-150, 1e-150, 1e-3]) + np.tril(np.full((3, 3), 1e100), -1)
    value, gradient = engine(
        library, dataclasses.replace(mixture, L=L, mu=mu, theta=theta), instructions
    )
    assert np.isfinite(value) and np.isfinite(gradient).all()
    others = [part[1:] for part in (mixture.mu, mixture.L, mixture.log_nu) if part is not None]
    two = Vectors(mixture.y, *others, theta=theta[1:])
    alone, slope = engine(library, two, instructions)
    assert value == pytest.approx(alone, rel=1e-14)
    np.testing.assert_allclose(gradient[3:9], slope[:6], rtol=1e-12)
    assert (gradient[:3] == 0).all() and (gradient[9:15] == 0).all()


def test_an_impossible_row_makes_the_data_impossible(library, instructions):
    mixture = simulate(140)
    mixture.y[130, 1] = 1e200
    value, gradient = engine(library, mixture, instructions)
    assert value == -np.inf
    np.testing.assert_array_equal(gradient, 0 * gradient)


def test_what_is_no_number_is_told(library, instructions):
    mixture = simulate(140)
    mixture.y[130, 1] = np.nan
    assert np.isnan(engine(library, mixture, instructions)[0])


@pytest.mark.parametrize("log_nu", [-1.0, 3.0, 12.0, 23.0])
def test_degrees_of_freedom_keep_their_digits(library, instructions, log_nu):
    """Where gamma functions would cancel: against 50 digits."""
    D, far = 4, (0.3, 2.0, 60.0)
    y = np.zeros((len(far), D))
    y[:, 0] = far
    mixture = Vectors(y, np.zeros((1, D)), np.eye(D)[None], np.array([log_nu]), theta=np.ones(1))
    value, gradient = engine(library, mixture, instructions)

    with localcontext() as context:
        context.prec = 50
        nu = Decimal(log_nu).exp()
        ends = (nu + D) / 2, nu / 2
        wanted, slope = Decimal(0), Decimal(0)
        for x in far:
            squares = Decimal(x) ** 2
            log = (1 + squares / nu).ln()
            wanted += log_gamma(ends[0]) - log_gamma(ends[1]) - (nu + D) / 2 * log
            wanted -= Decimal(D) / 2 * (PI * nu).ln()
            slope += nu / 2 * (digamma(ends[0]) - digamma(ends[1]) - log) - Decimal(D) / 2
            slope += (nu + D) / 2 * squares / (nu + squares)
    assert value == pytest.approx(float(wanted), rel=1e-12)
    assert gradient[-2] == pytest.approx(float(slope), rel=1e-9)
