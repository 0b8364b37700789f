"""Fit in other units and from other origins, and see whether fits say the same of the same data.

``python benchmarks/calibration/invariance.py`` fits small problems by every method, with the
response and the covariate shifted and scaled, takes the draws back to the first units, and prints
what differs: plan of the warm-up, diagnosis, means and sds beyond Monte Carlo error. Where the
units are powers of two and the origins stay, draws must be the same to the bit. It ends with exit
code 1 if anything differs. ``--problems``, ``--methods`` and ``--changes`` choose a part; all of it
takes about half an hour.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import frexp
from typing import Any

import arviz
import numpy as np
import pandas as pd
from models import Array

import stanmix

__all__ = ["CHANGES", "PROBLEMS", "Change", "main"]

METHODS = ("nuts", "map", "laplace", "pathfinder", "advi")
ERRORS = 5  # Monte Carlo standard errors that means and sds may differ by
MODE = 0.01  # posterior sds that a mode may differ by
K_HAT = 0.05  # that k-hat may differ by
FAR = 1e6  # spreads from an origin


@dataclass(frozen=True)
class Change:
    """Other units and origins: y becomes factor * (y + shift), and x likewise."""

    y_shift: float = 0.0
    y_factor: float = 1.0
    x_shift: float = 0.0
    x_factor: float = 1.0

    @property
    def exact(self) -> bool:
        """Whether nothing is rounded, so that draws must be the same to the bit."""
        powers = all(frexp(factor)[0] == 0.5 for factor in (self.y_factor, self.x_factor))
        return powers and self.y_shift == self.x_shift == 0

    def response(self, values: Array) -> Array:
        """Return a response, or a mean, in the other units."""
        return np.asarray(self.y_factor * (values + self.y_shift))

    def covariate(self, values: Array) -> Array:
        """Return a covariate in the other units."""
        return np.asarray(self.x_factor * (values + self.x_shift))

    def mean_back(self, mu: Array) -> Array:
        """Return means in the first units."""
        return np.asarray(mu / self.y_factor - self.y_shift)

    def line_back(self, line: Array) -> Array:
        """Return intercept and slope (..., 2) of any function of x at the first covariate."""
        slope = line[..., 1] * self.x_factor
        return np.stack([line[..., 0] + slope * self.x_shift, slope], axis=-1)

    def coefficients_back(self, beta: Array) -> Array:
        """Return intercept and slope of the response in the first units."""
        line = self.line_back(beta) / self.y_factor
        line[..., 0] -= self.y_shift
        return line

    def __str__(self) -> str:
        parts = [
            f"{name} -> {factor:g} ({name} + {shift:g})"
            for name, factor, shift in (
                ("y", self.y_factor, self.y_shift),
                ("x", self.x_factor, self.x_shift),
            )
            if (factor, shift) != (1, 0)
        ]
        return ", ".join(parts) or "as it is"


@dataclass(frozen=True)
class Problem:
    """Data and a mixture.

    Attributes
    ----------
    mixture : Mixture
    y : ndarray of shape (N,) or (N, 2)
    x : ndarray of shape (N,), optional
    back : mapping of str to callable
        Takes each parameter that has units back to the first ones.
    counts : bool
        Counts have a unit of their own.
    """

    mixture: stanmix.Mixture
    y: Array
    x: Array | None
    back: dict[str, Callable[[Change, Array], Array]]
    counts: bool = False

    def frame(self, change: Change) -> pd.DataFrame:
        """Return the data in other units."""
        y = self.y if self.counts else change.response(self.y)
        columns = {f"y{j}": column for j, column in enumerate(y.reshape(len(y), -1).T, 1)}
        if self.x is not None:
            columns["x"] = change.covariate(self.x)
        return pd.DataFrame(columns)

    def concerns(self, change: Change) -> bool:
        """Return whether a change changes anything, and nothing that is not there."""
        of_y = (change.y_shift, change.y_factor) != (0, 1)
        of_x = (change.x_shift, change.x_factor) != (0, 1)
        return not (of_y and self.counts) and not (of_x and self.x is None)


def scale_back(change: Change, sigma: Array) -> Array:
    """Return scales in the first units."""
    return np.asarray(sigma / change.y_factor)


def problems() -> dict[str, Problem]:
    """Return small problems with two components that nobody could mistake, of spread one."""
    rng = np.random.default_rng(4)
    rows = 120
    second = rng.random(rows) < 0.4
    x = rng.normal(size=rows)
    x = (x - x.mean()) / x.std()
    noise = rng.normal(size=(rows, 2))
    clusters = np.where(second, 5 + 1.5 * noise[:, 0], noise[:, 0])
    lines = np.where(second, -1 - x, 1 + 2 * x) + 0.5 * noise[:, 0]
    gated = rng.random(rows) < 1 / (1 + np.exp(-1.5 * x))
    moved = np.where(gated, 5 + 1.5 * noise[:, 0], noise[:, 0])
    pairs = np.where(second[:, None], [4.0, -3.0], [0.0, 0.0]) + noise * [1.0, 0.7]
    counts = rng.poisson(np.exp(np.where(second, 3 - 0.5 * x, 0.5 + 0.8 * x)))
    clusters, lines, moved, pairs = (
        (y - y.mean(axis=0)) / y.std(axis=0) for y in (clusters, lines, moved, pairs)
    )
    means, scales = {"mu": Change.mean_back}, {"sigma": scale_back}
    return {
        "normal": Problem(stanmix.Mixture("y1", 2), clusters, None, {**means, **scales}),
        "regressions": Problem(
            stanmix.Mixture("y1 ~ x", 2), lines, x, {"beta": Change.coefficients_back, **scales}
        ),
        "gating": Problem(
            stanmix.Mixture("y1", 2, gating="~ x"),
            moved,
            x,
            {**means, **scales, "gamma": Change.line_back},
        ),
        "mvnormal": Problem(
            stanmix.Mixture(["y1", "y2"], 2, family="mvnormal", covariance="diagonal"),
            pairs,
            None,
            {**means, **scales},
        ),
        "poisson": Problem(
            stanmix.Mixture("y1 ~ x", 2, family="poisson"),
            counts.astype(float),
            x,
            {"beta": Change.line_back},
            counts=True,
        ),
    }


PROBLEMS = problems()
UNITS = (1e-12, 2.0**-20, 2.0**20, 1e12)
CHANGES = (
    *(Change(y_factor=unit) for unit in UNITS),
    *(Change(y_shift=FAR, y_factor=unit) for unit in (1e-12, 1.0, 1e12)),
    *(Change(x_factor=unit) for unit in UNITS),
    *(Change(x_shift=FAR, x_factor=unit) for unit in (1e-12, 1.0, 1e12)),
    Change(y_factor=2.0**20, x_factor=2.0**-20),
    Change(y_shift=FAR, y_factor=1e-12, x_shift=-FAR, x_factor=1e12),
)


@dataclass(frozen=True)
class Seen:
    """What a fit says, with draws in the first units.

    Attributes
    ----------
    draws : dict of str to ndarray
        (chain, draw, ...) each.
    plan : str
        Of the warm-up, without its numbers.
    k_hat : float
        That the plan rests on; NaN without one.
    findings : set of str
        Topics of the diagnosis that are no plain "ok", with their levels.
    """

    draws: dict[str, Array]
    plan: str
    k_hat: float
    findings: frozenset[str]


def seen(problem: Problem, change: Change, method: str) -> Seen:
    """Fit a problem in other units."""
    fit = problem.mixture.fit(problem.frame(change), method, seed=1, progress=False)
    draws = {}
    for name, values in fit.idata.posterior.items():
        array = np.asarray(values.to_numpy(), dtype=float)
        draws[str(name)] = problem.back[name](change, array) if name in problem.back else array
    reason = str(fit.idata.attrs.get("warmup_reason", ""))
    k_hat = re.search(r"k-hat (-?[0-9.]+)", reason)
    return Seen(
        draws,
        re.sub(r"-?\d+(\.\d+)?(e[-+]?\d+)?", "#", reason),
        float(k_hat[1].rstrip(".")) if k_hat else float("nan"),
        frozenset(
            f"{finding.topic} ({finding.level})"
            for finding in fit.diagnose().findings
            if finding.level != "fine"
        ),
    )


def differences(first: Seen, other: Seen, exact: bool, sds: dict[str, Array]) -> Iterator[str]:
    """Yield what differs between two fits, in words.

    Parameters
    ----------
    first, other : Seen
    exact : bool
        Whether the draws must be the same to the bit.
    sds : dict of str to ndarray
        Posterior sds of each parameter, by which modes are judged.
    """
    if first.plan != other.plan:
        yield f"the warm-up: {first.plan!r}, then {other.plan!r}"
    if abs(first.k_hat - other.k_hat) > K_HAT:
        yield f"k-hat: {first.k_hat}, then {other.k_hat}"
    if first.findings != other.findings:
        yield f"the diagnosis: {set(first.findings)}, then {set(other.findings)}"
    for name, values in first.draws.items():
        others = other.draws[name]
        if exact:
            if not np.array_equal(values, others):
                size = np.maximum(np.abs(values), 1e-300)
                most = np.max(np.abs(values - others) / size)
                yield f"draws of {name}: by up to {most:.1e} of their size"
        elif values.shape[1] == 1:
            most = np.max(np.abs(values - others)[0, 0] / sds[name])
            if not most < MODE:
                yield f"the mode's {name}: {most:.3g} posterior sds apart"
        else:
            for what, apart in errors_apart(values, others).items():
                if not apart < ERRORS:
                    yield f"the {what} of {name}: {apart:.1f} Monte Carlo errors apart"


def errors_apart(values: Array, others: Array) -> dict[str, float]:
    """Return how far means and sds lie apart at most, in Monte Carlo standard errors."""
    pairs = [array.reshape(*array.shape[:2], -1) for array in (values, others)]
    apart = {}
    for what, of in (("mean", np.mean), ("sd", np.std)):
        moments = np.array([of(array, axis=(0, 1)) for array in pairs])
        errors = np.array([monte_carlo_errors(array, what) for array in pairs])
        apart[what] = float(np.max(np.abs(np.diff(moments, axis=0)) / np.hypot(*errors)))
    return apart


def monte_carlo_errors(values: Array, what: str) -> Array:
    """Return the Monte Carlo standard error of each of the parameters (chain, draw, parameter)."""
    mcse: Any = arviz.mcse
    return np.array([mcse(values[..., j], method=what) for j in range(values.shape[-1])])


def main() -> None:
    """Compare what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--problems", nargs="+", choices=PROBLEMS, default=list(PROBLEMS))
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--changes", nargs="+", type=int, default=list(range(len(CHANGES))))
    arguments = parser.parse_args()
    failed = tried = 0
    for name in arguments.problems:
        problem = PROBLEMS[name]
        sds = posterior_sds(problem)
        for method in arguments.methods:
            first = seen(problem, Change(), method)
            for change in (CHANGES[i] for i in arguments.changes):
                if not problem.concerns(change):
                    continue
                tried += 1
                try:
                    other = seen(problem, change, method)
                    found = list(differences(first, other, change.exact, sds))
                except stanmix.StanmixError as error:
                    found = [f"{type(error).__name__}: {str(error).splitlines()[0]}"]
                failed += bool(found)
                print(f"{name}, {method}, {change}: {'; '.join(found) or 'the same'}", flush=True)
    print(f"{tried} fits in other units, {failed} of which say something else.")
    sys.exit(int(failed > 0))


def posterior_sds(problem: Problem) -> dict[str, Array]:
    """Return posterior sds in the first units, by NUTS."""
    draws: dict[str, Any] = seen(problem, Change(), "nuts").draws
    return {name: np.asarray(values.std(axis=(0, 1))) for name, values in draws.items()}


if __name__ == "__main__":
    main()
