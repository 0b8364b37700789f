"""The galaxies: how many clusters of velocities, and what more components than that look like.

Eighty-two galaxies, in units of 1000 km/s. Mixtures of two to five normals are compared; that of
three is looked at closely, since the three fastest galaxies may or may not be a component of
their own; and that of five shows surplus components. The partition of least expected loss does not
fix the number of clusters.

    python examples/galaxies.py --seed 1 --out galaxies [--quick]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib.pyplot as plt

import stanmix
from stanmix import plots


def main() -> None:
    parser = argparse.ArgumentParser(description="Mixtures of the galaxies' velocities.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("galaxies"), help="folder to write to")
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
    frame = stanmix.datasets.load("galaxies")
    frame = frame.assign(velocity=frame["velocity_km_s"] / 1000)

    fits = {
        f"K = {k}": stanmix.Mixture("velocity", k).fit(frame, **options)
        for k in ((3, 4) if arguments.quick else (2, 3, 4, 5))
    }
    comparison = stanmix.compare(fits)
    print(comparison)
    comparison.table.to_csv(out / "comparison.csv")

    three, most = fits["K = 3"], list(fits.values())[-1]
    table = three.summary()
    table.to_csv(out / "summary.csv")
    print(f"\nK = 3, labels {three.labelling}\n{table.to_string(float_format='{:.3f}'.format)}")
    diagnosis, surplus = three.diagnose(), most.diagnose()
    print(diagnosis)
    print(f"\nK = {most.model.components}\n{surplus}")
    plots.save(plots.density(three, label="velocity (1000 km/s)"), out / "density.png")
    plots.save(plots.density(most, label="velocity (1000 km/s)"), out / "density-most.png")
    plots.save(plots.trace(three), out / "trace.png")
    plots.save(plots.autocorrelation(three), out / "autocorrelation.png")
    plots.save(plots.similarity(three), out / "similarity.png")
    three.export(out / "stan", progress=False)

    clusters = three.clusters()
    ball = three.credible_ball(clusters)
    belongs = three.responsibility_summary()["mean"].to_pandas().assign(cluster=clusters)
    belongs.to_csv(out / "responsibilities.csv")
    account(three, comparison, diagnosis, surplus, clusters, ball)


def account(three, comparison, diagnosis, surplus, clusters, ball) -> None:
    """Say in words what was found."""
    fast = three.design.y > 30
    own = clusters.to_numpy()[fast]
    apart = len(set(own)) == 1 and own[0] not in clusters.to_numpy()[~fast]
    optima = diagnosis.tables["optima"]
    matter = optima[optima["mass"] > 0.01]
    parts = " and ".join(
        f"{one.mass:.0%} (log density {one.log_density:.1f})" for one in matter.itertuples()
    )
    distinct = surplus.figures["distinct_components"]
    greatest = float(three.log_likelihood().max())
    fewest, most = int(ball.upper.max()) + 1, int(ball.lower.max()) + 1
    print(
        f"\nIn words: {comparison.remarks[0]} With three components the least expected variation "
        f"of information ({clusters.attrs['expected_loss']:.2f} bits) is that of "
        f"{clusters.attrs['clusters']} clusters; 95% of the posterior lies within "
        f"{ball.radius:.2f} bits, among partitions of "
        f"{fewest if fewest == most else f'{fewest} to {most}'} clusters. The three "
        f"galaxies beyond 30 000 km/s are {'' if apart else 'not '}a cluster of their own. "
        + (
            f"Importance draws find {len(matter)} modes that no relabelling can merge, with "
            f"{parts} of the posterior. "
            if len(matter) > 1
            else "Importance draws find no second mode that matters. "
        )
        + f"The greatest log-likelihood of three components among the draws is {greatest:.1f}; the "
        f"published maximum is -203.5. Of the largest number of components that was fitted, "
        f"{distinct:.0f} are distinct in most draws."
    )


if __name__ == "__main__":
    main()
