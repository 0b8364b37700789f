"""Hold fits against the Gibbs sampler; print how many are off, marked, both or neither.

``python benchmarks/calibration/table.py`` reads what ``gibbs.py`` and ``run.py`` left. A fit is
off where a posterior mean differs by more than half a posterior sd, or an sd by a factor of 1.5.
It is marked where its diagnosis is not ok. Ranks of the true values should be uniform, of the
fits and of the Gibbs sampler alike: by chi-square in 20 bins, the smallest p value of the
parameters, times their number.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from models import MODELS, Array
from numpy.typing import NDArray
from run import RANKED, RESULTS
from scipy import stats

__all__ = ["main", "off", "sort_out", "uniformity"]

MEANS_OFF, SDS_OFF = 0.5, 1.5
BINS = 20
GROUPS = ("off, unmarked", "off, marked", "good, marked", "good, unmarked", "failed", "not settled")


def off(line: dict[str, Any], mean: Array, sd: Array) -> bool:
    """Return whether moments of a fit are off against those of the Gibbs sampler."""
    distance = np.abs(np.array(line["mean"]) - mean) / sd
    factor = np.abs(np.log(np.maximum(line["sd"], 1e-300) / sd))
    return bool(distance.max() > MEANS_OFF or factor.max() > np.log(SDS_OFF))


def sort_out(lines: Sequence[dict[str, Any]], gibbs: dict[str, Array]) -> dict[str, list[int]]:
    """Return the numbers of the data sets of each of `GROUPS`."""
    row = {int(number): i for i, number in enumerate(gibbs["number"])}
    groups: dict[str, list[int]] = {group: [] for group in GROUPS}
    for line in lines:
        at = row[line["number"]]
        if not gibbs["settled"][at]:
            group = "not settled"
        elif "failure" in line:
            group = "failed"
        else:
            wrong = off(line, gibbs["mean"][at], gibbs["sd"][at])
            mark = "unmarked" if line["ok"] else "marked"
            group = f"{'off' if wrong else 'good'}, {mark}"
        groups[group].append(line["number"])
    return groups


def uniformity(shares: Array) -> float:
    """Return the p value of uniform ranks.

    Parameters
    ----------
    shares : ndarray of shape (data sets, parameters)
        Of the draws that lie below the true value.
    """
    bins = np.minimum((shares * BINS).astype(int), BINS - 1)
    counts = [np.bincount(column, minlength=BINS) for column in bins.T]
    values = [stats.chisquare(count).pvalue for count in counts]
    return float(min(1.0, len(values) * min(values)))


def ranked(line: dict[str, Any]) -> Array:
    """Return ranks as shares: of `RANKED` draws there are one more ranks."""
    return np.asarray((np.array(line["ranks"]) + 0.5) / (RANKED + 1))


def free(names: Sequence[str]) -> NDArray[np.bool_]:
    """Return which parameters count: the second weight follows from the first."""
    return np.array([name != "theta[2]" for name in names])


def report(name: str, lines: Sequence[dict[str, Any]], gibbs: dict[str, Array]) -> str:
    """Return what is to be said of a model: a row of the table, and numbers of the data sets."""
    groups = sort_out(lines, gibbs)
    drawn = [line for line in lines if "failure" not in line]
    counted = free(drawn[0]["names"])
    here = np.isin(gibbs["number"], [line["number"] for line in lines])
    p_fits = uniformity(np.array([ranked(line) for line in drawn])[:, counted])
    p_gibbs = uniformity(gibbs["below"][here][:, counted])
    settled = sum(len(groups[group]) for group in GROUPS[:-1])
    figures = [
        f"{len(groups[group])} ({len(groups[group]) / settled:.1%})"
        if group != "not settled"
        else str(len(groups[group]))
        for group in GROUPS
    ]
    cells = [name, str(len(lines)), *figures, f"{p_fits:.2g}", f"{p_gibbs:.2g}"]
    return "| " + " | ".join(cells) + " |"


def particulars(name: str, lines: Sequence[dict[str, Any]], gibbs: dict[str, Array]) -> str:
    """Return the data sets that ought not to be where they are, and why good ones are marked."""
    groups = sort_out(lines, gibbs)
    text = [
        f"{name}, {group}: {groups[group]}"
        for group in GROUPS
        if groups[group] and group != "good, unmarked"
    ]
    marked = set(groups["good, marked"])
    topics = Counter(
        problem["topic"]
        for line in lines
        if line["number"] in marked
        for problem in line["problems"]
    )
    if topics:
        text.append(f"{name}, good ones are marked for: {dict(topics.most_common())}")
    return "\n".join(text)


def main() -> None:
    """Print the table, and after it the particulars."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--fits", type=Path, default=RESULTS, help="folder of the lines")
    parser.add_argument("--gibbs", type=Path, default=RESULTS, help="folder of the Gibbs sampler")
    arguments = parser.parse_args()
    head = ["model", "data sets", *GROUPS, "ranks: p", "Gibbs: p"]
    print("| " + " | ".join(head) + " |\n|---|" + "---:|" * (len(head) - 1))
    rest = []
    for name in MODELS:
        path = arguments.fits / f"{name}.jsonl"
        if not path.exists():
            continue
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        gibbs = dict(np.load(arguments.gibbs / f"gibbs-{name}.npz"))
        lines = [line for line in lines if line["number"] in gibbs["number"]]
        print(report(name, lines, gibbs))
        rest.append(particulars(name, lines, gibbs))
    print("\n" + "\n".join(filter(None, rest)))


if __name__ == "__main__":
    main()
