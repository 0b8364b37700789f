"""How time and memory grow with rows and components; prints a table and draws a picture.

``python benchmarks/scaling.py`` takes a few minutes: the time of a gradient of the fused
likelihood for 1 000 to 1 000 000 rows and for 2 to 20 components (regressions of a normal response
on five covariates), the time to write the data and to read them, and the peak of memory of a chain
of 1 000 000 rows and of the Python process that began it. ``--rows`` and ``--components`` choose
a part.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cmdstanpy
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.ticker import LogLocator
from report import INK, STANMIX
from systems.csv_files import sampling_seconds

import stanmix
from stanmix.inference.problem import build, problem
from stanmix.inference.runs import stan

__all__ = ["main"]

HERE = Path(__file__).resolve().parent
COVARIATES = 5  # the intercept among them
ROWS = (1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000)
COMPONENTS = (2, 3, 5, 8, 12, 20)
FIXED_ROWS, FIXED_COMPONENTS = 10_000, 3  # while the other grows
REPEATS = 3  # of which the fastest counts: the rest is the machine's
LEAPFROGS = 7  # a draw, at a tree depth of 3


def simulate(rows: int, components: int) -> pd.DataFrame:
    """Simulate regressions that differ in their first slope."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, COVARIATES - 1))
    slope = 2.0 * rng.integers(components, size=rows)
    y = slope * x[:, 0] + x[:, 1:].sum(axis=1) + rng.normal(size=rows)
    return pd.DataFrame(x, columns=[f"x{j}" for j in range(1, COVARIATES)]).assign(y=y)


def mixture(components: int) -> stanmix.Mixture:
    """Return the mixture of regressions; all numbers of components are one program."""
    terms = " + ".join(f"x{j}" for j in range(1, COVARIATES))
    return stanmix.Mixture(f"y ~ {terms}", components, order="x1")


def gradient(rows: int, components: int) -> dict[str, float]:
    """Time a gradient inside Stan, and the way of the data to it."""
    frame = simulate(rows, components)
    stated = problem(mixture(components), frame, "nuts", {"seed": 1, "progress": False})
    program = cmdstanpy.CmdStanModel(exe_file=str(build(stated).exe_file))
    draws = max(3, int(1e8 / (rows * components * LEAPFROGS * 20)))
    times, wall = [], []
    with tempfile.TemporaryDirectory() as name, cmdstanpy.disable_logging():
        started = time.perf_counter()
        data = stan.write_json(Path(name) / "data.json", stated.data)
        written = time.perf_counter() - started
        for repeat in range(REPEATS):
            output = Path(name) / str(repeat)
            started = time.perf_counter()
            sampled = program.sample(
                data=str(data),
                chains=1,
                seed=1,
                inits=0.1,
                iter_warmup=0,
                iter_sampling=draws,
                adapt_engaged=False,
                step_size=1e-9,
                max_treedepth=3,
                output_dir=str(output),
                show_progress=False,
            )
            wall.append(time.perf_counter() - started)
            steps = float(np.sum(sampled.method_variables()["n_leapfrog__"]))
            times.append(sampling_seconds(output.glob("*.csv")) / steps)
    best = min(times)
    return {
        "rows": rows,
        "components": components,
        "gradient_ms": 1e3 * best,
        "ns": 1e9 * best / (rows * components),
        "write_seconds": written,
        # What is not sampling: starting, reading the data, writing and reading the draws.
        "read_seconds": min(wall) - best * steps,
    }


def memory(rows: int, components: int) -> dict[str, float]:
    """Fit one chain in a process of its own; return peaks of memory in GiB."""
    command = [sys.executable, __file__, "--memory", str(rows), str(components)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    peaks: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return peaks


def peaks_of_a_fit(rows: int, components: int) -> None:
    """Fit and print the peaks of this process and of the largest that it started."""
    frame = simulate(rows, components)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    options = {"seed": 1, "chains": 1, "draws": 20, "warmup": 20, "progress": False}
    mixture(components).fit(frame, **options)
    # On Linux in KiB; on macOS in bytes.
    unit = 2**20 if sys.platform != "darwin" else 2**30
    peaks = {
        "before": before,
        "python": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
        "chain": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss,
    }
    print(json.dumps({name: value / unit for name, value in peaks.items()}))


def table(results: list[dict[str, float]]) -> str:
    """Return the results as a Markdown table."""
    lines = [
        "| rows | components | gradient, ms | ns / (row x component) | write, s | read, s |",
        "|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {row['rows']:,} | {row['components']} | {row['gradient_ms']:.3f} | {row['ns']:.2f} "
        f"| {row['write_seconds']:.2f} | {row['read_seconds']:.2f} |"
        for row in results
    ]
    return "\n".join(lines)


def draw(panels: dict[str, list[dict[str, float]]], path: Path) -> None:
    """Draw time against rows and against components, beside what is proportional."""
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    titles = {
        "rows": f"{FIXED_COMPONENTS} components",
        "components": f"{FIXED_ROWS:,} rows",
    }
    for axis, (across, results) in zip(axes, panels.items(), strict=True):
        x = np.array([row[across] for row in results])
        y = np.array([row["gradient_ms"] for row in results])
        axis.loglog(x, y[-1] * x / x[-1], "--", color=INK, label="proportional")
        axis.loglog(x, y, "o-", color=STANMIX, label="measured")
        axis.set_xticks(x, [f"{int(value):,}" for value in x], rotation=30, ha="right")
        axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.minorticks_off()
        axis.set_xlabel(across)
        axis.set_ylabel("time of a gradient, ms")
        axis.set_title(titles[across], loc="left", fontsize=10)
        axis.spines[["top", "right"]].set_visible(False)
        axis.legend(loc="lower right", frameon=False)
        axis.yaxis.set_major_formatter("{x:g}")
    figure.savefig(path, dpi=150)
    plt.close(figure)


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", nargs="+", type=int, default=list(ROWS))
    parser.add_argument("--components", nargs="+", type=int, default=list(COMPONENTS))
    parser.add_argument("--output", type=Path, default=HERE / "results")
    parser.add_argument("--memory", nargs=2, type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.memory:
        peaks_of_a_fit(*arguments.memory)
        return
    arguments.output.mkdir(parents=True, exist_ok=True)
    panels = {
        "rows": [gradient(rows, FIXED_COMPONENTS) for rows in arguments.rows],
        "components": [gradient(FIXED_ROWS, K) for K in arguments.components],
    }
    largest = max(arguments.rows)
    peaks = memory(largest, FIXED_COMPONENTS)
    text = table([row for results in panels.values() for row in results])
    text += (
        f"\n\nPeak of memory, {largest:,} rows, {FIXED_COMPONENTS} components, {COVARIATES} "
        f"covariates: {peaks['chain']:.2f} GiB in a chain, {peaks['python']:.2f} GiB in Python "
        f"({peaks['before']:.2f} before the fit, with the DataFrame).\n"
    )
    print(text)
    (arguments.output / "scaling.md").write_text(text)
    draw(panels, arguments.output / "scaling.png")


if __name__ == "__main__":
    main()
