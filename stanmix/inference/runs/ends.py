"""Whether a climb ended at a mode: by what Stan said, and by what is left to gain.

Stan calls it a normal end when the iterations run out, or when a step changes little, as it does
on a flat stretch too. What counts is how far the log density can still rise.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["GAIN", "NORMAL", "STUCK", "End", "gains"]

Array = NDArray[np.float64]

# How Stan says that a climb ended, well or at a place where it could not go on.
NORMAL, STUCK = "Optimization terminated normally", "Line search failed"
_ITERATIONS = "Maximum number of iterations hit"
# Stan's last line on a climb: iteration, log density, length of the step, size of the gradient, ...
_PROGRESS = re.compile(r"^\s*(\d+)((?:\s+[-+.\w]+){6}).*$", re.MULTILINE)

# A mode has less than this to gain, in log density: it is less than 0.05 posterior sds away.
GAIN = 1e-3
# A climb that stops by rounding has a gradient of about the root of the precision of doubles.
ROUNDING = 1e-6

STEP = 1e-5  # of central differences, on the scaled unconstrained scale
# What is left to gain counts as far as this, in units of the curvature; where there is none, or it
# is upwards, in units of the unconstrained scale.
FARTHEST = 10.0
FLATTEST = 5.0


@dataclass(frozen=True)
class End:
    """How a climb ended.

    Attributes
    ----------
    how : {"converged", "iterations", "stuck"}
        In Stan's words: by its tolerances, because the iterations ran out, or because no step led
        further up.
    iterations : int
        Steps taken.
    gradient : float
        Its norm on the unconstrained scale.
    height : float
        Log density.
    gain : float
        What is left to gain in log density, as `gains` measures it; NaN where it was not measured.
    """

    how: str
    iterations: int
    gradient: float
    height: float
    gain: float = np.nan

    @classmethod
    def told_by(cls, console: str, height: float) -> End:
        """Return the end of which Stan's console tells."""
        if _ITERATIONS in console:
            how = "iterations"
        else:
            how = "converged" if NORMAL in console else "stuck"
        last = list(_PROGRESS.finditer(console))
        if not last:  # not a step was taken
            return cls(how, 0, np.inf, height)
        return cls(how, int(last[-1][1]), float(last[-1][2].split()[2]), height)

    @property
    def at_mode(self) -> bool:
        """Whether it is a mode, as far as is known."""
        if self.how == "iterations":
            return False
        if np.isfinite(self.gain) or np.isposinf(self.gain):
            return bool(self.gain < GAIN)
        small = self.gradient < ROUNDING * max(abs(self.height), 1.0)
        return self.how == "converged" or small


def gains(target: Callable[[Array], tuple[Array, Array]], points: Array) -> tuple[Array, Array]:
    """Return how far a log density can rise from points, as its slope and curvature have it.

    Parameters
    ----------
    target : callable
        Log densities (S,) and gradients (S, D) of points (S, D). All are asked for at once.
    points : ndarray of shape (R, D)
        On a scale where the coordinates are of about the same size.

    Returns
    -------
    heights : ndarray of shape (R,)
        Log densities of the points.
    gains : ndarray of shape (R,)
        Half the square of the Newton decrement (Boyd & Vandenberghe, 2004, Convex Optimization,
        section 9.5.1), where the density curves downwards. In directions where it is flat or
        curves upwards, what a step of a certain length would bring: there a point is no mode
        unless the density is level. Infinite where there is no density beside a point.
    """
    R, D = points.shape
    step = STEP * (1 + np.abs(points))
    sides = step[:, :, None] * np.eye(D)
    batch = np.concatenate([points[:, None], points[:, None] + sides, points[:, None] - sides], 1)
    value, slopes = target(batch.reshape(-1, D))
    gradient = slopes.reshape(R, 2 * D + 1, D)
    found = np.full(R, np.inf)
    for r, (here, up, down) in enumerate(
        zip(gradient[:, 0], gradient[:, 1 : D + 1], gradient[:, D + 1 :], strict=True)
    ):
        curvature = (down - up) / (2 * step[r][:, None])
        if np.isfinite(curvature).all() and np.isfinite(here).all():
            found[r] = _gain(here, (curvature + curvature.T) / 2)
    return value.reshape(R, -1)[:, 0], found


def _gain(gradient: Array, curvature: Array) -> float:
    """Return the gain of the best step that is not too long, in each direction of curvature."""
    scale = 1 / np.sqrt(np.maximum(np.diag(curvature), 1 / FLATTEST**2))
    curved, directions = np.linalg.eigh(curvature * np.outer(scale, scale))
    slope = np.abs(directions.T @ (scale * gradient))
    length = np.full_like(slope, FARTHEST)
    np.divide(slope, curved, out=length, where=curved * FARTHEST > slope)
    return float((slope * length - curved * length**2 / 2).sum())
