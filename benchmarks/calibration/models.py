"""The mixtures that are calibrated, and how their data sets come about: prior, then data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import stanmix
from stanmix import Dirichlet, Gamma, LogNormal, Normal

__all__ = ["MODELS", "ROWS", "Array", "Columns", "Model", "Parameters", "X", "flat", "names"]

Array = NDArray[np.float64]
Parameters = dict[str, Array]
Columns = dict[str, NDArray[np.generic]]

ROWS = 60
# One covariate for all data sets of the regressions.
X: Array = np.random.default_rng(99).normal(size=ROWS)


@dataclass(frozen=True)
class Model:
    """A mixture of two components with proper priors, and its simulator.

    Attributes
    ----------
    name : str
    number : int
        Distinguishes the random streams of the models.
    mixture : Mixture
        The statement, with the priors that `simulate` draws from.
    simulate : callable
        From a generator to parameters (components in the order of the statement) and data.
    """

    name: str
    number: int
    mixture: stanmix.Mixture
    simulate: Callable[[np.random.Generator], tuple[Parameters, Columns]]

    def data_set(self, number: int) -> tuple[Parameters, Columns]:
        """Return the true parameters and the data of data set `number`."""
        return self.simulate(np.random.default_rng([self.number, number]))


def flat(parameters: Parameters) -> Array:
    """Return parameters in a row: theta, locations, scales; components count first."""
    return np.concatenate([np.ravel(value) for value in parameters.values()])


def names(parameters: Parameters) -> list[str]:
    """Return the names of `flat`, counted from 1 as Stan does."""
    return [
        f"{name}[{','.join(str(i + 1) for i in index)}]"
        for name, value in parameters.items()
        for index in np.ndindex(value.shape)
    ]


def normals(rng: np.random.Generator) -> tuple[Parameters, Columns]:
    """Draw two normals, the lower mean first, and rows from them."""
    drawn = {
        "theta": rng.dirichlet([2, 2]),
        "mu": np.sort(rng.normal(0, 3, 2)),
        "sigma": rng.lognormal(0, 0.5, 2),
    }
    z = allocate(drawn["theta"], rng)
    return drawn, {"y": rng.normal(drawn["mu"][z], drawn["sigma"][z])}


def regressions(rng: np.random.Generator) -> tuple[Parameters, Columns]:
    """Draw two lines, the lower slope first, and rows from them."""
    drawn = {
        "theta": rng.dirichlet([2, 2]),
        "beta": np.column_stack([rng.normal(0, 2, 2), np.sort(rng.normal(0, 2, 2))]),
        "sigma": rng.lognormal(-0.5, 0.5, 2),
    }
    z = allocate(drawn["theta"], rng)
    intercept, slope = drawn["beta"][z].T
    return drawn, {"y": rng.normal(intercept + slope * X, drawn["sigma"][z]), "x": X}


def counts(rng: np.random.Generator) -> tuple[Parameters, Columns]:
    """Draw two Poisson means, the lower first, and rows from them."""
    drawn = {"theta": rng.dirichlet([2, 2]), "mu": np.sort(rng.gamma(2, 1 / 0.3, 2))}
    return drawn, {"y": rng.poisson(drawn["mu"][allocate(drawn["theta"], rng)])}


def allocate(theta: Array, rng: np.random.Generator) -> NDArray[np.intp]:
    """Draw the component of each row, counted from 0."""
    second = rng.random(ROWS) >= theta[0]
    return np.asarray(second, dtype=np.intp)


MODELS = {
    model.name: model
    for model in (
        Model(
            "normal",
            1,
            stanmix.Mixture(
                "y",
                2,
                order="mu",
                priors={"theta": Dirichlet(2), "mu": Normal(0, 3), "sigma": LogNormal(0, 0.5)},
            ),
            normals,
        ),
        Model(
            "regressions",
            2,
            stanmix.Mixture(
                "y ~ x",
                2,
                order="x",
                priors={
                    "theta": Dirichlet(2),
                    "Intercept": Normal(0, 2),
                    "x": Normal(0, 2),
                    "sigma": LogNormal(-0.5, 0.5),
                },
            ),
            regressions,
        ),
        Model(
            "poisson",
            3,
            stanmix.Mixture(
                "y",
                2,
                family="poisson",
                order="mu",
                priors={"theta": Dirichlet(2), "mu": Gamma(2, 0.3)},
            ),
            counts,
        ),
    )
}
