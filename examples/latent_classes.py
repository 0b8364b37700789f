"""Pathologists who judge the same slides: latent classes, missing answers and a distal outcome.

Seven pathologists said of 118 slides whether they show carcinoma (Landis & Koch, 1977). Six of
their verdicts make the classes of slides; a tenth of these is hidden, as answers in surveys are
missing. The verdict of the seventh is the outcome: how it depends on the class, where classes are
not known for sure, against classes that are taken for known.

    python examples/latent_classes.py --seed 1 --out latent-classes [--quick]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import stanmix
from stanmix import plots

ITEMS, OUTCOME = list("ABCDEF"), "G"
HIDDEN = 0.1


def main() -> None:
    parser = argparse.ArgumentParser(description="Latent classes of slides, and an outcome.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("latent-classes"), help="folder")
    parser.add_argument("--quick", action="store_true", help="few draws, to see that it runs")
    arguments = parser.parse_args()
    plt.switch_backend("Agg")
    out = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    options = {
        "seed": arguments.seed,
        "draws": 250 if arguments.quick else 1000,
        "adapt_delta": 0.95,
        "progress": False,
    }
    frame = stanmix.datasets.load("carcinoma") - 1  # 1: carcinoma
    rng = np.random.default_rng(arguments.seed)
    hidden = rng.random((len(frame), len(ITEMS))) < HIDDEN
    frame = frame.assign(**frame[ITEMS].astype(float).mask(hidden))

    classes_of = 2 if arguments.quick else 3
    model = stanmix.Mixture(ITEMS, classes_of, family="bernoulli", missing="marginalise")
    fit = model.fit(frame, **options)
    table, diagnosis, classes = fit.summary(), fit.diagnose(), fit.classes()
    table.to_csv(out / "summary.csv")
    print(f"labels {fit.labelling}\n{diagnosis}\n\n{classes}")
    fit.export(out / "stan", progress=False)

    pairs, patterns = fit.bivariate_residuals(), fit.response_patterns()
    pairs.to_csv(out / "pairs.csv")
    patterns.to_csv(out / "patterns.csv")
    print(f"\nPairs that the classes explain least\n{pairs.head(5).round(2)}")
    print(f"\nPatterns of six answers\n{patterns.head(8).round(1)}")

    outcome = fit.outcome(f"{OUTCOME} ~ class", frame, family="bernoulli")
    print(f"\n{outcome}")
    outcome.summary().to_csv(out / "outcome.csv")
    by_class = frame[OUTCOME].groupby(fit.allocations()["component"].to_numpy()).mean()

    plots.save(plots.trace(fit, ["theta"]), out / "trace.png")
    figure, axes = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained", width_ratios=(2, 1))
    plots.classes(fit, axes[0])
    axes[0].set(xlabel="pathologist", ylabel="probability of finding carcinoma")
    draw_outcome(axes[1], outcome, by_class)
    plots.save(figure, out / "classes.png")
    account(classes, pairs, outcome, by_class, diagnosis)


def draw_outcome(ax, outcome, by_class: pd.Series) -> None:
    """Draw the outcome of each class, with intervals, beside that of the most probable classes."""
    means = outcome.summary().filter(like="mean[", axis=0)
    at = np.arange(len(means))
    ends = np.abs(means[["lower", "upper"]].to_numpy().T - means["mean"].to_numpy())
    for k in at:
        ax.errorbar(k, means["mean"].iloc[k], ends[:, [k]], fmt="o", capsize=3,
                    color=plots.COLOURS[k])  # fmt: skip
    shares = by_class.reindex(at + 1).to_numpy()
    ax.plot(at + 0.15, shares, "x", color="0.3", label="most probable class")
    ax.set_xticks(at, [f"class {k + 1}" for k in at])
    ax.set(ylim=(-0.03, 1.03), ylabel=f"probability that {OUTCOME} finds carcinoma")
    ax.legend(frameon=False, fontsize="small")


def account(classes, pairs, outcome, by_class, diagnosis) -> None:
    """Say in words what was found."""
    sizes = classes.sizes.loc["weight", "mean"]
    entropy = classes.quality.loc["entropy R-squared"]
    means = outcome.summary()["mean"]
    told = ", ".join(f"{means[f'mean[{k}]']:.0%} of class {k} ({size:.0%} of the slides)"
                     for k, size in sizes.items())  # fmt: skip
    (first, second), worst = pairs.index[0], pairs.iloc[0]
    most = max(abs(by_class.get(k, np.nan) - means[f"mean[{k}]"]) for k in sizes.index)
    print(
        f"\nIn words: the seventh pathologist finds carcinoma in {told}. Classes are told apart "
        f"with an entropy R-squared of {entropy['mean']:.2f} (95 %: {entropy['lower']:.2f} to "
        f"{entropy['upper']:.2f}); the most probable classes would have shifted these shares by up "
        f"to {most:.0%}. Classes explain {first} and {second} least (residual "
        f"{worst['residual']:.1f}, p = {worst['p']:.2f}). The fit "
        f"{'has no problem' if diagnosis.ok else 'has problems, listed above'}."
    )


if __name__ == "__main__":
    main()
