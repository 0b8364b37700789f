"""Sixty points in the plane: two clusters, three chains, and labels that differ between them.

The points come from two round normals of unit scale whose means lie on the diagonal, (-3.5, -3.5)
and (0.5, 0.5). Nothing orders the components and chains start at random, so that some chains call
a cluster 1 and others call it 2. The diagnosis says so, and relabelling repairs it, so that all
chains count. Then: the fitted density, and how probable it is that a point belongs to a cluster.

    python examples/gaussian_mixture_2d.py --seed 1 --out gaussian-mixture-2d [--quick]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import stanmix
from stanmix import plots

MU = np.array([-3.5, 0.5])
THETA = np.array([0.5, 0.5])
AXES = ("$x_1$", "$x_2$")


def main() -> None:
    parser = argparse.ArgumentParser(description="Two clusters in the plane, by three chains.")
    parser.add_argument("--seed", type=int, default=1, help="of the points and of Stan")
    parser.add_argument(
        "--out", type=Path, default=Path("gaussian-mixture-2d"), help="folder to write to"
    )
    parser.add_argument("--quick", action="store_true", help="few draws, to see that it runs")
    arguments = parser.parse_args()
    plt.switch_backend("Agg")
    out = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    options = {
        "seed": arguments.seed,
        "chains": 3,
        "draws": 500 if arguments.quick else 1000,
        "starts": "random",
        "progress": False,
    }
    frame, cluster = simulate(arguments.seed)

    model = stanmix.Mixture(
        ["x1", "x2"],
        components=2,
        family="mvnormal",
        covariance="spherical",
        mean="common",
        fixed={"sigma": 1.0},
        order=None,
        priors={"mu": stanmix.Normal(0, 1), "theta": stanmix.Dirichlet([1.0, 1.0])},
    )
    fit = model.fit(frame, **options)
    fit.save(fit.export(out / "stan", progress=False) / "fit.nc")
    diagnosis = fit.diagnose()
    print(f"As sampled, by chain:\n{by_chain(fit).to_string(float_format='{:.2f}'.format)}")
    print(diagnosis)
    plots.save(plots.trace(fit), out / "trace-as-sampled.png")

    named = fit.relabel()
    repaired = named.diagnose()
    table = named.summary()
    table.insert(0, "true", [*THETA, *MU])
    table.to_csv(out / "summary.csv")
    print(f"\nLabels now {named.labelling}.\n{table.to_string(float_format='{:.3f}'.format)}")
    print(repaired)
    plots.save(plots.trace(named), out / "trace.png")
    plots.save(plots.before_and_after(named), out / "before-and-after.png")
    ax = plots.contours(named, labels=AXES)
    ax.set_aspect("equal")
    plots.save(ax, out / "contours.png")

    belongs = named.responsibility_summary().sel(component=2).to_dataframe()
    belongs = frame.join(belongs[["mean", "lower", "upper"]]).assign(cluster=cluster)
    belongs.to_csv(out / "assignments.csv", index_label="point")
    plots.save(assignments(named, belongs), out / "assignments.png")
    account(fit, named, diagnosis, repaired, belongs)


def simulate(seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Draw the points, and the clusters that they come from, counted from 1."""
    rng = np.random.default_rng(seed)
    z = rng.choice(2, size=60, p=THETA)
    points = rng.normal(MU[z][:, None], 1.0, size=(60, 2))
    return pd.DataFrame(points, columns=["x1", "x2"]), z + 1


def by_chain(fit: stanmix.Fit) -> pd.DataFrame:
    """Return the means of each chain."""
    means = fit.posterior.mean("draw")
    columns = {
        f"{name}[{k}]": means[name].sel(component=k).to_numpy()
        for name in ("mu", "theta")
        for k in fit.component_names
    }
    return pd.DataFrame(columns, pd.Index(means.chain, name="chain"))


def assignments(fit: stanmix.Fit, belongs: pd.DataFrame) -> plt.Figure:
    """Draw the points by their probability of component 2, and who belongs together."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.6), layout="constrained")
    for cluster, marker in ((1, "o"), (2, "s")):
        own = belongs[belongs["cluster"] == cluster]
        points = left.scatter(
            own["x1"], own["x2"], c=own["mean"], cmap="viridis", vmin=0, vmax=1, s=34,
            marker=marker, edgecolor="0.2", lw=0.5, label=f"drawn from cluster {cluster}",
        )  # fmt: skip
    figure.colorbar(points, ax=left, label="P(component 2 | point)")
    left.set(xlabel=AXES[0], ylabel=AXES[1], aspect="equal")
    left.legend(frameon=False, loc="upper left")
    plots.similarity(fit, right)
    return figure


def account(fit, named, diagnosis, repaired, belongs) -> None:
    """Say in words what was found."""
    posterior = named.posterior
    mu, theta = (posterior[name].mean(("chain", "draw")).to_numpy() for name in ("mu", "theta"))
    alone = fit.posterior["mu"].isel(chain=0).to_numpy()
    draws = posterior.sizes["chain"] * posterior.sizes["draw"]
    upper = belongs["mean"].to_numpy()
    right = int(((upper > 0.5) + 1 == belongs["cluster"]).sum())
    expected = len(belongs) - float(np.maximum(upper, 1 - upper).sum())
    labellings = diagnosis.figures["labellings_between_chains"]
    before, after = diagnosis.figures["r_hat_as_sampled"], repaired.figures["r_hat"]
    switched = (
        f"The chains settled on {labellings} labellings, so that R-hat of the draws as sampled is "
        f"{before:.2f}"
        if labellings > 1
        else f"With this seed all chains settled on one labelling (R-hat {before:.3f})"
    )
    print(
        f"\nIn words: {switched}; under common labels it is {after:.3f}, and all {draws} draws of "
        f"three chains can be used, not the {len(alone)} of one. The means are {mu[0]:.2f} and "
        f"{mu[1]:.2f} (drawn with {MU[0]} and {MU[1]}), the weights {theta[0]:.2f} and "
        f"{theta[1]:.2f}; {(belongs['cluster'] == 1).mean():.2f} of the points were drawn from the "
        f"first. {right} of {len(belongs)} points are assigned to the cluster they were drawn "
        f"from; the probabilities expect {expected:.2g} to be wrong. The fit "
        f"{'has no problem' if repaired.ok else 'has problems, listed above'} once relabelled."
    )


if __name__ == "__main__":
    main()
