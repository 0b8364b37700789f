"""ADVI with gradients of some rows beside ADVI with gradients of all: a step, and the end.

Two normals, by default of a million rows. Both ascend from the same start with a step size that is
stated, so far that neither gains any more; ELBOs are of all rows and 100 draws.

    python benchmarks/minibatches.py [--rows 1000000] [--batch-size 16384]
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd

import stanmix


def main() -> None:
    """Fit both and print what they cost and where they end."""
    parser = argparse.ArgumentParser(description="ADVI by some rows and by all.")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--batch-size", type=int, default=16_384)
    arguments = parser.parse_args()
    rng = np.random.default_rng(0)
    frame = {"y": rng.normal(np.where(rng.random(arguments.rows) < 0.4, -2.0, 2.0), 1.0)}
    model = stanmix.Mixture("y", 2)
    start = {"theta": [0.41, 0.59], "mu": [-1.98, 1.97], "sigma": [1.02, 0.99]}
    common = {"method": "advi", "restarts": 1, "starts": [start], "seed": 1, "progress": False}
    some = {"batch_size": arguments.batch_size, "eta": 0.02, "iterations": 200_000}
    ways = {"all rows": {"eta": 0.1, "iterations": 20_000}, "some rows": some}
    table = {}
    for name, stated in ways.items():
        few = {**stated, "iterations": 100, "eval_elbo": 100, "elbo_samples": 1}
        model.fit(frame, **common, **few)  # compiles; not to be timed
        often = {"eval_elbo": stated["iterations"] // 5, "elbo_samples": 100}
        fit = model.fit(frame, **common, **stated, **often, tol_rel_obj=1e-12)
        seconds = fit.idata.attrs["sampling_seconds"]
        table[name] = {
            "steps": stated["iterations"],
            "seconds": seconds,
            "ms a step": 1e3 * seconds / stated["iterations"],
            "ELBO": float(fit.idata.sample_stats["elbo"][-1]),
            "k-hat": fit.diagnose().figures["k_hat"],
        }
        print(pd.DataFrame(table).T.to_string(float_format="{:.3f}".format), flush=True)


if __name__ == "__main__":
    main()
