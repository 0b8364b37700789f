"""Stan's log density at many points: a batch is one call of the compiled program."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson
from numpy.typing import NDArray

from stanmix.errors import InferenceError
from stanmix.inference.runs import stan

__all__ = ["StanDensity", "log_density"]

Array = NDArray[np.float64]

# Bytes of data times points: each process reads all data once, and that is to take the least part.
WORTH_A_PROCESS = 2e8


@dataclass(frozen=True)
class StanDensity:
    """The log density of a compiled program with its data, as a function of points.

    Attributes
    ----------
    exe_file, data_file : Path
        Compiled program and its data as JSON.
    folder : Path
        For temporary files.
    jacobian : bool
        Whether the density is that of the unconstrained parameters.
    """

    exe_file: Path
    data_file: Path
    folder: Path
    jacobian: bool = True

    def __call__(self, points: Array) -> tuple[Array, Array]:
        """Return values (S,) and gradients (S, D) at points (S, D) of the unconstrained scale.

        Where Stan refuses a point the value is minus infinity and the gradient no number.

        Raises
        ------
        InferenceError
            If Stan refuses every point.
        """
        if not len(points):
            return np.empty(0), np.empty(points.shape)
        value, gradient = self._where_defined(points)
        if np.isneginf(value).all():
            self._ask(points[:1])  # which says why
        return value, gradient

    def _ask(self, points: Array) -> tuple[Array, Array]:
        """Ask for all points; by several processes where the data are so large that it pays."""
        work = self.data_file.stat().st_size * len(points)
        several = min(stan.cores(), int(work // WORTH_A_PROCESS), len(points))
        if several < 2:
            return log_density(self.exe_file, self.data_file, points, self.folder, self.jacobian)

        def ask(number: int, part: Array) -> tuple[Array, Array]:
            own = self.folder / f"part_{number}"
            own.mkdir(exist_ok=True)
            return log_density(self.exe_file, self.data_file, part, own, self.jacobian)

        with ThreadPoolExecutor(several) as pool:
            found = list(pool.map(ask, range(several), np.array_split(points, several)))
        return np.concatenate([v for v, _ in found]), np.concatenate([g for _, g in found])

    def _where_defined(self, points: Array) -> tuple[Array, Array]:
        """Ask for all points; halve a batch of which Stan refuses some until they are found."""
        try:
            return self._ask(points)
        except InferenceError:
            if len(points) == 1:
                return np.array([-np.inf]), np.full(points.shape, np.nan)
        half = len(points) // 2
        parts = [self._where_defined(part) for part in (points[:half], points[half:])]
        return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])


def log_density(
    exe_file: Path, data_file: Path, points: Array, folder: Path, jacobian: bool = True
) -> tuple[Array, Array]:
    """Return Stan's log density and its gradient.

    cmdstanpy evaluates one point, on the constrained scale; CmdStan takes many, and any scale.

    Parameters
    ----------
    points : ndarray of shape (S, D)
        On the unconstrained scale.
    jacobian : bool
        Whether to include the log Jacobian of Stan's transforms.

    Returns
    -------
    value : ndarray of shape (S,)
    gradient : ndarray of shape (S, D)

    Raises
    ------
    InferenceError
        If Stan refuses a point that is finite.
    """
    (folder / "points.json").write_bytes(
        orjson.dumps({"params_r": np.ascontiguousarray(points)}, option=orjson.OPT_SERIALIZE_NUMPY)
    )
    output = folder / "log_prob.csv"
    command = [str(exe_file), "log_prob", f"unconstrained_params={folder / 'points.json'}"]
    command += [f"jacobian={int(jacobian)}", "data", f"file={data_file}", "output"]
    done = subprocess.run(
        [*command, f"file={output}", f"sig_figs={stan.DIGITS}"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise InferenceError(done.stdout + done.stderr or "log_prob failed without a word")
    rows = [line for line in output.read_text().splitlines() if line and line[0] not in "#l"]
    values = np.array([row.split(",") for row in rows], dtype=np.float64)
    if values.shape != (len(points), points.shape[1] + 1):
        raise InferenceError("Stan's output has another number of points or parameters")
    return values[:, 0], values[:, 1:]
