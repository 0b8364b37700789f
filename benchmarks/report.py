"""The results as a table and as a picture."""

from __future__ import annotations

import math
from itertools import groupby
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt

__all__ = ["INK", "PEERS", "STANMIX", "agreement", "draw", "table"]

# From the palette of Okabe & Ito, which the colour-blind can tell apart.
STANMIX, PEERS, INK = "#D55E00", "#0072B2", "#555555"

COLUMNS = {
    "build_seconds": ("build, s", 1),
    "sample_seconds": ("sample, s", 2),
    "ess": ("min ESS", 0),
    "ess_per_second": ("min ESS / s", 2),
    "gradient_ms": ("gradient, ms", 3),
    "leapfrogs": ("leapfrogs / draw", 1),
    "agreement": ("means differ, MCSE", 1),
}
AWAY = 5  # Monte Carlo standard errors: posterior means that differ by more are another answer


def by_problem(results: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return the results of each problem and size, with a title."""
    grouped = groupby(results, key=lambda row: f"{row['problem']}, N = {row['rows']:,}")
    return [(title, list(rows)) for title, rows in grouped]


def agreement(results: list[dict[str, Any]]) -> None:
    """Add the largest difference of posterior means from stanmix's, in Monte Carlo errors.

    Without stanmix the first system with draws stands in. Estimates without an error of their
    own, which are no posterior means, are not compared.
    """
    for _, rows in by_problem(results):
        drawn = [row for row in rows if row.get("errors")]
        first = min(drawn, key=lambda row: row["system"] != "stanmix", default=None)
        for row in drawn:
            if row is first or first is None:
                continue
            row["agreement"] = max(
                abs(row["means"][name] - first["means"][name])
                / math.hypot(row["errors"][name], first["errors"][name])
                for name in row["errors"]
                if name in first["errors"]
            )


def table(results: list[dict[str, Any]]) -> str:
    """Return a Markdown table for each problem and size."""
    parts = []
    for title, rows in by_problem(results):
        header = ["system", *(name for name, _ in COLUMNS.values()), "note"]
        lines = ["| " + " | ".join(header) + " |", "|---" + "|---:" * len(COLUMNS) + "|---|"]
        for row in rows:
            cells = [row["system"]]
            for key, (_, digits) in COLUMNS.items():
                value = row.get(key)
                cells.append("" if value is None else f"{value:,.{digits}f}")
            notes = [row.get("note"), row.get("failure")]
            if (row.get("agreement") or 0) > AWAY:
                notes.append("another answer")
            cells.append("; ".join(note for note in notes if note).replace("|", "/"))
            lines.append("| " + " | ".join(cells) + " |")
        parts.append(f"## {title}\n\n" + "\n".join(lines) + "\n")
    return "\n".join(parts)


def draw(results: list[dict[str, Any]], path: Path) -> None:
    """Draw minimum ESS per second, a panel for each problem and size with any."""
    groups = [
        (title, [row for row in rows if row.get("ess_per_second")][::-1])
        for title, rows in by_problem(results)
    ]
    groups = [(title, rows) for title, rows in groups if rows]
    if not groups:
        print("No system has draws: there is no picture to draw.")
        return
    # One scale for all panels, so that they can be compared.
    speeds = [row["ess_per_second"] for _, rows in groups for row in rows]
    low = 10 ** math.floor(math.log10(min(speeds)) - 0.2)
    high = 10 ** math.ceil(math.log10(max(speeds)) + 0.2)
    heights = [len(rows) + 0.8 for _, rows in groups]
    figure, axes = plt.subplots(
        len(groups),
        1,
        figsize=(8, 0.9 + 0.3 * sum(heights)),
        squeeze=False,
        sharex=True,
        layout="constrained",
        height_ratios=heights,
    )
    for axis, (title, shown) in zip(axes[:, 0], groups, strict=True):
        for place, row in enumerate(shown):
            ours = row["system"] == "stanmix"
            another = (row.get("agreement") or 0) > AWAY
            colour = STANMIX if ours else PEERS
            speed = row["ess_per_second"]
            axis.plot([low, speed], [place, place], color=colour, linewidth=1, alpha=0.4)
            axis.plot(speed, place, "D" if ours else "o", color=colour, clip_on=False)
            note = f"{speed:,.0f}" if speed >= 100 else f"{speed:.3g}"
            note += " (another answer)" if another else ""
            axis.annotate(note, (speed, place), (8, 0), textcoords="offset points", va="center")
        axis.set_yticks(range(len(shown)), [row["system"] for row in shown])
        axis.set_ylim(-0.6, len(shown) - 0.4)
        axis.set_title(title, loc="left", fontsize=10)
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(axis="x", color="#dddddd", linewidth=0.6)
        axis.tick_params(axis="y", length=0)
    bottom = axes[-1, 0]
    bottom.set_xscale("log")
    bottom.set_xlim(low, high)
    bottom.xaxis.set_major_formatter("{x:,g}")
    bottom.minorticks_off()
    bottom.set_xlabel("minimum effective draws per second, warm-up included")
    figure.savefig(path, dpi=150)
    plt.close(figure)
