"""stanli as an engine: Stan's language interpreted over Stan's mathematics, without a compiler.

It runs portable programs by Stan's own no-U-turn sampler. Its log density always has the Jacobian
of Stan's transforms; where it must not, that is taken away again.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy  # its optimisers are loaded when they are first asked for: they take long
from numpy.typing import NDArray

from stanmix.errors import InferenceError
from stanmix.inference.available import INTERPRETED, STANLI
from stanmix.inference.engines.engine import LogDensity
from stanmix.inference.options import NutsOptions, Options
from stanmix.inference.problem import Problem
from stanmix.inference.runs import chains, several, stan
from stanmix.inference.runs.climbs import Climb
from stanmix.inference.runs.ends import End
from stanmix.inference.runs.output import Output
from stanmix.inference.settings import Prepared, values
from stanmix.inference.unconstrained.space import Space
from stanmix.streams import Stream, generator

__all__ = ["Stanli", "ready"]

Array = NDArray[np.float64]

# Stan leaves a metric that is given as it is where the warm-up is shorter than its windows are
# together, which is 150 iterations; stanli sets the windows to no other length.
SHORTER_THAN_WINDOWS = 149

RADIUS, TRIES = 2.0, 100  # of random starts on the unconstrained scale, as Stan's own are

# L-BFGS ends where a step gains less than some rounding errors of the log density.
ROUNDINGS = 10 * np.finfo(float).eps
HISTORY = 10  # steps from which it knows the curvature
LINE_SEARCH = 50  # evaluations at most along one direction
# What a point without a density lacks of the lowest that was seen: enough to be left.
REFUSED = 1e3
_HOWS = {0: "converged", 1: "iterations", 2: "stuck"}  # by SciPy's status


@dataclass(frozen=True)
class Stanli:
    """A program that stanli interprets.

    Attributes
    ----------
    source : str
        The Stan program, in the form that stanli knows.
    """

    source: str

    @property
    def stan_version(self) -> tuple[int, ...]:
        """Version of the Stan within stanli."""
        return INTERPRETED

    @property
    def short_warmup(self) -> int:
        """See `Engine`."""
        return SHORTER_THAN_WINDOWS

    @property
    def software(self) -> dict[str, str]:
        """See `Engine`."""
        return {"stanli": STANLI, "Stan": ".".join(map(str, INTERPRETED))}

    @property
    def attributes(self) -> dict[str, Any]:
        """See `Engine`."""
        toolchain = f"stanli {STANLI} (Stan {'.'.join(map(str, INTERPRETED))})"
        return {"engine": "stanli", "toolchain": toolchain, "compile_seconds": 0.0}

    def log_density(
        self, space: Space, data_file: Path, folder: Path, jacobian: bool
    ) -> LogDensity:
        """See `Engine`; point by point, within this process."""
        return _Density(self._model(data_file), space, jacobian)

    def sample(
        self,
        stated: Problem,
        options: NutsOptions,
        prepared: Prepared,
        data_file: Path,
        folder: Path,
    ) -> Output:
        """See `Engine`; chains are threads of this process."""
        import stanli

        told = values(prepared.settings)
        inits = None
        if prepared.starts is not None:
            stan.write_starts(folder, prepared.starts)
            inits = self._free(stated, prepared.starts)
        if prepared.metric is not None:
            chains.write_metric(folder, prepared.metric)
        adapting = bool(int(told["engaged"]))
        began = time.perf_counter()
        try:
            found = self._model(data_file).sample(
                chains=options.chains,
                parallel_chains=min(options.chains, options.cores or stan.cores()),
                seed=options.seed,
                warmup=int(told["num_warmup"]),
                samples=int(told["num_samples"]),
                thin=int(told["thin"]),
                max_depth=int(told["max_depth"]),
                metric=told["metric"],
                inv_metric=prepared.metric,
                adapt_engaged=adapting,
                **({"delta": float(told["delta"])} if adapting else {}),
                inits=inits,
                refresh=0,
            )
        except RuntimeError as error:
            raise InferenceError(f"stanli could not sample. It said:\n{error}") from error
        seconds = time.perf_counter() - began
        draws = {name: np.asarray(found.draws(name)) for name in found.variables}
        stats = {
            chains.STATISTICS[name]: np.asarray(found.sampler_stats[:, :, column])
            for column, name in enumerate(stanli.SAMPLER_COLUMNS)
        }
        return Output(draws, stats, tuple(range(1, options.chains + 1)), seconds=seconds)

    def climb(
        self,
        stated: Problem,
        options: Options,
        prepared: Prepared,
        data_file: Path,
        folder: Path,
    ) -> tuple[dict[int, Climb], dict[int, str]]:
        """See `Engine`; by SciPy's L-BFGS-B, since stanli's own climbs with the Jacobian alone."""
        told = values(prepared.settings)
        model, space = self._model(data_file), self._space(stated)
        target = _Density(model, space, jacobian=bool(int(told["jacobian"])))
        starts: list[Array | None] = [None] * options.processes
        if prepared.starts is not None:
            stan.write_starts(folder, prepared.starts)
            starts = list(self._free(stated, prepared.starts))
        ended: dict[int, Climb] = {}
        failed: dict[int, str] = {}
        for number, start in enumerate(starts, 1):
            try:
                begin = _random(target, space.size, options, number) if start is None else start
                ended[number] = _climbed(model, target, begin, int(told["iter"]))
            except (InferenceError, ValueError) as error:
                failed[number] = str(error)
        if not ended:
            raise several.all_failed(options, failed)
        return ended, failed

    def _model(self, data_file: Path) -> Any:
        """Return the program with data as stanli runs it."""
        import stanli

        try:
            return stanli.Model(stan_code=self.source, data=data_file)
        except RuntimeError as error:
            raise InferenceError(f"stanli does not take the program. It said:\n{error}") from error

    def _space(self, stated: Problem) -> Space:
        return Space(stated.program, stated.data, self.stan_version)

    def _free(self, stated: Problem, starts: Sequence[Mapping[str, Any]]) -> Array:
        """Return starts on the unconstrained scale, (run, D)."""
        space = self._space(stated)
        return np.stack([space.free(start) for start in starts])


def ready(stated: Problem) -> Stanli:
    """Return the program of a problem, as stanli runs it."""
    return Stanli(stated.source)


@dataclass(frozen=True)
class _Density:
    """The log density of a program with data; see `Engine.log_density`."""

    model: Any
    space: Space
    jacobian: bool

    def __call__(self, points: Array) -> tuple[Array, Array]:
        value, gradient = np.full(len(points), -np.inf), np.full(points.shape, np.nan)
        refusal = ""
        for i, point in enumerate(points):
            try:
                value[i], gradient[i] = self.model.log_prob_grad(point)
            except RuntimeError as error:
                refusal = str(error)
        if len(points) and refusal and np.isneginf(value).all():
            raise InferenceError(refusal)
        if self.jacobian:
            return value, gradient
        with np.errstate(over="ignore", invalid="ignore"):
            jacobian, slope = self.space.log_jacobian(points)
            return value - jacobian, gradient - slope


def _random(target: _Density, size: int, options: Options, number: int) -> Array:
    """Return a start uniform on the unconstrained scale, as Stan draws its own."""
    rng = generator(options.seed, Stream.RANDOM_STARTS, number)
    points = rng.uniform(-RADIUS, RADIUS, (TRIES, size))
    for point in points:
        try:
            if np.isfinite(target(point[None])[0][0]):
                return np.asarray(point)
        except InferenceError:
            continue
    raise InferenceError(f"no log density at {TRIES} random starts")


def _climbed(model: Any, target: _Density, start: Array, iterations: int) -> Climb:
    """Climb from a start.

    Raises
    ------
    InferenceError
        If there is no log density at the start, or it has no slope there.
    """
    value, slope = target(start[None])
    if not np.isfinite(value[0]):
        raise InferenceError("the log density is not finite at the start")
    if not np.isfinite(slope[0]).all():
        raise InferenceError("the log density has no finite slope at the start")
    lowest = float(value[0])

    def falls(point: Array) -> tuple[float, Array]:
        nonlocal lowest
        try:
            value, gradient = target(point[None])
        except InferenceError:
            return REFUSED - lowest, np.zeros(len(point))
        if not (np.isfinite(value[0]) and np.isfinite(gradient[0]).all()):
            return REFUSED - lowest, np.zeros(len(point))
        lowest = min(lowest, float(value[0]))
        return -float(value[0]), -gradient[0]

    found = scipy.optimize.minimize(
        falls,
        start,
        jac=True,
        method="L-BFGS-B",
        options={
            "maxiter": iterations,
            "maxfun": LINE_SEARCH * iterations,
            "maxcor": HISTORY,
            "maxls": LINE_SEARCH,
            "ftol": ROUNDINGS,
            "gtol": 0.0,
        },
    )
    end = End(
        _HOWS.get(int(found.status), "stuck"),
        int(found.nit),
        float(np.linalg.norm(found.jac)),
        -float(found.fun),
    )
    return Climb(_values(model, np.asarray(found.x)), end)


def _values(model: Any, point: Array) -> dict[str, Array]:
    """Return all that a program writes at a point: the draw of a chain that stands still there."""
    still = model.sample(
        chains=1,
        warmup=0,
        samples=1,
        adapt_engaged=False,
        step_size=np.finfo(float).tiny,
        max_depth=1,
        inits=point,
        refresh=0,
    )
    return {name: np.asarray(still.draws(name))[0, 0] for name in still.variables}
