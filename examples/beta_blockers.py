"""Beta blockers after a heart attack: deaths by centre and arm, in classes of centres.

Twenty-two centres treated some of their patients with beta blockers and others not, and counted the
deaths (Yusuf et al., 1985, Prog. Cardiovasc. Dis. 27, 335-371; as a mixture in McLachlan & Peel,
2000, Finite Mixture Models, 5.6). Centres differ in how ill their patients were. Binomial
regressions on the treatment, with one class for both rows of a centre, are compared for one to four
classes; that of three is looked at closely: how many die, and what the treatment does, in each. Is
its effect the same in all classes? That is a mixture whose components share one coefficient.

    python examples/beta_blockers.py --seed 1 --out beta-blockers [--quick]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import stanmix
from stanmix import plots


def main() -> None:
    parser = argparse.ArgumentParser(description="Classes of centres in the beta blocker trials.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("beta-blockers"), help="folder")
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
    frame = stanmix.datasets.load("betablocker")

    def mixture(classes: int, shared: tuple[str, ...] = ()) -> stanmix.Mixture:
        return stanmix.Mixture(
            "Deaths ~ Treatment",
            classes,
            family="binomial",
            trials="Total",
            group="Center",
            shared=shared,
            # Odds that differ by a factor of e^3 between arms are not to be expected.
            priors={"Treatment[T.Treated]": stanmix.Normal(0, 1)},
        )

    fits = {
        f"K = {k}": mixture(k).fit(frame, **options)
        for k in ((1, 3) if arguments.quick else (1, 2, 3, 4))
    }
    fits["K = 3, one effect"] = mixture(3, ("Treatment",)).fit(frame, **options)
    comparison = stanmix.compare(fits)
    print(comparison)
    comparison.table.to_csv(out / "comparison.csv")

    three = fits["K = 3"]
    table, diagnosis = three.summary(), three.diagnose()
    table.to_csv(out / "summary.csv")
    print(f"\nK = 3, labels {three.labelling}\n{table.to_string(float_format='{:.3f}'.format)}")
    print(diagnosis)
    three.export(out / "stan", progress=False)

    plots.save(plots.trace(three), out / "trace.png")
    plots.save(plots.residuals(three), out / "residuals.png")
    rates = by_class(three)
    rates.to_csv(out / "rates.csv")
    print(f"\nDeaths among 100 patients\n{rates.to_string(float_format='{:.1f}'.format)}")
    plots.save(centres(frame, three), out / "centres.png")
    account(fits, comparison, diagnosis, rates)


def by_class(fit: stanmix.Fit) -> pd.DataFrame:
    """Return deaths among 100 patients in each class and arm, with intervals of 90 %."""
    beta = fit.draws()["beta"]
    found = {}
    for arm, of_arm in (("control", beta[..., 0]), ("treated", beta.sum(axis=-1))):
        percent = 100 / (1 + np.exp(-of_arm))
        for word, value in (
            ("mean", percent.mean(axis=0)),
            ("low", np.quantile(percent, 0.05, axis=0)),
            ("high", np.quantile(percent, 0.95, axis=0)),
        ):
            found[arm, word] = value
    return pd.DataFrame(found, pd.Index(fit.component_names, name="class"))


def centres(frame: pd.DataFrame, fit: stanmix.Fit) -> plt.Axes:
    """Draw the deaths of each centre in both arms, coloured by its likeliest class."""
    ax = plt.subplots(figsize=(7.5, 4.8), layout="constrained")[1]
    p = fit.responsibilities().to_numpy()
    percent = 100 * frame["Deaths"] / frame["Total"]
    rows = frame.assign(percent=percent, likeliest=p.argmax(axis=1))
    places = {"Control": 0.0, "Treated": 1.0}
    for _, centre in rows.groupby("Center"):
        x = [places[arm] for arm in centre["Treatment"]]
        color = plots.COLOURS[int(centre["likeliest"].iloc[0])]
        ax.plot(x, centre["percent"], "o-", color=color, ms=5, lw=1, alpha=0.8)
    for k in range(fit.model.components):
        ax.plot([], [], "o-", color=plots.COLOURS[k], label=f"class {k + 1}")
    ax.set(xticks=[0, 1], xticklabels=["control", "beta blockers"], xlim=(-0.3, 1.3))
    ax.set(ylabel="deaths among 100 patients", ylim=(0, None))
    ax.legend(frameon=False, title="likeliest class of the centre")
    return ax


def account(fits, comparison, diagnosis, rates) -> None:
    """Say in words what was found."""
    elpd = comparison.table["elpd_loo"]
    beta = fits["K = 3"].draws()["beta"][..., 1]
    one = np.exp(fits["K = 3, one effect"].draws()["beta"][:, 0, 1])
    low, high = np.quantile(one, [0.05, 0.95])
    odds, theta = np.exp(beta), fits["K = 3"].draws()["theta"].mean(axis=0)
    control = rates["control", "mean"]
    fewer = ", ".join(f"{(each < 1).mean():.0%}" for each in odds.T)
    print(
        f"\nIn words: leave-one-centre-out prefers three classes of centres to one by "
        f"{elpd['K = 3'] - elpd['K = 1']:.1f} of elpd. Without beta blockers "
        f"{', '.join(f'{each:.0f}' for each in control)} of 100 patients die in the three classes, "
        f"which hold {', '.join(f'{each:.0%}' for each in theta)} of the centres. Beta blockers "
        f"multiply the odds of dying by {', '.join(f'{each:.2f}' for each in odds.mean(axis=0))}, "
        f"and lower them with a probability of {fewer}. With one effect for all classes, whose "
        f"elpd differs by {elpd['K = 3, one effect'] - elpd['K = 3']:+.1f}, they multiply them by "
        f"{one.mean():.2f} (90 % interval {low:.2f} to {high:.2f}). The fit "
        f"{'has no problem' if diagnosis.ok else 'has problems, listed above'}."
    )


if __name__ == "__main__":
    main()
