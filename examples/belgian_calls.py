"""International calls from Belgium: a line beside noise, where a third of the years is noise.

Rousseeuw & Leroy (1987, Robust Regression and Outlier Detection, table 2.2) show the calls from
Belgium in each year from 1950 to 1973. From 1964 to 1969, and in parts of the years before and
after, another recording system was in use, which counted minutes. Which years are wrong is known,
so that it can be seen whether a regression finds them: one normal, one with Student t errors, and a
normal beside noise that is uniform over the range of the data.

    python examples/belgian_calls.py --seed 1 --out belgian-calls [--quick]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import stanmix
from stanmix import plots

# Years without one of the other system's months (1963 and 1970 had some).
RIGHT = [*range(1950, 1963), 1971, 1972, 1973]
# A line that misses by 10 millions a year would be a poor one.
PRIORS = {"sigma": stanmix.HalfNormal(10)}
FAMILIES = {
    "normal": {"family": "normal"},
    "Student t": {"family": "student_t"},
    "normal beside noise": {"family": ["normal", "uniform"], "priors": PRIORS},
}
QUICK = ("normal", "normal beside noise")


def main() -> None:
    parser = argparse.ArgumentParser(description="Robust regression by a component for noise.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("belgian-calls"), help="folder")
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
    frame = stanmix.datasets.load("phones")
    frame["since_1950"] = frame["year"] - 1950

    fits = {}
    for name in QUICK if arguments.quick else FAMILIES:
        stated = FAMILIES[name]
        components = len(stated["family"]) if isinstance(stated["family"], list) else 1
        fits[name] = stanmix.Mixture("calls ~ since_1950", components, **stated).fit(
            frame, **options
        )
    comparison = stanmix.compare(fits)
    print(comparison)
    comparison.table.to_csv(out / "comparison.csv")
    lines = slopes(frame, fits)
    lines.to_csv(out / "slopes.csv")
    print(f"\nMillions of calls more each year\n{lines.to_string(float_format='{:.2f}'.format)}")

    beside = fits["normal beside noise"]
    table, diagnosis = beside.summary(), beside.diagnose()
    table.to_csv(out / "summary.csv")
    print(f"\nnormal beside noise\n{table.to_string(float_format='{:.3f}'.format)}\n{diagnosis}")
    beside.export(out / "stan", progress=False)

    plots.save(plots.trace(beside), out / "trace.png")
    plots.save(calls(frame, fits), out / "lines.png")
    account(frame, fits, lines, diagnosis)


def slopes(frame: pd.DataFrame, fits: dict[str, stanmix.Fit]) -> pd.DataFrame:
    """Return the slope of each line, and of least squares on the years that are right."""
    right = frame[frame["year"].isin(RIGHT)]
    found = {"least squares, right years": [np.polyfit(right["year"], right["calls"], 1)[0]]}
    found = {name: [*value, np.nan, np.nan] for name, value in found.items()}
    for name, fit in fits.items():
        slope = fit.draws()["beta"][:, 0, 1]
        found[name] = [slope.mean(), *np.quantile(slope, [0.05, 0.95])]
    return pd.DataFrame.from_dict(found, orient="index", columns=["mean", "low", "high"])


def calls(frame: pd.DataFrame, fits: dict[str, stanmix.Fit]) -> plt.Figure:
    """Draw the calls with each line, coloured by how likely they belong to it."""
    fig, ax = plt.subplots(figsize=(7.5, 4.8), layout="constrained")
    p = fits["normal beside noise"].responsibilities().to_numpy()[:, 0]
    for k, (name, fit) in enumerate(fits.items()):
        beta = fit.draws()["beta"][:, 0]
        line = beta[:, :1] + beta[:, 1:] * frame["since_1950"].to_numpy()
        low, high = np.quantile(line, [0.05, 0.95], axis=0)
        ax.plot(frame["year"], line.mean(axis=0), color=plots.COLOURS[k], label=name)
        ax.fill_between(frame["year"], low, high, color=plots.COLOURS[k], alpha=0.2, lw=0)
    points = ax.scatter(
        frame["year"], frame["calls"], c=p, cmap="viridis", vmin=0, vmax=1, zorder=3
    )
    fig.colorbar(points, ax=ax, label="probability of the line, not noise")
    ax.set(xlabel="year", ylabel="calls (millions)")
    ax.legend(frameon=False, loc="upper left")
    return fig


def account(frame, fits, lines, diagnosis) -> None:
    """Say in words what was found."""
    p = fits["normal beside noise"].responsibilities().to_numpy()[:, 0]
    noise = frame["year"][p < 0.5].tolist()
    doubtful = frame["year"][(p > 0.05) & (p < 0.5)].tolist()
    slope = lines["mean"]
    print(
        f"\nIn words: one normal finds {slope['normal']:.1f} millions of calls more each year, the "
        f"normal beside noise {slope['normal beside noise']:.2f} (90 %: "
        f"{lines.loc['normal beside noise', 'low']:.2f} to "
        f"{lines.loc['normal beside noise', 'high']:.2f}); least squares on the years that are "
        f"known to be right give {slope['least squares, right years']:.2f}. It takes the years "
        f"{', '.join(map(str, noise))} for noise"
        f"{' (' + ', '.join(map(str, doubtful)) + ' not for sure)' if doubtful else ''}; those of "
        f"the other recording system are 1964 to 1969, with parts of 1963 and 1970. The fit "
        f"{'has no problem' if diagnosis.ok else 'has problems, listed above'}."
    )


if __name__ == "__main__":
    main()
