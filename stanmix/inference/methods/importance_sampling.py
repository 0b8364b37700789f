"""Importance sampling: weighted draws from all optima, resampled.

See `stanmix.inference.exploration.drawing` for how they are drawn. What Stan runs is its log
density at the draws that were chosen.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stanmix.errors import InferenceError, OutputError
from stanmix.inference import points
from stanmix.inference.engines.engine import Engine
from stanmix.inference.exploration import users_units
from stanmix.inference.exploration.explore import component_space
from stanmix.inference.exploration.explored import Explored
from stanmix.inference.exploration.look import Look, look
from stanmix.inference.options import ImportanceOptions
from stanmix.inference.points import Points
from stanmix.inference.problem import Problem
from stanmix.inference.runs import stan_csv
from stanmix.inference.runs.output import Importance, Output
from stanmix.inference.runs.run_files import RunFiles
from stanmix.inference.settings import Prepared, Setting
from stanmix.streams import Stream, generator

__all__ = ["prepare", "prepared", "read", "run"]

Array = NDArray[np.float64]

ONE_MODE = 0.999  # part of the posterior about an optimum that leaves nothing to others


def prepare(
    stated: Problem, options: ImportanceOptions, engine: Engine | None, data_file: Path
) -> Prepared:
    """Draw, weigh and resample; parameters are as in `Method.prepare`.

    Raises
    ------
    InferenceError
        If the posterior cannot be explored.
    """
    return prepared(look(stated, engine, data_file, options.draws, options.budget), options)


def prepared(found: Look, options: ImportanceOptions) -> Prepared:
    """Resample the draws of a look; result as of `prepare`.

    Parameters
    ----------
    found : Look
    options : ImportanceOptions

    Raises
    ------
    InferenceError
        If the posterior could not be explored.
    """
    if found.seen is None:
        raise InferenceError(
            f'The posterior cannot be explored from its optima: {found.why_not}. Use method="nuts".'
        )
    seen = found.seen
    rng = generator(options.seed, Stream.IMPORTANCE)
    with np.errstate(all="ignore"):
        rows = rng.permutation(seen.found.resample(options.draws, rng))
        drawn = _points(seen, seen.found.points[rows])
    # Where one optimum holds all, draws are numbered alike already.
    aligned = {}
    if seen.found.masses.max() > ONE_MODE:
        aligned = {"aligned": "aligned with the one optimum of the posterior"}
    weights = Importance(seen.found.k_hat, seen.found.effective, applied=True)
    return Prepared(
        None,
        (
            Setting("method", "log_prob"),
            Setting("unconstrained_params", points.FILE),
            Setting("jacobian", False),
        ),
        points=drawn,
        decided={**found.decided(), **aligned, "importance": json.dumps(weights.described(()))},
    )


def _points(seen: Explored, own: Array) -> Points:
    """Return draws as points, numbered as the program has its components."""
    own = seen.space.renumbered(own, seen.space.order(own))
    stan = np.ascontiguousarray(seen.space.to_stan(own))
    known = np.array([seen.known.get(bytes(point), np.nan) for point in stan])
    return Points(stan, own, known)


def run(
    stated: Problem,
    options: ImportanceOptions,
    prepared: Prepared,
    engine: Engine,
    data_file: Path,
    folder: Path,
) -> Output:
    """Return the draws with Stan's log density of each; parameters are as in `Method.run`.

    Returns
    -------
    Output
        One chain; ``lp`` is the log density without Jacobian.

    Raises
    ------
    InferenceError
        If Stan refuses a draw.
    """
    assert prepared.points is not None  # `prepare` has made them
    began = time.perf_counter()
    points.write(folder, prepared.points)
    space = component_space(
        stated.model, stated.design, stated.data, stated.program, engine.stan_version
    )
    density = engine.log_density(space.space, data_file, folder, jacobian=False)
    values = prepared.points.log_p
    values = np.full(len(prepared.points.stan), np.nan) if values is None else values.copy()
    lacking = np.isnan(values)
    values[lacking] = density(prepared.points.stan[lacking])[0]
    draws = users_units.draws(space, prepared.points.own)
    return _output(draws, values, time.perf_counter() - began)


def read(stated: Problem, options: ImportanceOptions, runs: Sequence[RunFiles]) -> Output:
    """Read what Stan said of the draws of an earlier run, as `run` returns it.

    Raises
    ------
    OutputError
        If it did not come to its end, or a file is not whole.
    """
    (files,) = runs
    if not files.ends_whole:
        raise OutputError(
            f"{files.csv} is missing or not whole. Stan said:\n{files.last_words()}\nRun run.sh "
            "again, or export with other options."
        )
    try:
        drawn = points.read(files.csv.parent.parent / points.FILE)
        values = stan_csv.read(files.csv).statistics["lp__"]
        version = files.stan_version
    except (OSError, ValueError, KeyError) as error:
        raise OutputError(f"{files.csv} cannot be read: {error}. Run run.sh again.") from error
    files.check_draws(len(values), len(drawn.own))
    space = component_space(stated.model, stated.design, stated.data, stated.program, version)
    return _output(users_units.draws(space, drawn.own), values, float("nan"))


def _output(draws: dict[str, Array], values: Array, seconds: float) -> Output:
    return Output(
        {name: one[None] for name, one in draws.items()},
        {"lp": values[None]},
        (1,),
        seconds=seconds,
    )
