"""Fit posteriors whose answers are known, and ask each fit whether it is good.

``python benchmarks/honesty.py`` fits all posteriors of `battery` by each of four methods and
prints a line a fit: how far a mean lies from the truth at most, in posterior sds, the sd that is
most off, as a ratio, and whether the fit named itself a problem. A fit *misses* where a mean is
off by more than 0.25 posterior sds or an sd by more than 25 %. It needs CmdStan, and compiles some
40 programs the first time. Fits are appended to a file and passed over when that is read again, so
that a run can be stopped and begun again; ``--again`` begins anew. The answers are kept beside it
(``answers.py``).
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from answers import Answer, make
from battery import POSTERIORS
from posteriors import Posterior

import stanmix

__all__ = ["METHODS", "compared", "fitted", "main", "summary"]

RESULTS = Path(__file__).resolve().parent / "results"
METHODS = ("laplace", "pathfinder", "advi", "auto")
MEAN_OFF, SD_OFF = 0.25, 0.25
# Below this k-hat corrected means are to lie within so many Monte Carlo errors of the truth.
TRUSTED, ERRORS = 0.5, 4.0


def compared(fit: stanmix.Fit, of: Posterior, known: Answer) -> dict[str, Any]:
    """Hold draws against the answer.

    Returns
    -------
    dict
        ``mean``, the largest distance of a mean in posterior sds, and ``of_mean``, whose; ``sd``,
        the ratio that is farthest from one, and ``of_sd``; ``errors``, the largest distance of a
        mean in Monte Carlo errors, where weights say how large these are.
    """
    draws = of.compared({name: np.asarray(each) for name, each in fit.draws().items()})
    apart = {
        name: abs(float(each.mean()) - known.mean[name]) / known.sd[name]
        for name, each in draws.items()
    }
    ratio = {name: float(each.std()) / known.sd[name] for name, each in draws.items()}
    of_mean = max(apart, key=lambda name: apart[name])
    of_sd = max(ratio, key=lambda name: abs(np.log(max(ratio[name], 1e-300))))
    found: dict[str, Any] = {"mean": apart[of_mean], "of_mean": of_mean, "sd": ratio[of_sd],
                             "of_sd": of_sd, "errors": None}  # fmt: skip
    weights = fit.importance
    if weights.get("applied"):
        # What the weights leave open, and what drawing in proportion to them adds.
        error = np.sqrt(1 / weights["effective"] + 1 / fit.posterior.sizes["draw"])
        found |= {
            "errors": max(apart[name] / max(ratio[name], 1e-300) for name in apart) / error,
            "k_hat": weights["k_hat"],
            "effective": weights["effective"],
        }
    return found


def fitted(of: Posterior, method: str, seed: int, known: Answer, **options: Any) -> dict[str, Any]:
    """Fit a posterior, and say what came of it in plain values.

    Where no fit comes of it the error has named the problem.
    """
    began = time.perf_counter()
    line: dict[str, Any] = {"posterior": of.name, "said": of.said, "method": method, "seed": seed}
    try:
        fit = of.mixture.fit(of.frame, method, seed=seed, progress=False, **options)
        diagnosis = fit.diagnose()
    except stanmix.StanmixError as error:
        return {**line, "failure": f"{type(error).__name__}: {str(error).splitlines()[0]}"}
    problems = [one for one in diagnosis.findings if one.level == "problem"]
    return {
        **line,
        **compared(fit, of, known),
        "by": fit.method,
        "ok": diagnosis.ok,
        "problems": {one.topic: one.text for one in problems},
        "figures": {
            name: float(value)
            for name, value in diagnosis.figures.items()
            if isinstance(value, int | float)
        },
        "seconds": time.perf_counter() - began,
    }


def misses(line: dict[str, Any]) -> bool:
    """Return whether a fit misses the posterior."""
    return "failure" not in line and (
        not line["mean"] <= MEAN_OFF or not abs(line["sd"] - 1) <= SD_OFF
    )


def named(line: dict[str, Any]) -> bool:
    """Return whether it says so."""
    return "failure" in line or not line["ok"]


def row(line: dict[str, Any]) -> str:
    """Return a fit as a row of a table."""
    head = f"| {line['posterior']} | {line['method']} | "
    if "failure" in line:
        return f"{head}| | refused | {line['failure']} |"
    verdict = {
        (True, True): "missed, named",
        (True, False): "**missed, not named**",
        (False, True): "good, named",
        (False, False): "good",
    }[misses(line), named(line)]
    by = f" ({line['by']})" if line["by"] != line["method"] else ""
    return (
        f"{head[:-3]}{by} | {line['mean']:.2f} ({line['of_mean']}) | {line['sd']:.2f} "
        f"({line['of_sd']}) | {verdict} | {', '.join(line['problems'])} |"
    )


def summary(lines: Sequence[dict[str, Any]]) -> str:
    """Return what all fits of each method come to, as a table."""
    rows = [
        "| method | fits | missed, not named | missed, named | good, named | good | refused | "
        f"k-hat < {TRUSTED}, not named | of these a mean over {ERRORS:.0f} errors off |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    methods = [*dict.fromkeys(line["method"] for line in lines)]
    for method in (*methods, "all"):
        own = [line for line in lines if method in ("all", line["method"])]
        done = [line for line in own if "failure" not in line]
        counts = [
            sum(misses(line) is missed and named(line) is told for line in done)
            for missed, told in ((True, False), (True, True), (False, True), (False, False))
        ]
        # Of an approximation k-hat knows its own mode alone; of others the fit speaks.
        trusted = [
            line for line in done if line["errors"] and line["k_hat"] < TRUSTED and not named(line)
        ]
        off = sum(line["errors"] > ERRORS for line in trusted)
        figures = [len(own), *counts, len(own) - len(done), len(trusted), off]
        rows.append(f"| {method} | {' | '.join(map(str, figures))} |")
    return "\n".join(rows)


def main() -> None:
    """Fit what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--posteriors", nargs="+", choices=POSTERIORS, default=list(POSTERIORS))
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[1])
    parser.add_argument("--integrate", action="store_true", help="work out the answers again")
    parser.add_argument("--again", action="store_true", help="fit again what has been fitted")
    parser.add_argument("--output", type=Path, default=RESULTS / "honesty.jsonl")
    arguments = parser.parse_args()
    known = make(arguments.posteriors, arguments.integrate)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    if arguments.again:
        arguments.output.unlink(missing_ok=True)
    earlier = arguments.output.read_text().splitlines() if arguments.output.exists() else []
    done = {_key(line): line for line in map(json.loads, earlier)}
    lines = []
    print("| posterior | method | mean | sd | | problems |\n|---|---|---:|---:|---|---|")
    for name in arguments.posteriors:
        for method in arguments.methods:
            for seed in arguments.seeds:
                of = POSTERIORS[name]
                line = done.get((name, of.said, method, seed))
                if line is None:
                    line = fitted(of, method, seed, known[name])
                    with arguments.output.open("a") as file:
                        file.write(json.dumps(line) + "\n")
                lines.append(line)
                print(row(line), flush=True)
    print(f"\n{summary(lines)}")


def _key(line: dict[str, Any]) -> tuple[Any, ...]:
    return line["posterior"], line["said"], line["method"], line["seed"]


if __name__ == "__main__":
    main()
