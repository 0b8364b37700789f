"""Programs where densities are easily lost: at tails of all heights, and scales of all sizes.

As in `test_render`, with points where parameters are far from any usual size. Priors are wide, so
that they do not outweigh the likelihood, and responses are drawn at such parameters. The programs
are shipped ones, under other data and priors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext

import numpy as np
import pandas as pd
import pytest
from exact import LOG_DENSITIES as EXACT
from independent import base, log_posterior
from interpreted import interpreted
from parameters_block import declarations
from scipy import special, stats
from stan_transforms import free_shape

import stanmix
from stanmix.model.families import FAMILIES

POINTS = 100
RNG = np.random.default_rng(8)
Z = np.linspace(-1, 1, 60)
WIDE = stanmix.LogNormal(0.0, 20.0)
SLOPES = stanmix.Normal(0.0, 50.0)


def rows_of_all_scales() -> pd.DataFrame:
    """Responses about zero, whose scales rise over twelve orders of magnitude with z."""
    return pd.DataFrame(
        {"y": 10 ** (6 * Z) * RNG.normal(size=60), "x": RNG.normal(size=60), "z": Z}
    )


def lines() -> pd.DataFrame:
    x = RNG.normal(size=60)
    return pd.DataFrame({"y": 3 + 2 * x + RNG.standard_t(3, 60), "x": x})


def counts() -> pd.DataFrame:
    """Nearly all zero where z is, and about 20 where it is one."""
    z = np.resize([0.0, 1.0], 60)
    y = np.where(z == 1, RNG.poisson(20.0, 60), RNG.random(60) < 0.05)
    return pd.DataFrame({"y": y, "x": RNG.normal(size=60), "log_day": RNG.normal(size=60), "z": z})


@dataclass(frozen=True)
class Case:
    """A mixture, its data, and where some of its parameters lie: by name, of generator and data."""

    model: stanmix.Mixture
    frame: pd.DataFrame
    placed: Mapping[str, Callable[[np.random.Generator, Mapping], np.ndarray]]

    def points(self, data: Mapping, seed: int) -> np.ndarray:
        """Unconstrained points."""
        rng = np.random.default_rng(seed)
        found = []
        for _ in range(POINTS):
            parts = []
            for declaration in declarations(self.model.program()):
                free = rng.normal(size=free_shape(declaration, data))
                if (place := self.placed.get(base(declaration))) is not None:
                    free = place(rng, data) + 0.3 * free
                parts.append(free.ravel())
            found.append(np.concatenate(parts))
        return np.array(found)


def tiny(rng: np.random.Generator, data: Mapping) -> np.ndarray:
    """Coefficients of means about zero, where the responses lie."""
    return np.zeros((data["K"], data["P"]))


def scales(rng: np.random.Generator, data: Mapping) -> np.ndarray:
    """Coefficients of log sigma: of one component as the data have them, of another reversed."""
    found = []
    for direction in (1, -1):
        slope = direction * 6 * np.log(10)
        at_centre = slope * data["X_sigma_centre"][1] - np.log(data["y_scale"])
        found.append([at_centre, slope * data["X_sigma_scale"][1]])
    return np.array(found)


def precisions(rng: np.random.Generator, data: Mapping) -> np.ndarray:
    """Coefficients of log phi: 1e-6 at zero and 1e8 at one, and of another component reversed."""
    found = []
    for low, high in ((1e-6, 1e8), (1e8, 1e-6)):
        slope = np.log(high / low)
        at_centre = np.log(low) + slope * data["X_phi_centre"][1]
        found.append([at_centre, slope * data["X_phi_scale"][1]])
    return np.array(found)


def means_of_counts(rng: np.random.Generator, data: Mapping) -> np.ndarray:
    found = np.zeros((data["K"], data["P"]))
    found[:, 0] = np.log(np.mean(data["y"]))
    return found


def either(low: float, high: float, size: tuple[int, ...] = ()) -> Callable:
    """Logarithms of one of two values."""
    return lambda rng, data: np.log(rng.choice([low, high], size=size))


def signs(size: float) -> Callable:
    """Numbers of a size, of either sign, one for each category but the first and covariate."""
    return lambda rng, data: size * rng.choice([-1.0, 1.0], (data["K"], data["C"] - 1, data["P"]))


def rare(rng: np.random.Generator, data: Mapping) -> np.ndarray:
    """Coordinates of probabilities some of which are about 1e-12: along orthonormal contrasts."""
    return rng.choice([-np.log(1e12), 0.0, np.log(1e12)], (data["K"], data["C"] - 1))


def levels() -> pd.DataFrame:
    return pd.DataFrame({"y": np.resize([1, 2, 3, 4, 2], 40), "x": RNG.normal(size=40)})


T, COUNTS = {"family": "student_t"}, {"family": "negative_binomial"}
BY_Z = {"formula": "y ~ x", "formulas": {"sigma": "~ z"}, "priors": {"beta_sigma": SLOPES}}
ANY_NU = {"priors": {"nu": WIDE}}
WAITING = stanmix.datasets.load("faithful")[["waiting"]]
CASES = {
    "normal, sigma by row": Case(
        stanmix.Mixture(components=2, **BY_Z),
        rows_of_all_scales(),
        {"beta": tiny, "beta_sigma": scales},
    ),
    "t, sigma by row": Case(
        stanmix.Mixture(
            components=2, shared="nu", **T, **{**BY_Z, "priors": {"nu": WIDE, "beta_sigma": SLOPES}}
        ),
        rows_of_all_scales(),
        {"beta": tiny, "beta_sigma": scales, "nu": either(0.3, 1e6)},
    ),
    "t": Case(
        stanmix.Mixture("y ~ x", 2, **T, **ANY_NU),
        lines(),
        {"nu": either(0.3, 1e6, (2,))},
    ),
    "t, nu known": Case(stanmix.Mixture("waiting", 2, fixed={"nu": [0.3, 1e6]}, **T), WAITING, {}),
    "counts, phi by row": Case(
        stanmix.Mixture(
            "y ~ x * log_day", 2, formulas={"phi": "~ z"}, priors={"beta_phi": SLOPES}, **COUNTS
        ),
        counts(),
        {"beta": means_of_counts, "beta_phi": precisions},
    ),
    "counts": Case(
        stanmix.Mixture("y", 2, order="mu", priors={"phi": WIDE}, **COUNTS),
        counts(),
        {"phi": either(1e-6, 1e8, (2,))},
    ),
}


CATEGORIES = {
    "probabilities": Case(
        stanmix.Mixture("y", 2, family="categorical"), levels(), {"mu": rare}
    ),
    "log ratios": Case(
        stanmix.Mixture(
            "y ~ x", 2, family="categorical", priors={"beta": stanmix.Normal(0, 50)}
        ),
        levels(),
        {"beta": signs(40.0)},
    ),
    **{
        f"cutpoints, {link}": Case(
            stanmix.Mixture(
                "y ~ x", 2, family="ordinal", link={"mu": link}, priors={"cutpoints": WIDE}
            ),
            levels(),
            {"cutpoints": either(1e-6, far, (2, 2))},
        )
        for link, far in (("logit", 1e6), ("probit", 1e3))
    },
}  # fmt: skip


def slope(f: Callable[[float], float], h: float = 0.01) -> float:
    """The slope of a smooth function at 0, by central differences of order eight."""
    weights = (4 / 5, -1 / 5, 4 / 105, -1 / 280)
    return sum(w * (f(k * h) - f(-k * h)) for k, w in enumerate(weights, 1)) / h


@pytest.mark.parametrize("name", CASES)
def test_log_density_and_gradient(name, log_density, shipped):
    case = CASES[name]
    data = case.model.data(case.frame)
    points = case.points(data, seed=1)
    expected = np.array([log_posterior(case.model, data, u) for u in points])
    assert np.isfinite(expected).all()
    portable = interpreted(case.model, data, points)
    fused = log_density(case.model, data, points, kernel="fused", among=shipped)
    np.testing.assert_allclose(fused[:, 0], expected, rtol=1e-9)
    np.testing.assert_allclose(portable[:, 0], expected, rtol=1e-9)
    of_portable, of_fused = portable[:, 1:], fused[:, 1:]
    size = np.abs(of_portable).max(axis=1, keepdims=True)
    difference = np.abs(of_fused - of_portable) / size
    # Stan's own functions lose digits at large nu and phi, as differences of gamma and digamma
    # functions that cancel. The slope of what SciPy says tells which of the two is right.
    for point, j in np.argwhere(difference > 1e-9):
        u, along = points[point], np.eye(points.shape[1])[j]
        found = slope(lambda t, u=u, along=along: log_posterior(case.model, data, u + t * along))
        assert abs(of_fused[point, j] - found) < 1e-9 * size[point, 0]
    assert difference.max() < 1e-6


@pytest.mark.parametrize("name", CATEGORIES)
def test_log_density_and_gradient_of_categories(name):
    """Of rare ones, and of levels whose cutpoints nearly tie or lie far apart."""
    case = CATEGORIES[name]
    data = case.model.data(case.frame)
    points = case.points(data, seed=1)[:30]
    expected = np.array([log_posterior(case.model, data, u) for u in points])
    assert np.isfinite(expected).all()
    found = interpreted(case.model, data, points)
    np.testing.assert_allclose(found[:, 0], expected, rtol=1e-9)
    for u, gradient in zip(points[:2], found[:2, 1:], strict=True):
        size = max(1.0, np.abs(gradient).max())
        for along, of_stan in zip(np.eye(len(u)), gradient, strict=True):
            by_differences = slope(
                lambda t, u=u, along=along: log_posterior(case.model, data, u + t * along)
            )
            assert abs(of_stan - by_differences) < 1e-6 * size


@pytest.mark.parametrize("phi", [1e-3, 9e4, 2e5, 1e9, 1e17])
def test_successes_keep_their_digits_whatever_their_precision(phi):
    """Logarithms of gamma functions of phi cancel, in Stan's own density and in SciPy's."""
    trials, y = np.array([1, 9, 30, 30, 400]), np.array([0, 9, 4, 30, 100])
    logit, log_phi = -0.7, float(np.log(phi))
    with localcontext() as context:
        context.prec = 60
        exact = [
            float(EXACT["beta_binomial"](*map(Decimal, map(float, each))))
            for each in zip(y, [logit] * 5, [log_phi] * 5, trials, strict=True)
        ]
    mu, at = special.expit(logit), np.exp(log_phi)
    values = {"mu": np.full(5, mu), "phi": np.full(5, at), "trials": trials}
    found = FAMILIES["beta_binomial"].log_density(y, values)
    np.testing.assert_allclose(found, exact, rtol=1e-9, atol=1e-9)
    model = stanmix.Mixture("y", 1, family="beta_binomial", trials="n")
    data, point = model.data({"y": y, "n": trials}), np.array([[logit, log_phi]])
    value, of_logit, of_log_phi = interpreted(model, data, point)[0]
    prior = stats.lognorm.logpdf(at, 1.5, scale=np.exp(2.5)) + log_phi
    jacobian = np.log(mu) + np.log1p(-mu)
    np.testing.assert_allclose(value, sum(exact) + prior + jacobian, rtol=1e-9)
    # With phi without end they are binomial: nothing depends on it but its prior.
    if phi > 1e15:
        of_prior = -(log_phi - 2.5) / 1.5**2
        assert of_log_phi == pytest.approx(of_prior, abs=1e-9)
        slope = (y - trials * mu).sum() + 1 - 2 * mu
        assert of_logit == pytest.approx(slope, rel=1e-9)
