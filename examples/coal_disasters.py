"""Explosions in British coal mines: a mixture of gammas for the days between them.

From 1851 to 1962 there were 191 explosions in coal mines of Great Britain that killed ten men or
more; the 190 intervals between them are those of Jarrett (1979, Biometrika 66, 191-193). They
became rarer around 1890. One gamma distribution for all intervals, two with constant weights, and
two with weights that may change over the years are compared by leave-one-out; nothing tells the
last of a year in which anything changed, so that the year at which longer intervals take over is a
finding.

    python examples/coal_disasters.py --seed 1 --out coal-disasters [--quick]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import stanmix
from stanmix import plots

YEARS = pd.DataFrame({"year": np.arange(1852.0, 1962.0)})
OVER_YEARS = "two gammas, weights over years"


def main() -> None:
    parser = argparse.ArgumentParser(description="A mixture of gammas for waiting times.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("coal-disasters"), help="folder")
    parser.add_argument("--quick", action="store_true", help="few draws, to see that it runs")
    arguments = parser.parse_args()
    plt.switch_backend("Agg")
    out = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    options = {
        "seed": arguments.seed,
        "draws": 250 if arguments.quick else 2000,
        "progress": False,
    }
    frame = stanmix.datasets.load("coal_disasters")
    # Two explosions fell on one day; a gamma distribution has no place for a wait of nothing.
    frame["days"] = frame["days"].where(frame["days"] > 0, 0.5)

    models = {
        "one gamma": stanmix.Mixture("days", 1, family="gamma"),
        "two gammas": stanmix.Mixture("days", 2, family="gamma"),
        OVER_YEARS: stanmix.Mixture("days", 2, family="gamma", gating="~ year"),
    }
    if arguments.quick:
        del models["two gammas"]
    fits = {name: model.fit(frame, **options) for name, model in models.items()}
    comparison = stanmix.compare(fits)
    print(comparison)
    comparison.table.to_csv(out / "comparison.csv")

    fit = fits[OVER_YEARS]
    table, diagnosis = fit.summary(), fit.diagnose()
    table.to_csv(out / "summary.csv")
    print(
        f"\n{OVER_YEARS}, labels {fit.labelling}\n{table.to_string(float_format='{:.3f}'.format)}"
    )
    print(diagnosis)
    fit.export(out / "stan", progress=False)

    plots.save(plots.trace(fit), out / "trace.png")
    plots.save(plots.residuals(fit), out / "residuals.png")
    plots.save(waits(frame, fit), out / "waits.png")
    account(fits, comparison, diagnosis)


def long_intervals(fit: stanmix.Fit) -> np.ndarray:
    """Return the weight of the longer intervals in each year: draws x years."""
    gamma = fit.draws()["gamma"]
    log_odds = gamma[:, 1] - gamma[:, 0]  # of (intercept, year): 1 and the year times them
    return 1 / (1 + np.exp(-(log_odds[:, :1] + log_odds[:, 1:] * YEARS["year"].to_numpy())))


def waits(frame: pd.DataFrame, fit: stanmix.Fit) -> plt.Figure:
    """Draw the intervals with what is expected over the years, and the weights."""
    fig, (above, below) = plt.subplots(
        2, 1, figsize=(8, 6.4), height_ratios=(2, 1), layout="constrained", sharex=True
    )
    p = fit.responsibilities().to_numpy()[:, 1]
    points = above.scatter(frame["year"], frame["days"], c=p, cmap="viridis", s=22, vmin=0, vmax=1)
    fig.colorbar(points, ax=above, label="probability of a long interval")
    mu, weight = fit.draws()["mu"], long_intervals(fit)
    mean = mu[:, :1] * (1 - weight) + mu[:, 1:] * weight
    band(above, mean, "expected")
    above.set(yscale="log", ylabel="days since the last explosion")
    above.legend(frameon=False, loc="lower right")
    band(below, weight, "")
    below.set(xlabel="year", ylabel="weight of long intervals", ylim=(0, 1))
    return fig


def band(ax: plt.Axes, draws: np.ndarray, label: str) -> None:
    """Draw the mean over the years, and intervals of 90 %."""
    low, high = np.quantile(draws, [0.05, 0.95], axis=0)
    ax.fill_between(YEARS["year"], low, high, color=plots.COLOURS[1], alpha=0.25, lw=0)
    ax.plot(YEARS["year"], draws.mean(axis=0), color=plots.COLOURS[1], label=label)


def account(fits, comparison, diagnosis) -> None:
    """Say in words what was found."""
    elpd = comparison.table["elpd_loo"]
    fit = fits[OVER_YEARS]
    mu, shape = (fit.draws()[name].mean(axis=0) for name in ("mu", "shape"))
    # The year in which long intervals become the likelier, by draw.
    gamma = fit.draws()["gamma"]
    turn = np.quantile(-gamma[:, 1, 0] / gamma[:, 1, 1], [0.05, 0.5, 0.95])
    print(
        f"\nIn words: leave-one-out prefers two gammas with weights that change over the years to "
        f"one gamma by {elpd[OVER_YEARS] - elpd['one gamma']:.1f} of elpd. Intervals have a mean "
        f"of {mu[0]:.0f} days in one class and {mu[1]:.0f} in the other; the shapes, "
        f"{shape[0]:.2f} and {shape[1]:.2f}, are near to the one of explosions that come by "
        f"chance. Long intervals become the likelier in {turn[1]:.0f} (90 %: {turn[0]:.0f} to "
        f"{turn[2]:.0f}). The fit "
        f"{'has no problem' if diagnosis.ok else 'has problems, listed above'}."
    )


if __name__ == "__main__":
    main()
