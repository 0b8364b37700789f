"""The fetal lamb: more quiet intervals, and more restless ones, than one rate of movement allows.

Movements of a fetal lamb were counted in 240 intervals of 5 seconds (Leroux & Puterman, 1992,
Biometrics 48, 545-558). The data are a table of frequencies, which is fitted as it is. Mixtures of
one to four Poisson distributions are compared; that of two is looked at closely: what was quiet and
what restless, and whether counts drawn from it vary as much as those that were seen.

    python examples/fetal_lamb.py --seed 1 --out fetal-lamb [--quick]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import stanmix
from stanmix import plots

MOVEMENTS = "movements in 5 seconds"


def main() -> None:
    parser = argparse.ArgumentParser(description="Poisson mixtures of a fetal lamb's movements.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("fetal-lamb"), help="folder to write to")
    parser.add_argument("--quick", action="store_true", help="few draws, to see that it runs")
    arguments = parser.parse_args()
    plt.switch_backend("Agg")
    out, seed = arguments.out, arguments.seed
    out.mkdir(parents=True, exist_ok=True)
    options = {
        "seed": seed,
        "draws": 250 if arguments.quick else 2000,
        "adapt_delta": 0.95,
        "progress": False,
    }
    frame = stanmix.datasets.load("fetal_lamb_counts")

    def mixture(components: int) -> stanmix.Mixture:
        return stanmix.Mixture("movements", components, family="poisson", weights="freq")

    fits = {
        f"K = {k}": mixture(k).fit(frame, **options)
        for k in ((1, 2) if arguments.quick else (1, 2, 3, 4))
    }
    comparison = stanmix.compare(fits)
    print(comparison)
    comparison.table.to_csv(out / "comparison.csv")

    one, two = fits["K = 1"], fits["K = 2"]
    table = two.summary()
    table.to_csv(out / "summary.csv")
    diagnosis = two.diagnose()
    print(f"\nK = 2, labels {two.labelling}\n{table.to_string(float_format='{:.3f}'.format)}")
    print(diagnosis)
    two.export(out / "stan", progress=False)

    fig, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained", sharey=True)
    for ax, fit in ((left, one), (right, two)):
        plots.density(fit, ax, label=MOVEMENTS)
        ax.set_title(f"K = {fit.model.components}")
        # A scale of square roots shows the rare counts beside the common ones.
        ax.set_yscale("function", functions=(lambda p: np.sqrt(np.maximum(p, 0)), np.square))
    right.set(ylabel="", ylim=(0, 0.85))
    plots.save(fig, out / "density.png")
    plots.save(plots.trace(two), out / "trace.png")
    plots.save(plots.pairs(two), out / "pairs.png")
    plots.save(plots.rank(two), out / "rank.png")

    prior = stanmix.prior_predictive(mixture(2), frame, draws=4000, seed=seed)
    most = np.quantile(prior.prior_predictive["y"], 0.99)
    print(f"\nThe prior, about the mean count, expects 99% of counts to be {most:.0f} or less.")
    counts = np.repeat(frame["movements"], frame["freq"]).to_numpy()
    replicas = {name: replicated(fits[name], len(counts)) for name in ("K = 1", "K = 2")}
    plots.save(dispersion(counts, replicas), out / "dispersion.png")

    restless = two.responsibility_summary().sel(component=2).to_dataframe()
    restless = restless[["mean", "lower", "upper"]].set_index(
        pd.Index(frame["movements"], name="movements")
    )
    restless.to_csv(out / "restless.csv")
    print(f"\nP(restless | count)\n{restless.to_string(float_format='{:.2f}'.format)}")
    account(fits, comparison, diagnosis, counts, replicas, restless)


def replicated(fit: stanmix.Fit, intervals: int) -> np.ndarray:
    """Draw as many counts as were seen from each draw of the parameters, (draw, interval)."""
    rows = pd.DataFrame(index=range(intervals))
    drawn = fit.predict(rows, "draws").to_numpy()
    return drawn.reshape(-1, intervals)


def index_of_dispersion(counts: np.ndarray) -> np.ndarray:
    """Return variance over mean, which is 1 for a Poisson distribution."""
    return counts.var(axis=-1) / counts.mean(axis=-1)


def dispersion(counts: np.ndarray, replicas: dict[str, np.ndarray]) -> plt.Axes:
    """Draw the dispersion of replicated counts, and that of the data."""
    ax = plt.subplots(figsize=(7, 4.5), layout="constrained")[1]
    each = {name: index_of_dispersion(drawn) for name, drawn in replicas.items()}
    edges = np.histogram_bin_edges(np.concatenate(list(each.values())), 100)
    for k, (name, values) in enumerate(each.items()):
        ax.hist(values, edges, density=True, alpha=0.6, color=plots.COLOURS[k], label=name)
    ax.axvline(index_of_dispersion(counts), color="0.1", lw=1.8, ls="--", label="data")
    most = max(np.quantile(values, 0.999) for values in each.values())
    ax.set(xlabel="variance over mean of 240 counts", xlim=(edges[0], most))
    ax.set(ylabel="density of replicas", yticks=[])
    ax.legend(frameon=False)
    return ax


def account(fits, comparison, diagnosis, counts, replicas, restless) -> None:
    """Say in words what was found."""
    two = fits["K = 2"]
    mu = two.posterior["mu"].mean(("chain", "draw")).to_numpy()
    theta = two.posterior["theta"].mean(("chain", "draw")).to_numpy()
    seen = index_of_dispersion(counts)
    above = {name: (index_of_dispersion(drawn) >= seen).mean() for name, drawn in replicas.items()}
    elpd = comparison.table["elpd_loo"]
    gain, rest = elpd["K = 2"] - elpd["K = 1"], elpd.max() - elpd["K = 2"]
    first = restless.index[restless["mean"] > 0.5].min()
    best = {name: float(fit.log_likelihood().max()) for name, fit in fits.items()}
    print(
        f"\nIn words: leave-one-out prefers two components to one, by {gain:.1f} of elpd, and more "
        f"components gain no more than {rest:.1f}. Of the 240 intervals {theta[0]:.0%} were quiet, "
        f"with {mu[0]:.2f} movements on average, and {theta[1]:.0%} restless, with {mu[1]:.1f}. An "
        f"interval of {first} movements or more is more likely restless than quiet. The variance "
        f"of the counts is {seen:.2f} times their mean; {above['K = 1']:.1%} of the replicas of "
        f"one Poisson distribution vary as much, and {above['K = 2']:.0%} of those of two. The "
        f"greatest log-likelihood among the draws is {best['K = 1']:.1f} for one and "
        f"{best['K = 2']:.1f} for two. The fit "
        f"{'has no problem' if diagnosis.ok else 'has problems, listed above'}. That restless "
        "intervals follow one another, as they do in the record of the lamb, is not in this model "
        "nor in a table of frequencies: it takes a hidden Markov chain."
    )


if __name__ == "__main__":
    main()
