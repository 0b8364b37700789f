"""Quiet intervals of the fetal lamb: zeros of their own, a hurdle, or two rates of movement.

Three quarters of the 240 intervals of Leroux & Puterman (1992, Biometrics 48, 545-558) saw no
movement. A Poisson distribution beside a point mass at zero says that some intervals could not have
had one; a hurdle, that whether there is one is a question of its own; a negative binomial, that
rates vary without classes; two Poisson distributions, that there are quiet and restless intervals.
Leave-one-out says which of them the counts bear out, and where each misses them.

    python examples/inflated_counts.py --seed 1 --out inflated-counts [--quick]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import stanmix
from stanmix import plots

ZERO = stanmix.PointMass(0)
FAMILIES = {
    "zeros beside Poisson": [ZERO, "poisson"],
    "hurdle": [ZERO, stanmix.Truncated("poisson", lower=1)],
    "zeros beside negative binomial": [ZERO, "negative_binomial"],
    "negative binomial": ["negative_binomial"],
    "two Poisson": ["poisson", "poisson"],
}
QUICK = ("zeros beside Poisson", "two Poisson")


def main() -> None:
    parser = argparse.ArgumentParser(description="Mixtures for counts with many zeros.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("inflated-counts"), help="folder")
    parser.add_argument("--quick", action="store_true", help="few draws, to see that it runs")
    arguments = parser.parse_args()
    plt.switch_backend("Agg")
    out = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    options = {
        "seed": arguments.seed,
        "draws": 250 if arguments.quick else 2000,
        "adapt_delta": 0.95,
        "progress": False,
    }
    frame = stanmix.datasets.load("fetal_lamb_counts")

    def mixture(name: str) -> stanmix.Mixture:
        family = FAMILIES[name]
        return stanmix.Mixture("movements", len(family), family=family, weights="freq")

    fits = {name: mixture(name).fit(frame, **options)
            for name in (QUICK if arguments.quick else FAMILIES)}  # fmt: skip
    comparison = stanmix.compare(fits)
    print(comparison)
    comparison.table.to_csv(out / "comparison.csv")

    inflated = fits["zeros beside Poisson"]
    table, diagnosis = inflated.summary(), inflated.diagnose()
    table.to_csv(out / "summary.csv")
    print(f"\nlabels {inflated.labelling}\n{table.to_string(float_format='{:.3f}'.format)}")
    print(diagnosis)
    inflated.export(out / "stan", progress=False)

    plots.save(plots.trace(inflated), out / "trace.png")
    fig, axes = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained", sharey=True)
    for ax, name in zip(axes, QUICK, strict=True):
        plots.density(fits[name], ax, label="movements in 5 seconds")
        ax.set_title(name)
        # A scale of square roots shows the rare counts beside the common ones.
        ax.set_yscale("function", functions=(lambda p: np.sqrt(np.maximum(p, 0)), np.square))
    axes[1].set(ylabel="", ylim=(0, 0.85))
    plots.save(fig, out / "density.png")
    expected = table_of_counts(frame, fits)
    expected.to_csv(out / "expected.csv")
    print(f"\nIntervals, seen and expected\n{expected.to_string(float_format='{:.1f}'.format)}")
    account(fits, comparison, diagnosis, expected)


def table_of_counts(frame: pd.DataFrame, fits: dict[str, stanmix.Fit]) -> pd.DataFrame:
    """Return how many intervals have each number of movements, and should have by each fit."""
    intervals = frame["freq"].sum()
    found = {"seen": frame["freq"].to_numpy()}
    found |= {name: intervals * fit.predict(frame, "density") for name, fit in fits.items()}
    return pd.DataFrame(found, pd.Index(frame["movements"], name="movements"))


def account(fits, comparison, diagnosis, expected) -> None:
    """Say in words what was found."""
    elpd = comparison.table["elpd_loo"]
    theta = fits["zeros beside Poisson"].draws()["theta"].mean(axis=0)
    rate = np.nanmean(fits["zeros beside Poisson"].draws()["mu"])
    best, behind = elpd.idxmax(), elpd.max() - elpd["zeros beside Poisson"]
    beyond = expected.index >= 4
    seen, inflated = (expected.loc[beyond, name].sum() for name in ("seen", "zeros beside Poisson"))
    print(
        f"\nIn words: by zeros of their own, {theta[0]:.0%} of the intervals could have no "
        f"movement, and the others have {rate:.2f} on average. That accounts for the zeros, but "
        f"not for the restless intervals: {seen:.0f} have four movements or more, where it "
        f"expects {inflated:.1f}. Leave-one-out prefers {best}, by {behind:.1f} of elpd. The fit "
        f"{'has no problem' if diagnosis.ok else 'has problems, listed above'}."
    )


if __name__ == "__main__":
    main()
