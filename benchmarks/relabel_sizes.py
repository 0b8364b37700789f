"""Time and memory of each relabelling at 4 000 draws, 10 000 observations, 10 components.

Run ``python benchmarks/relabel_sizes.py``; add names of methods to run those alone. Each
method runs in a process of its own, so that its peak of memory is its own: once on arrays of
all observations, once as `Fit.relabel`, which reads 2 000 of them and computes what the method
needs from the draws. The draws are of ten normals two standard deviations apart, their labels
permuted at random in each draw, so that what is right is known: the last column is the part of
the draws that were aligned to one labelling. SJW is run with 8 components.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np

import stanmix
from stanmix import relabel
from stanmix.inference.runs.output import Output
from stanmix.posterior.inference_data import inference_data

CHAINS, DRAWS, OBSERVATIONS = 4, 1000, 10_000
METHODS = (
    "order",
    "ecr",
    "ecr_iterative_1",
    "ecr_iterative_2",
    "stephens",
    "pra",
    "sjw",
    "data_based",
    "sample_allocations",
)


class Problem:
    """Draws of a mixture with permuted labels, made when they are asked for."""

    def __init__(self, components: int) -> None:
        rng = np.random.default_rng(1)
        self.components = components
        self.truth = rng.integers(components, size=OBSERVATIONS)
        self.y = 2.0 * self.truth + rng.normal(size=OBSERVATIONS)
        shape = (CHAINS, DRAWS, components)
        self.perm = np.argsort(rng.random(shape), axis=-1)
        mean = 2.0 * np.arange(components) + rng.normal(scale=0.03, size=shape)
        weight = rng.dirichlet(np.full(components, 900.0), size=(CHAINS, DRAWS))
        self.theta = relabel.apply(self.perm, np.stack([mean, np.log(weight)], axis=-1))

    def log_density(self, y: np.ndarray, parameters: np.ndarray) -> np.ndarray:
        """Log weight plus log density of unit normals, but for a constant."""
        return parameters[:, 1] - (y[:, None] - parameters[:, 0]) ** 2 / 2

    def probabilities(self) -> np.ndarray:
        """All probabilities, in single precision: 1.6 GB."""
        p = np.empty((CHAINS, DRAWS, OBSERVATIONS, self.components), dtype=np.float32)
        for chain, draw in np.ndindex(CHAINS, DRAWS):
            log_p = self.log_density(self.y, self.theta[chain, draw])
            np.exp(log_p - log_p.max(axis=1, keepdims=True), out=p[chain, draw])
            p[chain, draw] /= p[chain, draw].sum(axis=1, keepdims=True)
        return p

    def allocations(self) -> np.ndarray:
        """Allocations sampled a draw at a time, so that no probabilities are kept."""
        rng = np.random.default_rng(2)
        z = np.empty((CHAINS, DRAWS, OBSERVATIONS), dtype=np.int8)
        for chain, draw in np.ndindex(CHAINS, DRAWS):
            log_p = self.log_density(self.y, self.theta[chain, draw])
            z[chain, draw] = np.argmax(log_p + rng.gumbel(size=log_p.shape), axis=1)
        return z

    def fit(self) -> stanmix.Fit:
        """Give the draws as those of a fit."""
        model = stanmix.Mixture("y", self.components, order=None)
        design = model.matrices({"y": self.y})
        weight = np.exp(self.theta[..., 1])
        draws = {
            "theta": weight / weight.sum(axis=-1, keepdims=True),
            "mu": self.theta[..., 0],
            "sigma": np.ones(self.theta.shape[:3]),
        }
        lp = np.random.default_rng(3).normal(size=(CHAINS, DRAWS))
        output = Output(draws, {"lp": lp}, tuple(range(1, CHAINS + 1)))
        about = {"method": "nuts", "seed": 1}
        return stanmix.Fit(model, design, inference_data(model, design, output, about))


def peak() -> float:
    """Give the peak of memory of this process, in GiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def array_call(method: str, problem: Problem) -> Callable[[], np.ndarray]:
    """Give a method's call on arrays, which are made here."""
    needs_p = method in ("stephens", "ecr_iterative_2", "sample_allocations")
    needs_z = method in ("ecr", "ecr_iterative_1", "ecr_iterative_2", "sjw", "data_based")
    p = problem.probabilities() if needs_p else None
    z = problem.allocations() if needs_z else None
    return {
        "order": lambda: relabel.order(problem.theta),
        "ecr": lambda: relabel.ecr(z, problem.truth),
        "ecr_iterative_1": lambda: relabel.ecr_iterative_1(z),
        "ecr_iterative_2": lambda: relabel.ecr_iterative_2(z, p),
        "stephens": lambda: relabel.stephens(p),
        "pra": lambda: relabel.pra(problem.theta),
        "sjw": lambda: relabel.sjw(problem.theta, z, problem.y, problem.log_density, seed=1),
        "data_based": lambda: relabel.data_based(problem.y, z),
        "sample_allocations": lambda: relabel.sample_allocations(p, seed=1),
    }[method]


def fit_call(method: str, problem: Problem) -> Callable[[], np.ndarray]:
    """Give a method's call on a fit."""
    fit = problem.fit()
    return lambda: fit.relabel(method).idata.sample_stats["permutation"].to_numpy()


def run(method: str, on: str) -> None:
    """Run one method and print a line of the table."""
    problem = Problem(8 if method == "sjw" else 10)
    call = (fit_call if on == "fit" else array_call)(method, problem)
    before = peak()
    start = time.perf_counter()
    result = call()
    seconds = time.perf_counter() - start
    right = "-"
    if method != "sample_allocations":
        names = np.take_along_axis(problem.perm, result, axis=-1).reshape(-1, problem.components)
        counts = np.unique(names, axis=0, return_counts=True)[1]
        right = f"{counts.max() / len(names):.4f}"
    print(
        f"{method:20s} {on:8s} {seconds:8.1f} {before:10.2f} {peak():10.2f} {right:>8s}", flush=True
    )


def main() -> None:
    """Run each method in a process of its own."""
    print(
        f"{'method':20s} {'on':8s} {'seconds':>8s} {'data GiB':>10s} {'peak GiB':>10s} "
        f"{'aligned':>8s}",
        flush=True,
    )
    for method in sys.argv[1:] or METHODS:
        for on in ("arrays", "fit") if method != "sample_allocations" else ("arrays",):
            subprocess.run([sys.executable, __file__, "--run", method, on], check=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--run"]:
        run(sys.argv[2], sys.argv[3])
    else:
        main()
