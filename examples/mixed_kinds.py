"""People who answer questions of many kinds: latent profiles of a survey with missing answers.

Three ways of getting to work are simulated as a survey would see them: a means of transport, a
rating in order, a yes or no, a count and two measurements, of which a tenth is missing. A mixture
finds the classes again, each column in a distribution of its own kind, and is held against those
that made the data.

    python examples/mixed_kinds.py --seed 1 --out mixed-kinds [--quick]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import stanmix
from stanmix import plots

FAMILY = {
    "transport": "categorical",
    "rating": "ordinal",
    "licence": "bernoulli",
    "delays": "poisson",
    "minutes": "lognormal",
    "age": "normal",
}
MISSING = 0.1
SIZES = np.array([0.5, 0.3, 0.2])
TRANSPORT = {"bicycle": [0.8, 0.1, 0.1], "bus": [0.1, 0.8, 0.1], "car": [0.1, 0.1, 0.8]}
RATING = np.array([[0.1, 0.2, 0.3, 0.4], [0.4, 0.3, 0.2, 0.1], [0.1, 0.4, 0.4, 0.1]])
LICENCE, DELAYS = np.array([0.5, 0.2, 0.95]), np.array([0.5, 4.0, 2.0])
MINUTES, AGE = np.array([15.0, 35.0, 30.0]), np.array([35.0, 30.0, 48.0])


def main() -> None:
    parser = argparse.ArgumentParser(description="Latent profiles of columns of many kinds.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("mixed-kinds"), help="folder")
    parser.add_argument("--quick", action="store_true", help="few draws, to see that it runs")
    arguments = parser.parse_args()
    plt.switch_backend("Agg")
    out = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    options = {
        "seed": arguments.seed,
        "chains": 1 if arguments.quick else 4,
        "draws": 50 if arguments.quick else 500,
        "progress": False,
    }
    frame, truth = survey(90 if arguments.quick else 400, arguments.seed)

    model = stanmix.Mixture(list(FAMILY), 3, family=FAMILY, missing="marginalise")
    fit = model.fit(frame, **options)
    table, diagnosis, found = fit.summary(), fit.diagnose(), fit.classes()
    table.to_csv(out / "summary.csv")
    found.profiles.to_csv(out / "profiles.csv")
    print(f"labels {fit.labelling}\n{diagnosis}\n\n{found}")
    fit.export(out / "stan", progress=False)

    pairs = fit.bivariate_residuals()
    pairs.to_csv(out / "pairs.csv")
    print(f"\nPairs that the classes explain least\n{pairs.head(5).round(2)}")

    plots.save(plots.trace(fit, ["theta"]), out / "trace.png")
    figure, ax = plt.subplots(figsize=(12, 4.5), layout="constrained")
    plots.classes(fit, ax)
    ax.tick_params(axis="x", labelrotation=30)
    ax.set(ylabel="probability, mean count, or mean in sds")
    plots.save(figure, out / "profiles.png")
    account(fit, found, truth, pairs, diagnosis)


def survey(people: int, seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Return answers, some of which are missing, and the classes of who gave them."""
    rng = np.random.default_rng(seed)
    which = rng.choice(3, people, p=SIZES)
    transport = np.array(list(TRANSPORT.values())).T[which]
    frame = pd.DataFrame(
        {
            "transport": np.array(list(TRANSPORT))[_chosen(rng, transport)],
            "rating": _chosen(rng, RATING[which]) + 1.0,
            "licence": rng.binomial(1, LICENCE[which]).astype(float),
            "delays": rng.poisson(DELAYS[which]).astype(float),
            "minutes": rng.lognormal(np.log(MINUTES[which]), 0.3),
            "age": rng.normal(AGE[which], 8.0),
        }
    )
    return frame.mask(rng.random(frame.shape) < MISSING), which


def _chosen(rng: np.random.Generator, probabilities: np.ndarray) -> np.ndarray:
    """Draw a category from each row of probabilities."""
    return (rng.random(len(probabilities))[:, None] > probabilities.cumsum(axis=1)).sum(axis=1)


def account(fit, found, truth, pairs, diagnosis) -> None:
    """Say in words what was found."""
    assigned = fit.allocations()["component"].to_numpy()
    classes = range(1, fit.model.components + 1)
    likely = {k: np.bincount(truth[assigned == k], minlength=3).argmax() for k in classes}
    right = np.mean([likely[k] == z for k, z in zip(assigned, truth, strict=True)])
    # How many of the intervals of the profiles hold what made the data.
    stated = {
        ("transport", name): np.array(p) for name, p in TRANSPORT.items()
    } | {("rating", str(level + 1)): RATING[:, level] for level in range(4)} | {
        ("licence", ""): LICENCE, ("delays", ""): DELAYS, ("age", ""): AGE,
        ("minutes", ""): MINUTES * np.exp(0.3**2 / 2),
    }  # fmt: skip
    held = [
        found.profiles.loc[(column, k, category), "lower"] <= values[likely[k]]
        <= found.profiles.loc[(column, k, category), "upper"]
        for (column, category), values in stated.items()
        for k in classes
    ]  # fmt: skip
    entropy = found.quality.loc["entropy R-squared", "mean"]
    (first, second), worst = pairs.index[0], pairs.iloc[0]
    print(
        f"\nIn words: {right:.0%} of the people are put into the class that made their answers "
        f"(entropy R-squared {entropy:.2f}), and {sum(held)} of {len(held)} intervals of the "
        f"profiles, of probability 0.95, hold what was simulated. Classes explain {first} and "
        f"{second} least (residual {worst['residual']:.1f}, p = {worst['p']:.2f}). The fit "
        f"{'has no problem' if diagnosis.ok else 'has problems, listed above'}."
    )


if __name__ == "__main__":
    main()
