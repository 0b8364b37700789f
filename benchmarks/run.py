"""Run stanmix and its peers in turn on the same data; print a table and draw a picture.

``python benchmarks/run.py`` runs everything, which takes hours because of the slowest peers and
needs a quiet machine. ``--problems``, ``--systems`` and ``--rows`` choose a part.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from problems import PROBLEMS
from report import agreement, draw, table
from systems import SYSTEMS

import stanmix

__all__ = ["main"]

HERE = Path(__file__).resolve().parent


def cases(arguments: argparse.Namespace) -> Iterator[tuple[str, int]]:
    """Yield the problems and sizes that were asked for."""
    for name in arguments.problems:
        for rows in arguments.rows or PROBLEMS[name].rows:
            yield name, rows


def run_one(
    system: str, problem: str, rows: int, seed: int, limit: float, environment: dict[str, str]
) -> dict[str, object]:
    """Run a worker; what it failed of is in ``failure``."""
    command = [sys.executable, str(HERE / "worker.py"), system, problem, str(rows), str(seed)]
    try:
        ended = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=limit
        )
    except subprocess.TimeoutExpired:
        return {"failure": f"over {limit:.0f} s"}
    if ended.returncode:
        lines = ended.stderr.strip().splitlines() or [f"exit code {ended.returncode}"]
        return {"failure": lines[-1]}
    figures: dict[str, object] = json.loads(ended.stdout)
    return figures


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--problems", nargs="+", choices=PROBLEMS, default=list(PROBLEMS))
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, default=list(SYSTEMS))
    parser.add_argument("--rows", nargs="+", type=int, help="sizes, instead of the problems' own")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=float, default=3600, help="seconds a system may take")
    parser.add_argument("--output", type=Path, default=HERE / "results")
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    results = []
    with tempfile.TemporaryDirectory(prefix="stanmix-benchmarks-") as cache:
        # The toolchain is there before the clock starts; programs are built anew.
        toolchain = str(stanmix.cmdstan.require())
        environment = {**os.environ, "CMDSTAN": toolchain, "STANMIX_CACHE": cache}
        for problem, rows in cases(arguments):
            for system in arguments.systems:
                print(f"{problem}, N = {rows}: {system} ...", file=sys.stderr, flush=True)
                figures = run_one(
                    system, problem, rows, arguments.seed, arguments.limit, environment
                )
                results.append({"problem": problem, "rows": rows, "system": system, **figures})
                about = {"machine": platform.machine(), "cores": os.cpu_count(),
                         "stanmix": stanmix.__version__, "seed": arguments.seed,
                         "time": time.strftime("%Y-%m-%d %H:%M")}  # fmt: skip
                text = json.dumps({"about": about, "results": results}, indent=1)
                (arguments.output / "results.json").write_text(text)
    agreement(results)
    text = table(results)
    print(text)
    (arguments.output / "results.md").write_text(text)
    draw(results, arguments.output / "results.png")


if __name__ == "__main__":
    main()
