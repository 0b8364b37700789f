"""Whether intervals of what goes with latent classes hold the truth as often as they say.

``python benchmarks/outcomes.py`` simulates data sets of three classes, which two columns tell with
an entropy R-squared of 0.5, 0.7 or 0.9, fits the mixture, and asks for the differences between the
classes in three second models: a normal outcome with a covariate on which the class depends, a
truth value, and the regression of the class on the covariate. Beside them stand the same models of
the most probable class, by maximum likelihood. Results are appended to a file and passed over when
that is read again, so that a run can be stopped and begun again; ``--again`` begins anew. It needs
CmdStan and compiles one program.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize
from scipy.special import log_expit, log_softmax, softmax

import stanmix

__all__ = ["TRUTH", "covered", "distance", "main", "simulated", "summary"]

RESULTS = Path(__file__).resolve().parent / "results"
ENTROPIES = (0.5, 0.7, 0.9)
GAMMA = np.array([[0.0, 0.0], [-0.1, 0.5], [-0.4, -0.5]])  # log odds of the classes, by z
MEANS, SLOPE = np.array([0.0, 0.5, 1.0]), 0.3  # of y, whose sd is 1
LOGITS = np.array([-1.0, 0.0, 1.0])  # of b
CORNERS = np.array([[0.0, 0.0], [0.5, np.sqrt(0.75)], [1.0, 0.0]])  # of the means of x1 and x2
Z975 = 1.959963984540054

# Differences from the first class.
TRUTH = {
    "y, 2": 0.5, "y, 3": 1.0, "b, 2": 1.0, "b, 3": 2.0,
    "class on z, 2": 0.5, "class on z, 3": -0.5,
}  # fmt: skip

Array = NDArray[np.float64]


def simulated(rows: int, apart: float, seed: int) -> tuple[pd.DataFrame, NDArray[np.intp]]:
    """Return data whose classes lie so many sds apart, and the classes."""
    rng = np.random.default_rng([seed, rows])
    z = rng.normal(size=rows)
    p = softmax(GAMMA[:, 0] + z[:, None] * GAMMA[:, 1], axis=1)
    k = (rng.random(rows)[:, None] > p.cumsum(axis=1)[:, :-1]).sum(axis=1)
    x = apart * CORNERS[k] + rng.normal(size=(rows, 2))
    y = MEANS[k] + SLOPE * z + rng.normal(size=rows)
    b = (rng.random(rows) < 1 / (1 + np.exp(-LOGITS[k]))).astype(int)
    return pd.DataFrame({"x1": x[:, 0], "x2": x[:, 1], "z": z, "y": y, "b": b}), k


def distance(entropy: float) -> float:
    """Return how far apart classes lie that are told with an entropy R-squared, on average."""

    def beyond(apart: float) -> float:
        frame, k = simulated(100_000, apart, 0)
        weights = np.bincount(k, minlength=3) / len(k)
        x = frame[["x1", "x2"]].to_numpy()
        squared = ((x[:, None] - apart * CORNERS) ** 2).sum(axis=2)
        log_p = log_softmax(np.log(weights) - squared / 2, axis=1)
        return float(1 + (np.exp(log_p) * log_p).sum(axis=1).mean() / np.log(3) - entropy)

    return float(brentq(beyond, 0.5, 10.0, xtol=1e-3))


def assigned(frame: pd.DataFrame, k: NDArray[np.intp]) -> dict[str, tuple[float, float]]:
    """Return estimates and standard errors of the differences, of classes taken as known."""
    one, z = np.ones(len(frame)), frame["z"].to_numpy()
    by_class = np.column_stack([one, k == 1, k == 2]).astype(float)
    X = np.column_stack([by_class, z])
    inverse = np.linalg.inv(X.T @ X)
    beta = inverse @ X.T @ frame["y"].to_numpy()
    spread = np.sum((frame["y"] - X @ beta) ** 2) / (len(X) - X.shape[1])
    found = {f"y, {j + 1}": (beta[j], np.sqrt(spread * inverse[j, j])) for j in (1, 2)}
    sign = 2 * frame["b"].to_numpy() - 1
    logit, error = _maximum(lambda beta: -log_expit(sign * (by_class @ beta)).sum(), 3)
    found |= {f"b, {j + 1}": (logit[j], error[j]) for j in (1, 2)}
    Z = np.column_stack([one, z])

    def unlikely(gamma: Array) -> float:
        logits = np.column_stack([np.zeros(len(Z)), Z @ gamma.reshape(2, 2).T])
        return float(-log_softmax(logits, axis=1)[np.arange(len(Z)), k].sum())

    gamma, error = _maximum(unlikely, 4)
    return found | {f"class on z, {j + 1}": (gamma[2 * j - 1], error[2 * j - 1]) for j in (1, 2)}


def _maximum(unlikely: Any, size: int) -> tuple[Array, Array]:
    """Return the maximum of a likelihood and standard errors."""
    best = minimize(unlikely, np.zeros(size), method="BFGS").x
    h, steps = 1e-3, 1e-3 * np.eye(size)
    bend = [
        [
            unlikely(best + a + b) - unlikely(best + a - b)
            - unlikely(best - a + b) + unlikely(best - a - b)
            for b in steps
        ]
        for a in steps
    ]  # fmt: skip
    return best, np.sqrt(np.diag(np.linalg.inv(np.array(bend) / (4 * h**2))))


def covered(
    entropy: float, apart: float, rows: int, seed: int, method: str, draws: int
) -> dict[str, Any]:
    """Fit a data set, and say which intervals hold the truth, and how far estimates are off."""
    frame, _ = simulated(rows, apart, seed)
    model = stanmix.Mixture(
        ["x1", "x2"], 3, family="mvnormal", covariance="spherical", shared="sigma"
    )
    began = time.perf_counter()
    fit = model.fit(frame, method=method, seed=seed, progress=False)
    sampled = time.perf_counter() - began
    outcome = fit.outcome("y ~ class + z", frame, draws=draws).summary()
    truth = fit.outcome("b ~ class", frame, family="bernoulli", draws=draws).summary()
    member = fit.membership("~ z", frame, draws=draws).summary()
    tables = {}
    for j in (2, 3):
        tables[f"y, {j}"] = outcome.loc[f"beta[class[T.{j}]]"]
        tables[f"b, {j}"] = truth.loc[f"beta[class[T.{j}]]"]
        tables[f"class on z, {j}"] = member.loc[f"gamma[{j}, z]"]
    modal = assigned(frame, fit.allocations()["component"].to_numpy() - 1)
    line: dict[str, Any] = {
        "entropy": entropy, "rows": rows, "seed": seed, "method": method,
        "found": float(fit.classes().quality.loc["entropy R-squared", "mean"]),
        "fit": sampled, "after": time.perf_counter() - began - sampled,
    }  # fmt: skip
    for name, true in TRUTH.items():
        row, (mean, error) = tables[name], modal[name]
        line[name] = {
            "mean": row["mean"] - true,
            "sd": row["sd"],
            "holds": bool(row["lower"] <= true <= row["upper"]),
            "modal_mean": mean - true,
            "modal_holds": bool(abs(mean - true) <= Z975 * error),
        }
    return line


def summary(lines: list[dict[str, Any]]) -> str:
    """Return the coverage of 95 % intervals, with Monte Carlo errors, as a table."""
    rows = [
        "| entropy R-squared | data sets | difference | truth | mean error | hold it "
        "| most probable class: mean error | hold it |",
        "|---:|---:|---|---:|---:|---:|---:|---:|",
    ]
    for entropy in ENTROPIES:
        own = [line for line in lines if line["entropy"] == entropy]
        if not own:
            continue
        for name, true in TRUTH.items():
            figures = [
                _mean([line[name]["mean"] for line in own], "{:+.3f}"),
                _mean([100.0 * line[name]["holds"] for line in own], "{:.1f} %"),
                _mean([line[name]["modal_mean"] for line in own], "{:+.3f}"),
                _mean([100.0 * line[name]["modal_holds"] for line in own], "{:.1f} %"),
            ]
            rows.append(f"| {entropy} | {len(own)} | {name} | {true:+} | {' | '.join(figures)} |")
        for which in ("holds", "modal_holds"):
            every = [100 * np.mean([line[name][which] for name in TRUTH]) for line in own]
            rows.append(
                f"| {entropy} | {len(own)} | all, {which} | | | {_mean(every, '{:.1f} %')} | | |"
            )
    return "\n".join(rows)


def _mean(values: list[float], form: str) -> str:
    """Return a mean and its standard error in words."""
    error = np.std(values, ddof=1) / np.sqrt(len(values)) if len(values) > 1 else np.nan
    return f"{form.format(np.mean(values))} ({error:.2g})"


def main() -> None:
    """Fit what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--entropies", nargs="+", type=float, default=list(ENTROPIES))
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--replications", type=int, default=200)
    parser.add_argument("--method", default="laplace")
    parser.add_argument("--draws", type=int, default=200, help="of each second model")
    parser.add_argument("--again", action="store_true", help="fit again what has been fitted")
    parser.add_argument("--output", type=Path, default=RESULTS / "outcomes.jsonl")
    arguments = parser.parse_args()
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    if arguments.again:
        arguments.output.unlink(missing_ok=True)
    earlier = arguments.output.read_text().splitlines() if arguments.output.exists() else []
    lines = [json.loads(line) for line in earlier]
    done = {_key(line) for line in lines}
    apart = {entropy: distance(entropy) for entropy in arguments.entropies}
    for seed in range(1, arguments.replications + 1):
        for entropy in arguments.entropies:
            if (entropy, arguments.rows, seed, arguments.method) in done:
                continue
            line = covered(
                entropy, apart[entropy], arguments.rows, seed, arguments.method, arguments.draws
            )
            with arguments.output.open("a") as file:
                file.write(json.dumps(line) + "\n")
            lines.append(line)
    asked = (arguments.rows, arguments.method)
    print(summary([line for line in lines if (line["rows"], line["method"]) == asked]))


def _key(line: dict[str, Any]) -> tuple[Any, ...]:
    return line["entropy"], line["rows"], line["seed"], line["method"]


if __name__ == "__main__":
    main()
