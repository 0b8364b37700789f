"""Two crossing lines and 100 000 points: where a variational fit ends, and what NUTS finds.

Half of the points follow y = 3 x, the other half y = -x, all with noise of 0.1. The model has two
slopes, weights, and one scale below 1. It is fitted with and without ordered slopes, by mean-field
and full-rank ADVI, from Stan's own random starts and from starts that EM finds in the data, and by
NUTS with one chain and with four. All fits see all points. In the end the ordered model is fitted
by ADVI on minibatches of 256 points, with the step size that Stan chooses, and with a small one and
many steps.

The problem was posed in a forum, where ADVI on minibatches gave neither the slopes nor the scale.
Its density was written by hand, so that is maximised too.

    python examples/mixture_of_linear_models.py --seed 1 --out linear-models [--quick]
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.colors import LinearSegmentedColormap
from scipy.optimize import minimize

import stanmix
from stanmix import plots

SLOPES = np.array([-1.0, 3.0])
SIGMA = 0.1
NEAR_SLOPE, NEAR_SIGMA = 0.01, 0.005  # what counts as recovered
SHOWN = 2_000  # points in the picture of the data
BATCH = 256  # points of a gradient
SLOW = {"eta": 0.02, "eval_elbo": 10_000, "tol_rel_obj": 1e-9}  # small steps, until they run out


def main() -> None:
    parser = argparse.ArgumentParser(description="Two crossing lines, by ADVI and NUTS.")
    parser.add_argument("--seed", type=int, default=1, help="of the points and of Stan")
    parser.add_argument(
        "--out", type=Path, default=Path("linear-models"), help="folder to write to"
    )
    parser.add_argument("--quick", action="store_true", help="fewer points, draws and runs")
    arguments = parser.parse_args()
    plt.switch_backend("Agg")
    out, seed = arguments.out, arguments.seed
    out.mkdir(parents=True, exist_ok=True)
    frame = simulate(10_000 if arguments.quick else 100_000, seed)
    draws = 250 if arguments.quick else 1000
    advi = {"method": "advi", "draws": 1000, "restarts": 2 if arguments.quick else 4}

    fits, seconds = {}, {}

    def fit(name: str, model: stanmix.Mixture, **options) -> None:
        began = time.perf_counter()
        fits[name] = model.fit(frame, seed=seed, progress=False, **options)
        seconds[name] = time.perf_counter() - began
        print(f"{name}: {seconds[name]:.1f} s", flush=True)

    for order, words in ((None, "unordered"), ("x", "ordered")):
        model = mixture(order)
        model.fit(frame, "map", seed=seed, runs=1, progress=False)  # compiles; not to be timed
        for chains in (1, 4):
            name = f"NUTS, {words}, {chains} chain{'s' if chains > 1 else ''}"
            fit(name, model, chains=chains, draws=draws)
        for algorithm in ("meanfield", "fullrank"):
            for starts in ("random", "data"):
                name = f"ADVI {algorithm}, {words}, {starts} starts"
                fit(name, model, algorithm=algorithm, starts=starts, **advi)
    batches = {}
    for algorithm in ("meanfield", "fullrank"):
        on = {**advi, "algorithm": algorithm, "seed": seed, "progress": False, "batch_size": BATCH}
        few = {**SLOW, "iterations": 50_000 if arguments.quick else 200_000}
        ways = {"random starts": {"starts": "random"}, "data starts": {}}
        ways |= {"small steps": {**few, "correct": False}, "small steps, corrected": few}
        for words, stated in ways.items():
            name = f"{algorithm}, {words}"
            began = time.perf_counter()
            batches[name] = mixture("x").fit(frame, **on, **stated)
            seconds[f"minibatches, {name}"] = time.perf_counter() - began
            print(f"minibatches, {name}: {time.perf_counter() - began:.1f} s", flush=True)
    exact = fits["NUTS, ordered, 4 chains"]
    exact.save(exact.export(out / "stan", progress=False) / "fit.nc")

    diagnoses = {name: fit.diagnose() for name, fit in fits.items()}
    table = exact.summary()
    truth = {"beta[1, x]": SLOPES[0], "beta[2, x]": SLOPES[1], "sigma": SIGMA}
    table.insert(0, "true", pd.Series({"theta[1]": 0.5, "theta[2]": 0.5, **truth}))
    table.to_csv(out / "summary.csv")
    judged = overview(fits, diagnoses)
    judged.to_csv(out / "fits.csv", index_label="fit")
    # How long a fit took is not the same again with the same seed, so it has a file of its own.
    pd.Series(seconds, name="seconds").to_csv(out / "seconds.csv", index_label="fit")
    runs = pd.concat(
        {name: found.tables["runs"] for name, found in diagnoses.items() if "runs" in found.tables},
        names=["fit", "run"],
    )
    runs.to_csv(out / "runs.csv")
    for name in ("ADVI fullrank, unordered, random starts", "NUTS, ordered, 4 chains"):
        print(f"\n{name}\n{diagnoses[name]}")
    print(f"\nNUTS, ordered, 4 chains\n{table.to_string(float_format='{:.4f}'.format)}")
    beside = against(
        exact,
        batches
        | {
            f"{algorithm}, all points": fits[f"ADVI {algorithm}, ordered, data starts"]
            for algorithm in ("meanfield", "fullrank")
        },
    )
    beside.to_csv(out / "minibatches.csv", index_label="fit")
    print(f"\nMinibatches of {BATCH}\n{beside.to_string(float_format='{:.4g}'.format)}")
    shown = judged.drop(columns=["R-hat as sampled", "lowest ELBO", "highest ELBO"])
    print(f"\nAll fits; slopes in ascending order\n{shown.to_string(float_format='{:.4g}'.format)}")

    plots.save(lines(exact), out / "lines.png")
    plots.save(plots.rank(exact), out / "rank.png")
    plots.save(plots.switching(fits["NUTS, unordered, 4 chains"].relabel()), out / "switching.png")
    plots.save(intervals(fits), out / "intervals.png")
    plots.save(ends(runs, exact), out / "advi-runs.png")
    plots.save(misses(beside), out / "minibatches.png")
    account(exact, judged, runs, seconds)
    account_of_minibatches(beside)


def simulate(points: int, seed: int) -> pd.DataFrame:
    """Draw the points."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, points)
    slope = SLOPES[rng.integers(0, 2, points)]
    return pd.DataFrame({"x": x, "y": slope * x + rng.normal(0, SIGMA, points)})


def mixture(order: str | None) -> stanmix.Mixture:
    """Return the model: lines through the origin, one scale."""
    return stanmix.Mixture(
        "y ~ 0 + x",
        components=2,
        order=order,
        shared=("sigma",),
        priors={
            "x": stanmix.Normal(0, 2),
            "sigma": stanmix.Uniform(0, 1),
            "theta": stanmix.Dirichlet([1.0, 1.0]),
        },
    )


def recovered(low: pd.Series, high: pd.Series, sigma: pd.Series) -> pd.Series:
    """Whether slopes, in ascending order, and scale are those that the points were drawn with."""
    slopes = np.maximum((low - SLOPES[0]).abs(), (high - SLOPES[1]).abs())
    return (slopes < NEAR_SLOPE) & ((sigma - SIGMA).abs() < NEAR_SIGMA)


def overview(fits: dict[str, stanmix.Fit], diagnoses: dict) -> pd.DataFrame:
    """Return what each fit found, what its diagnosis says, and whether it is right."""
    rows = {}
    for name, fit in fits.items():
        slopes, figures = sorted_slopes(fit).mean(axis=0), diagnoses[name].figures
        rows[name] = {
            "low slope": slopes[0],
            "high slope": slopes[1],
            "sigma": float(fit.posterior["sigma"].mean()),
            "R-hat as sampled": figures.get("r_hat_as_sampled", figures.get("r_hat", np.nan)),
            "R-hat": figures.get("r_hat", np.nan),
            "k-hat": figures.get("k_hat", np.nan),
            "lowest ELBO": figures.get("lowest_run", np.nan),
            "highest ELBO": figures.get("highest_run", np.nan),
            "problems": ", ".join(
                finding.topic for finding in diagnoses[name].findings if finding.level == "problem"
            ),
        }
    table = pd.DataFrame.from_dict(rows, orient="index")
    table["recovered"] = recovered(table["low slope"], table["high slope"], table["sigma"])
    return table


def lines(fit: stanmix.Fit) -> plt.Axes:
    """Draw the lines of a fit over some of the points."""
    ax = plt.subplots(figsize=(7, 4.8), layout="constrained")[1]
    some = fit.design.columns.iloc[:SHOWN]
    weights = fit.responsibilities(some).to_numpy()[:, 1]
    palette = LinearSegmentedColormap.from_list("", [plots.COLOURS[0], "0.85", plots.COLOURS[1]])
    shown = ax.scatter(some["x"], some["y"], c=weights, cmap=palette, vmin=0, vmax=1, s=7)
    ax.figure.colorbar(shown, ax=ax, label="P(component 2 | point)")
    grid = np.array([-1.0, 1.0])
    means = fit.posterior["beta"].mean(("chain", "draw")).to_numpy().ravel()
    for k, (mean, style) in enumerate(zip(means, ("--", "-"), strict=True)):
        ax.plot(grid, mean * grid, color="0.1", ls=style, label=f"component {k + 1}: {mean:.3f} x")
    ax.set(xlabel="x", ylabel="y", title=f"{len(some)} of {len(fit.design.y)} points")
    ax.legend(frameon=False, loc="upper left")
    return ax


def by_hand(frame: pd.DataFrame) -> tuple[float, float]:
    """Return slope and scale at the maximum of the density that the question wrote.

    It sums over all points before it mixes the components, and counts log sigma once for all of
    them, halved. Its maximum is sought from the truth, with equal weights.
    """
    x, y = frame["x"].to_numpy(), frame["y"].to_numpy()

    def squares(slope: np.ndarray) -> np.ndarray:
        return y @ y - 2 * slope * (x @ y) + slope**2 * (x @ x)

    def negative(values: np.ndarray) -> float:
        each = -0.5 * (np.log(values[2]) + squares(values[:2]) / values[2] ** 2)
        return -np.logaddexp(*each) / len(y)

    found = minimize(negative, [*SLOPES, SIGMA], bounds=[(None, None), (None, None), (1e-3, 1)])
    slopes, sigma = found.x[:2], found.x[2]
    return float(slopes[np.argmin(squares(slopes))]), float(sigma)


def sorted_slopes(fit: stanmix.Fit) -> np.ndarray:
    """Return the slopes in ascending order within each draw, (draw, 2)."""
    return np.sort(fit.posterior["beta"].to_numpy().reshape(-1, 2), axis=1)


def intervals(fits: dict[str, stanmix.Fit]) -> plt.Figure:
    """Draw mean and 90% interval of slopes and scale under each fit, beside what was posed."""
    figure, row = plt.subplots(1, 3, figsize=(12, 4.6), layout="constrained", sharey=True)
    names = list(fits)
    for y, (name, fit) in enumerate(fits.items()):
        colour = plots.COLOURS["meanfield" in name] if "ADVI" in name else "0.1"
        sigma = fit.posterior["sigma"].to_numpy().ravel()
        for ax, draws in zip(row, (*sorted_slopes(fit).T, sigma), strict=True):
            ax.plot(np.quantile(draws, [0.05, 0.95]), [y, y], color=colour, lw=2)
            ax.plot(draws.mean(), y, "o", color=colour, ms=5)
    posed = ((SLOPES[0], NEAR_SLOPE), (SLOPES[1], NEAR_SLOPE), (SIGMA, NEAR_SIGMA))
    for ax, (true, near), label in zip(
        row, posed, ("lower slope", "higher slope", "sigma"), strict=True
    ):
        ax.axvspan(true - near, true + near, color="0.9", lw=0, zorder=0)
        ax.axvline(true, color="0.6", lw=1, zorder=0)
        ax.set_xlabel(label)
        ax.locator_params(axis="x", nbins=4)
    row[0].set_yticks(range(len(names)), names)
    row[0].invert_yaxis()
    figure.suptitle("means and 90% intervals; grey: what counts as recovered", fontsize="medium")
    return figure


def ends(runs: pd.DataFrame, exact: stanmix.Fit) -> plt.Figure:
    """Draw where each run of ADVI ended: its slopes, its scale, its ELBO."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.6), layout="constrained")
    slopes = np.sort(runs[["beta[1, x]", "beta[2, x]"]], axis=1)
    fit = runs.index.get_level_values("fit")
    best = runs["elbo"].max()
    for algorithm, marker in (("meanfield", "o"), ("fullrank", "^")):
        for starts, shade in (("random", plots.COLOURS[1]), ("data", plots.COLOURS[0])):
            own = fit.str.contains(algorithm) & fit.str.contains(f"{starts} starts")
            style = {"ls": "", "marker": marker, "color": shade, "ms": 7, "mfc": "none", "mew": 1.5}
            label = f"{algorithm}, {starts} starts"
            left.plot(slopes[own, 0], slopes[own, 1], label=label, **style)
            right.plot(best - runs["elbo"][own] + 1, runs["sigma"][own], **style)
    means = np.sort(exact.posterior["beta"].mean(("chain", "draw")).to_numpy().ravel())
    sigma = float(exact.posterior["sigma"].mean())
    left.plot(*means, "+", color="0.1", ms=16, mew=1.5, label="NUTS")
    right.axhline(sigma, color="0.1", lw=1, label="NUTS")
    right.axhline(1.0, color="0.6", lw=1, ls=":", label="end of the prior")
    left.set(xlabel="lower slope", ylabel="higher slope")
    right.set(xlabel="1 + nats below the highest ELBO", ylabel="sigma", xscale="log")
    left.legend(frameon=False)
    right.legend(frameon=False)
    return figure


def against(exact: stanmix.Fit, fits: dict[str, stanmix.Fit]) -> pd.DataFrame:
    """Return how far fits are from NUTS: means in its sds, and sds as multiples of its own."""
    reference, rows = exact.summary(), {}
    for name, fit in fits.items():
        found, diagnosis = fit.summary().loc[reference.index], fit.diagnose()
        off = ((found["mean"] - reference["mean"]) / reference["sd"]).abs()
        wide = found["sd"] / reference["sd"]
        rows[name] = {
            "most sds off": off.max(),
            "narrowest": wide.min(),
            "widest": wide.max(),
            "k-hat": diagnosis.figures.get("k_hat", np.nan),
            "problems": ", ".join(
                finding.topic for finding in diagnosis.findings if finding.level == "problem"
            ),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def misses(beside: pd.DataFrame) -> plt.Figure:
    """Draw how far each fit is from NUTS, and what its k-hat says."""
    figure, row = plt.subplots(1, 3, figsize=(12, 3.8), layout="constrained", sharey=True)
    places = np.arange(len(beside))
    colours = [plots.COLOURS["meanfield" in name] for name in beside.index]
    row[0].scatter(beside["most sds off"], places, c=colours)
    row[1].hlines(places, beside["narrowest"], beside["widest"], colors=colours, lw=4)
    row[2].scatter(beside["k-hat"], places, c=colours)
    for ax, label, good in zip(
        row,
        ("largest miss of a mean, in posterior sds", "sds, as multiples of NUTS's", "k-hat"),
        (0.25, 1.0, 0.7),
        strict=True,
    ):
        ax.axvline(good, color="0.6", lw=1, ls=":")
        ax.set(xlabel=label, xscale="symlog" if label == "k-hat" else "log")
        ax.margins(x=0.1)
    row[0].set_yticks(places, beside.index)
    row[0].invert_yaxis()
    return figure


def account_of_minibatches(beside: pd.DataFrame) -> None:
    """Say in words what minibatches did."""
    small, corrected = (
        " and ".join(f"{off:.2g}" for off in beside["most sds off"][beside.index.str.endswith(end)])
        for end in ("small steps", "corrected")
    )
    others = beside[beside.index.str.contains("starts")]
    missed = beside[beside["most sds off"] > 0.25]
    print(
        f"\nOn minibatches of {BATCH} points, with ordered slopes and the step size that Stan "
        f"chooses, the {len(others)} fits by ADVI miss a mean by "
        f"{others['most sds off'].min():.2g} to {others['most sds off'].max():.2g} posterior sds, "
        f"with small steps by {small} (mean-field and full-rank), and corrected by importance, "
        f"where k-hat allows it, by {corrected}. Of the {len(missed)} fits here that miss one by "
        f"more than a quarter of its sd, minibatches or not, {(missed['problems'] != '').sum()} "
        "are named by their diagnosis."
    )


def account(exact, judged, runs, seconds) -> None:
    """Say in words what was found."""
    mean = exact.summary()["mean"]
    nuts, advi = judged[judged["R-hat"].notna()], judged[judged["R-hat"].isna()]
    labels = judged.loc["NUTS, unordered, 4 chains"]
    missed = advi[~advi["recovered"]]
    named = missed[missed["problems"] != ""]
    slopes = runs[["beta[1, x]", "beta[2, x]"]]
    good = recovered(slopes.min(axis=1), slopes.max(axis=1), runs["sigma"])
    wide = runs["sigma"] > 0.5
    random = runs.index.get_level_values("fit").str.contains("random starts")
    x, y = exact.design.X[:, 0], exact.design.y
    spread = np.std(y - (x @ y) / (x @ x) * x)
    slope, scale = by_hand(exact.design.columns)
    print(
        f"\nIn words: NUTS with ordered slopes finds {mean['beta[1, x]']:.3f} and "
        f"{mean['beta[2, x]']:.3f} and sigma {mean['sigma']:.4f} from {len(y)} points (drawn with "
        f"{SLOPES[0]:g}, {SLOPES[1]:g} and {SIGMA:g}), by one chain in "
        f"{seconds['NUTS, ordered, 1 chain']:.0f} s and by four in "
        f"{seconds['NUTS, ordered, 4 chains']:.0f} s. {nuts['recovered'].sum()} of {len(nuts)} "
        f"fits by NUTS come within {NEAR_SLOPE} of the slopes and {NEAR_SIGMA} of sigma. Without "
        f"an order, R-hat of four chains is {labels['R-hat as sampled']:.2f} as sampled and "
        f"{labels['R-hat']:.3f} relabelled.\n{len(missed)} of {len(advi)} fits by ADVI miss, "
        f"although each is the best of several runs. Their diagnosis, which does not know the "
        f"truth, finds problems in {len(named)} of them"
        + (f", k-hat of {named['k-hat'].min():.1f} or more among them" if len(named) else "")
        + f". Of the {random.sum()} single runs from random starts {(good & random).sum()} "
        f"recover slopes and sigma, and {(wide & random).sum()} end with sigma above 0.5; of the "
        f"{(~random).sum()} from starts in the data {(good & ~random).sum()} and "
        f"{(wide & ~random).sum()}. About a single line the points have a standard deviation of "
        f"{spread:.2f}: where both slopes come together, sigma is driven to the end of its prior."
        f"\nThe density that the question wrote has its maximum at sigma {scale:.2g}, with a "
        f"single line of slope {slope:.2f} for all points, whatever the method."
    )


if __name__ == "__main__":
    main()
