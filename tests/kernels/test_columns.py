"""Columns of several families, independent within a component: the engine against SciPy."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, field

import numpy as np
import pytest
from densities import FAMILIES
from mixtures import INSTRUCTIONS, STEP, mixed, pointers
from scipy import special

# Those of `columns.cpp`, in its order, with the scale of what is drawn of them.
OF = {"normal": "real", "gamma": "positive", "poisson": "count", "negative_binomial": "count",
      "bernoulli": "truth"}  # fmt: skip
K = 3


@dataclass
class Columns:
    """Data and parameters; absent parts are None."""

    y: dict[str, np.ndarray]  # (N, D) of each family; NaN where one is missing
    values: dict[str, dict[str, np.ndarray]]  # (K, D) of each parameter, on the scale of its link
    theta: np.ndarray | None = field(default_factory=lambda: np.array([0.2, 0.3, 0.5]))
    gamma: np.ndarray | None = None  # (K, Q)
    Z: np.ndarray | None = None
    weights: np.ndarray | None = None
    group: np.ndarray | None = None  # from 1
    labels: np.ndarray | None = None  # of rows or groups, from 1; 0: not known

    def numbers(self) -> list[np.ndarray]:
        """All that the likelihood is differentiated by."""
        found = [self.values[name][one] for name in OF for one in FAMILIES[name].parameters]
        return [*found, self.gamma if self.theta is None else self.theta]


def simulate(
    N: int, numbers: tuple[int, ...] = (2, 1, 1, 2, 3), missing: float = 0.0, seed: int = 0
) -> Columns:
    rng = np.random.default_rng(seed)
    draw = {
        "real": lambda size: rng.normal(size=size),
        "positive": lambda size: rng.gamma(2.0, size=size),
        "count": lambda size: rng.poisson(3, size).astype(float),
        "truth": lambda size: rng.integers(0, 2, size).astype(float),
    }
    columns = dict(zip(OF, numbers, strict=True))
    y = {name: draw[kind]((N, columns[name])) for name, kind in OF.items()}
    for of_family in y.values():
        of_family[rng.random(of_family.shape) < missing] = np.nan
    values = {
        name: {one: rng.normal(0, 0.7, (K, D)) for one in FAMILIES[name].parameters}
        for name, D in columns.items()
    }
    return Columns(y, values)


def row_values(mixture: Columns) -> np.ndarray:
    """The log likelihood of each row, or of each group; of complex parameters as well."""
    N = len(mixture.y["normal"])
    terms = np.zeros((N, K), complex)
    for name, y in mixture.y.items():
        at = np.where(np.isnan(y), 1.0, y)[:, None]
        of_each = FAMILIES[name].log_density(
            at, *(mixture.values[name][one][None] for one in FAMILIES[name].parameters)
        )
        terms += np.where(np.isnan(y)[:, None], 0, of_each).sum(axis=2)
    return mixed(terms, mixture)


def expected(mixture: Columns) -> tuple[float, np.ndarray, np.ndarray]:
    """Value and gradient, by complex steps, and the sum of the sizes of what it adds up."""
    of_rows = np.array(
        [
            row_slopes(mixture, part, index)
            for part in mixture.numbers()
            for index in np.ndindex(part.shape)
        ]
    )
    return row_values(mixture).real.sum(), of_rows.sum(axis=1), np.abs(of_rows).sum(axis=1)


def row_slopes(mixture: Columns, part: np.ndarray, index: tuple[int, ...]) -> np.ndarray:
    """The derivatives of the rows in one number."""
    stepped = part.astype(complex)
    stepped[index] += 1j * STEP

    def moved(one: np.ndarray | None) -> np.ndarray | None:
        return stepped if one is part else one

    values = {
        name: {one: moved(value) for one, value in of_family.items()}
        for name, of_family in mixture.values.items()
    }
    at = Columns(
        mixture.y, values, moved(mixture.theta), moved(mixture.gamma), mixture.Z,
        mixture.weights, mixture.group, mixture.labels,
    )  # fmt: skip
    return row_values(at).imag / STEP


class Arguments(ctypes.Structure):
    """Those of `columns.cpp`, in its order."""

    _fields_ = [
        *((name, ctypes.c_int) for name in ("instructions", "K", "N")),
        *((name, ctypes.c_void_p) for name in ("columns", "y", "values")),
        *((name, ctypes.c_void_p) for name in ("weights", "group", "labels")),
        *((name, ctypes.c_int) for name in ("groups", "Q")),
        *((name, ctypes.c_void_p) for name in ("Z", "theta", "gamma")),
    ]


def engine(library, mixture: Columns, instructions: str) -> tuple[float, np.ndarray]:
    pointer = pointers()
    *of_families, _ = mixture.numbers()
    gradient = np.full(sum(part.size for part in mixture.numbers()), np.nan)
    given = Arguments(
        INSTRUCTIONS[instructions],
        K,
        len(mixture.y["normal"]),
        pointer([y.shape[1] for y in mixture.y.values()], np.intc),
        pointer(np.hstack(list(mixture.y.values())), order="F"),
        pointer([pointer(one) for one in of_families], np.uintp),
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
    return library.columns.log_likelihood(ctypes.byref(given), out), gradient


def assert_agrees(library, mixture: Columns, instructions: str, rtol: float = 1e-12) -> None:
    value, gradient = engine(library, mixture, instructions)
    wanted, slopes, size = expected(mixture)
    assert value == pytest.approx(wanted, rel=rtol)
    assert (np.abs(gradient - slopes) <= rtol * size + 1e-200).all()


@pytest.mark.parametrize("N", [1, 2, 7, 8, 129, 300])
@pytest.mark.parametrize("missing", [0.0, 0.4])
def test_value_and_gradient_are_those_of_the_sum_over_columns(library, instructions, N, missing):
    assert_agrees(library, simulate(N, missing=missing), instructions)


def test_the_value_is_that_of_scipy(library, instructions):
    mixture = simulate(40)
    rows = sum(
        FAMILIES[name]
        .of_scipy(y[:, None], *(mixture.values[name][one] for one in FAMILIES[name].parameters))
        .sum(axis=2)
        for name, y in mixture.y.items()
    )
    wanted = special.logsumexp(rows + np.log(mixture.theta), axis=1).sum()
    assert engine(library, mixture, instructions)[0] == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("missing", [0.0, 0.4])
@pytest.mark.parametrize("grouped", [False, True])
@pytest.mark.parametrize("beside", ["weights", "labels", "gates", "all"])
def test_what_rows_have_beside(library, instructions, missing, grouped, beside):
    N, rng = 140, np.random.default_rng(2)
    mixture = simulate(N, missing=missing, seed=1)
    units = 17 if grouped else N
    if grouped:
        mixture.group = np.concatenate([np.arange(1, 18), rng.integers(1, 18, N - 17)])
    if beside in ("weights", "all"):
        mixture.weights = rng.integers(0, 4, N).astype(float)
    if beside in ("labels", "all"):
        mixture.labels = rng.integers(0, K + 1, units)
    if beside in ("gates", "all"):
        mixture.theta, mixture.gamma = None, rng.normal(size=(K, 2))
        mixture.Z = rng.normal(size=(units, 2))
    assert_agrees(library, mixture, instructions)


@pytest.mark.parametrize("numbers", [(1, 1, 1, 1, 1), (1, 4, 2, 1, 9)])
def test_numbers_of_columns(library, instructions, numbers):
    assert_agrees(library, simulate(33, numbers, missing=0.2), instructions)


def test_extreme_values(library, instructions):
    mixture = simulate(50, missing=0.1)
    mixture.y["normal"][3] = 1e5
    mixture.y["gamma"][4] = 1e-30
    mixture.y["poisson"][5] = 1e6
    mixture.values["normal"]["sigma"][0] = np.log(1e6)
    mixture.values["bernoulli"]["mu"][1] = [-60, 8, 12]
    mixture.values["negative_binomial"]["phi"][2] = np.log(100)
    assert_agrees(library, mixture, instructions, 1e-9)  # log gammas of large numbers cancel


def test_a_row_that_lacks_all_columns_says_nothing(library, instructions):
    mixture = simulate(20)
    value, gradient = engine(library, mixture, instructions)
    lacking = {
        name: np.pad(y, ((0, 3), (0, 0)), constant_values=np.nan) for name, y in mixture.y.items()
    }
    again = engine(library, Columns(lacking, mixture.values), instructions)
    assert again[0] == pytest.approx(value, rel=1e-14)
    np.testing.assert_allclose(again[1][:-K], gradient[:-K], rtol=1e-12)
    # Its shares are the weights, whose sum has no part in a simplex.
    np.testing.assert_allclose(again[1][-K:], gradient[-K:] + 3, rtol=1e-12)


def test_an_impossible_row_makes_the_data_impossible(library, instructions):
    mixture = simulate(140)
    mixture.y["normal"][130, 1] = 1e200
    value, gradient = engine(library, mixture, instructions)
    assert value == -np.inf
    np.testing.assert_array_equal(gradient, 0 * gradient)
