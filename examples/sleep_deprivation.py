"""Response times without sleep: classes of people whom lack of sleep slows down, or does not.

The mean response time of eighteen people in a vigilance task was taken on each of ten days; after
day 2 they had three hours a night in bed (Belenky et al., 2003, J. Sleep Res. 12, 1-12).
Regressions on the number of such nights, with one class for all days of a person, are compared for
one to three classes, lognormal and ex-Gaussian. That of three classes is looked at closely: who is
in which, and how fast each slows down.

    python examples/sleep_deprivation.py --seed 1 --out sleep-deprivation [--quick]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import stanmix
from stanmix import plots

MODELS = {
    "lognormal, K = 1": ("lognormal", 1, ("sigma",)),
    "lognormal, K = 2": ("lognormal", 2, ("sigma",)),
    "lognormal, K = 3": ("lognormal", 3, ("sigma",)),
    "ex-Gaussian, K = 2": ("exgaussian", 2, ("sigma", "tau")),
}
QUICK = ("lognormal, K = 1", "lognormal, K = 3")
CLASSES = "lognormal, K = 3"


def main() -> None:
    parser = argparse.ArgumentParser(description="Classes of response times without sleep.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("sleep-deprivation"), help="folder")
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
    frame = stanmix.datasets.load("sleepstudy")
    frame["nights"] = (frame["day"] - 2).clip(lower=0)

    def mixture(name: str) -> stanmix.Mixture:
        family, classes, shared = MODELS[name]
        return stanmix.Mixture(
            "reaction ~ nights",
            classes,
            family=family,
            shared=shared,
            group="subject",
        )

    fits = {name: mixture(name).fit(frame, **options)
            for name in (QUICK if arguments.quick else MODELS)}  # fmt: skip
    comparison = stanmix.compare(fits)
    print(comparison)
    comparison.table.to_csv(out / "comparison.csv")

    fit = fits[CLASSES]
    table, diagnosis = fit.summary(), fit.diagnose()
    table.to_csv(out / "summary.csv")
    print(f"\n{CLASSES}, labels {fit.labelling}\n{table.to_string(float_format='{:.3f}'.format)}")
    print(diagnosis)
    fit.export(out / "stan", progress=False)
    people = by_person(frame, fit)
    people.to_csv(out / "people.csv")
    print(f"\nProbability of each class\n{people.to_string(float_format='{:.2f}'.format)}")

    plots.save(plots.trace(fit), out / "trace.png")
    plots.save(plots.residuals(fit), out / "residuals.png")
    plots.save(courses(frame, fit, people), out / "courses.png")
    account(fits, comparison, diagnosis, people)


def by_person(frame: pd.DataFrame, fit: stanmix.Fit) -> pd.DataFrame:
    """Return the probabilities that a person is of each class."""
    p = fit.responsibilities().to_numpy()
    found = pd.DataFrame(p, columns=[f"class {k + 1}" for k in range(p.shape[1])])
    return found.groupby(frame["subject"]).first() if len(p) == len(frame) else found


def courses(frame: pd.DataFrame, fit: stanmix.Fit, people: pd.DataFrame) -> plt.Axes:
    """Draw each person's days, coloured by the likeliest class, and the median of each class."""
    ax = plt.subplots(figsize=(7.5, 4.8), layout="constrained")[1]
    likeliest = people.to_numpy().argmax(axis=1)
    for k, (_, rows) in zip(likeliest, frame.groupby("subject"), strict=True):
        ax.plot(rows["day"], rows["reaction"], ".-", color=plots.COLOURS[k], lw=0.8, alpha=0.5)
    days = np.arange(10)
    nights = (days - 2).clip(0)
    beta = fit.draws()["beta"]
    for k in range(fit.model.components):
        medians = np.exp(beta[:, k, :1] + beta[:, k, 1:] * nights)
        low, high = np.quantile(medians, [0.05, 0.95], axis=0)
        ax.fill_between(days, low, high, color=plots.COLOURS[k], alpha=0.25, lw=0)
        label = f"class {k + 1}: {(likeliest == k).sum()} people"
        ax.plot(days, medians.mean(axis=0), color=plots.COLOURS[k], lw=2.5, label=label)
    ax.set(xlabel="day (little sleep after day 2)", ylabel="response time (ms)")
    ax.legend(frameon=False)
    return ax


def account(fits, comparison, diagnosis, people) -> None:
    """Say in words what was found."""
    elpd = comparison.table["elpd_loo"]
    draws = fits[CLASSES].draws()
    slower, theta = 100 * (np.exp(draws["beta"][..., 1]) - 1), draws["theta"].mean(axis=0)
    sure = (people.max(axis=1) > 0.9).sum()
    print(
        f"\nIn words: leave-one-person-out prefers three classes to one by "
        f"{elpd[CLASSES] - elpd['lognormal, K = 1']:.1f} of elpd. With each night of little sleep "
        f"people become {', '.join(f'{each:.1f}' for each in slower.mean(axis=0))} % slower in "
        f"the three classes, which hold {', '.join(f'{each:.0%}' for each in theta)} of them; "
        f"whether those of the first slow down at all is open (probability "
        f"{(slower[:, 0] > 0).mean():.0%}). {sure} of {len(people)} people belong to a class with "
        f"a probability above 90 %. The fit "
        f"{'has no problem' if diagnosis.ok else 'has problems, listed above'}."
    )


if __name__ == "__main__":
    main()
