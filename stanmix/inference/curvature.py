"""The posterior's mode and curvature, from which NUTS can start without a long warm-up.

For many observations a posterior is close to normal, with a covariance that the curvature at its
mode gives. Stan's own adaptation learns the same from draws, slowly, and shrinks it towards 1e-3,
which is far too wide when standard deviations are smaller (Stan Reference Manual, Adaptation).
Nothing is trusted unseen: the approximation is checked against Stan's log density at draws from
it, by Pareto smoothed importance sampling (Vehtari, Simpson, Gelman, Yao & Gabry, 2024).
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stanmix.errors import InferenceError
from stanmix.inference import stan
from stanmix.inference.importance import K_HAT, efficiency, k_hat
from stanmix.inference.unconstrained import Space

__all__ = ["Curvature", "find"]

Array = NDArray[np.float64]

DRAWS = 200  # at which the approximation is checked
# The normal approximation is not trusted above `K_HAT`, nor where its importance weights are worth
# fewer draws than this part of them.
EFFICIENCY = 0.5
STEP = 1e-4  # of central differences, in units of rough posterior sds


@dataclass(frozen=True)
class Curvature:
    """A mode and the normal approximation about it, on the unconstrained scale.

    Attributes
    ----------
    mode : ndarray of shape (D,)
    covariance : ndarray of shape (D, D)
        Inverse of the negative Hessian of the log density (Jacobian included) at the mode;
        NaN where it is not positive definite.
    k_hat : float
        Pareto k-hat of the importance ratios of draws from the approximation.
    doubt : str
        Why it is not to be trusted; empty if it is.
    """

    mode: Array
    covariance: Array
    k_hat: float
    doubt: str = ""

    @property
    def trusted(self) -> bool:
        """Whether a sampler may rely on it."""
        return not self.doubt

    def draws(self, count: int, rng: np.random.Generator) -> Array:
        """Return draws from the approximation, of shape (count, D)."""
        root = np.linalg.cholesky(self.covariance)
        return np.asarray(self.mode + rng.standard_normal((count, len(self.mode))) @ root.T)


def find(
    exe_file: Path,
    data_file: Path,
    space: Space,
    start: Mapping[str, Any],
    seed: int,
    folder: Path,
) -> Curvature:
    """Climb to the mode and measure its curvature.

    Parameters
    ----------
    exe_file, data_file : Path
        Compiled program and its data as JSON.
    space : Space
        The program's unconstrained space, of D dimensions.
    start : mapping
        Initial values near the mode.
    seed : int
    folder : Path
        For temporary files.

    Returns
    -------
    Curvature
        With a `doubt` in words wherever something went wrong: this is a help to NUTS, which can
        do without it, and no reason to fail.
    """
    nothing = np.full((space.size, space.size), np.nan)
    mode = space.free(start)
    try:
        mode = space.free(_climb(exe_file, data_file, start, seed, folder))
        if not np.isfinite(mode).all():
            return Curvature(mode, nothing, np.inf, "the mode lies on a boundary")
        scale = _rough_scale(exe_file, data_file, mode, folder)
        hessian = _hessian(exe_file, data_file, mode, scale, folder)
        covariance = _inverse(hessian, scale)
        if covariance is None:
            return Curvature(mode, nothing, np.inf, "the curvature is not positive definite")
        found = Curvature(mode, covariance, np.inf)
        shape, worth = _check(exe_file, data_file, found, seed, folder)
    except InferenceError as error:
        return Curvature(mode, nothing, np.inf, f"Stan refused: {str(error).splitlines()[-1]}")
    figures = f"k-hat {shape:.2f}, importance sampling efficiency {worth:.0%}"
    close = shape < K_HAT and worth > EFFICIENCY
    doubt = "" if close else f"the posterior is not close to normal ({figures})"
    return Curvature(mode, covariance, shape, doubt)


def _climb(
    exe_file: Path, data_file: Path, start: Mapping[str, Any], seed: int, folder: Path
) -> dict[str, Any]:
    """Return the mode of the unconstrained density, as values of the program's parameters."""
    own = folder / "mode"
    own.mkdir(exist_ok=True)
    with stan.quiet():
        try:
            fitted = stan.executable(exe_file).optimize(
                data=str(data_file),
                inits=str(stan.write_json(own / "start.json", start)),
                seed=seed,
                algorithm="lbfgs",
                jacobian=True,
                iter=10_000,
                output_dir=str(own),
                sig_figs=stan.DIGITS,
                require_converged=False,
            )
            return dict(fitted.stan_variables())
        except (RuntimeError, ValueError) as error:
            raise InferenceError(str(error)) from error


def log_density(
    exe_file: Path, data_file: Path, points: Array, folder: Path, *, jacobian: bool = True
) -> tuple[Array, Array]:
    """Return Stan's log density and its gradient.

    cmdstanpy evaluates one point, on the constrained scale; CmdStan takes many, and any scale.

    Parameters
    ----------
    points : ndarray of shape (S, D)
        On the unconstrained scale.
    jacobian : bool
        Whether the density is that of the unconstrained parameters.

    Returns
    -------
    value : ndarray of shape (S,)
    gradient : ndarray of shape (S, D)

    Raises
    ------
    InferenceError
        If Stan refuses a point.
    """
    (folder / "points.json").write_text(json.dumps({"params_r": points.tolist()}))
    output = folder / "log_prob.csv"
    command = [str(exe_file), "log_prob", f"unconstrained_params={folder / 'points.json'}"]
    command += [f"jacobian={int(jacobian)}", "data", f"file={data_file}"]
    command += ["output", f"file={output}"]
    done = subprocess.run(
        [*command, f"sig_figs={stan.DIGITS}"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise InferenceError(done.stdout + done.stderr or "log_prob failed without a word")
    rows = [line for line in output.read_text().splitlines() if line and line[0] not in "#l"]
    values = np.array([[float(number) for number in row.split(",")] for row in rows])
    if values.shape != (len(points), points.shape[1] + 1):
        raise InferenceError("Stan's output has another number of points or parameters")
    return values[:, 0], values[:, 1:]


def _rough_scale(exe_file: Path, data_file: Path, mode: Array, folder: Path) -> Array:
    """Return posterior sds to order of magnitude, from curvature along each axis."""
    step = 1e-5 * (1 + np.abs(mode))
    sides = np.concatenate([mode + np.diag(step), mode - np.diag(step)])
    _, gradient = log_density(exe_file, data_file, sides, folder)
    D = len(mode)
    second = (np.diag(gradient[:D]) - np.diag(gradient[D:])) / (2 * step)
    return np.asarray(1 / np.sqrt(np.maximum(-second, 1e-8)))


def _hessian(exe_file: Path, data_file: Path, mode: Array, scale: Array, folder: Path) -> Array:
    """Return the Hessian by central differences of the gradient, in units of `scale`."""
    step = np.maximum(STEP * scale, 1e-9 * (1 + np.abs(mode)))
    sides = np.concatenate([mode + np.diag(step), mode - np.diag(step)])
    _, gradient = log_density(exe_file, data_file, sides, folder)
    D = len(mode)
    hessian = (gradient[:D] - gradient[D:]) / (2 * step[:, None]) * np.outer(scale, scale)
    return np.asarray((hessian + hessian.T) / 2)


def _inverse(hessian: Array, scale: Array) -> Array | None:
    """Return the covariance, or None if the negative Hessian is not well positive definite."""
    if not np.isfinite(hessian).all():
        return None
    values, vectors = np.linalg.eigh(-hessian)
    if values[0] <= 1e-8 * values[-1]:
        return None
    return np.asarray((vectors / values) @ vectors.T * np.outer(scale, scale))


def _check(
    exe_file: Path, data_file: Path, found: Curvature, seed: int, folder: Path
) -> tuple[float, float]:
    """Return k-hat of the importance ratios of draws, and the efficiency of their weights."""
    rng = np.random.default_rng([seed, 5])
    points = found.draws(DRAWS, rng)
    value, _ = log_density(exe_file, data_file, points, folder)
    z = np.linalg.solve(np.linalg.cholesky(found.covariance), (points - found.mode).T)
    log_ratio = value + 0.5 * (z**2).sum(axis=0)
    return k_hat(log_ratio), efficiency(log_ratio)
