"""Fit data sets drawn from the prior with defaults, and keep what a fit says of itself.

``python benchmarks/calibration/run.py normal 2000 2399`` fits these data sets (the last included)
and appends a line of JSON for each to ``benchmarks/results/calibration/normal.jsonl``. Data sets
that have a line are passed over, so that a run can be stopped and begun again; ``--processes``
fits several at a time, and ``--method auto`` fits by another method than NUTS. ``table.py`` holds
the lines against those of ``gibbs.py``.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import numpy as np
from models import MODELS, Array, Model, Parameters, flat, names

import stanmix

__all__ = ["RANKED", "fitted", "main"]

RESULTS = Path(__file__).resolve().parents[1] / "results" / "calibration"
RANKED = 99  # draws among which the true value has its rank, evenly taken


def fitted(name: str, number: int, cores: int, method: str = "nuts") -> dict[str, Any]:
    """Fit a data set with all defaults; return what is known then, as plain values.

    Parameters
    ----------
    name : str
        Of the model.
    number : int
        Of the data set; the fit's seed follows from it.
    cores : int
        Chains that run at the same time, which changes no draw.
    method : {"nuts", "auto"}
    """
    model = MODELS[name]
    truth, columns = model.data_set(number)
    began = time.perf_counter()
    try:
        fit = model.mixture.fit(
            columns, method=method, seed=number + 1, progress=False, threads=1, cores=cores
        )
        found = judged(fit, truth)
    except Exception as error:  # whatever it is belongs to the result
        found = {"failure": f"{type(error).__name__}: {error}"}
    return {"number": number, **found, "seconds": round(time.perf_counter() - began, 2)}


def judged(fit: stanmix.Fit, truth: Parameters) -> dict[str, Any]:
    """Return moments, ranks of the true values, and the diagnosis."""
    draws = np.column_stack(
        [fit.idata.posterior[name].to_numpy().reshape(-1, truth[name].size) for name in truth]
    )
    diagnosis = fit.diagnose()
    attributes = fit.idata.attrs
    return {
        "names": names(truth),
        "mean": draws.mean(axis=0).tolist(),
        "sd": draws.std(axis=0).tolist(),
        "ranks": ranks(draws, flat(truth)),
        "method": fit.method,
        "log_density": round(float(fit.log_density().mean()), 3),
        "ok": diagnosis.ok,
        "problems": [
            {"topic": finding.topic, "text": finding.text}
            for finding in diagnosis.findings
            if finding.level == "problem"
        ],
        "warmup_reason": str(attributes.get("warmup_reason", "")),
        "k_hat": {
            key: float(value) for key, value in diagnosis.figures.items() if key.endswith("k_hat")
        },
        "version": stanmix.__version__,
    }


def ranks(draws: Array, truth: Array) -> list[int]:
    """Return how many of `RANKED` draws, taken evenly, lie below the true values."""
    at = np.linspace(0, len(draws), RANKED, endpoint=False, dtype=int)
    return [int(count) for count in (draws[at] < truth).sum(axis=0)]


def done(path: Path) -> set[int]:
    """Return the numbers of the data sets that a file has."""
    if not path.exists():
        return set()
    return {int(json.loads(line)["number"]) for line in path.read_text().splitlines()}


def run(model: Model, numbers: range, path: Path, processes: int, method: str) -> None:
    """Fit what has no line yet; one process writes, so that lines stay whole."""
    todo = sorted(set(numbers) - done(path))
    cores = max(1, (os.cpu_count() or 1) // processes)
    with ProcessPoolExecutor(processes) as pool, path.open("a") as file:
        waiting = [pool.submit(fitted, model.name, number, cores, method) for number in todo]
        for count, future in enumerate(as_completed(waiting), 1):
            line = future.result()
            file.write(json.dumps(line) + "\n")
            file.flush()
            words = line.get("failure", "ok" if line.get("ok") else "marked")
            print(f"{model.name} {line['number']} ({count} of {len(todo)}): {words}", flush=True)


def main() -> None:
    """Fit what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", choices=MODELS)
    parser.add_argument("first", type=int)
    parser.add_argument("last", type=int)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--method", choices=("nuts", "auto"), default="nuts")
    parser.add_argument("--output", type=Path, default=RESULTS, help="folder of the lines")
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    numbers = range(arguments.first, arguments.last + 1)
    path = arguments.output / f"{arguments.model}.jsonl"
    run(MODELS[arguments.model], numbers, path, arguments.processes, arguments.method)


if __name__ == "__main__":
    main()
