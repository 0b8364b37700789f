"""The worked examples run by themselves, write what they promise, and end with an account."""

from __future__ import annotations

import matplotlib.image
import numpy as np
import pandas as pd
import pytest
from run_example import run_example

FIGURES = {
    "belgian_calls": {"trace", "lines"},
    "beta_blockers": {"trace", "residuals", "centres"},
    "coal_disasters": {"trace", "residuals", "waits"},
    "inflated_counts": {"trace", "density"},
    "fetal_lamb": {"density", "trace", "pairs", "rank", "dispersion"},
    "galaxies": {"density", "density-most", "trace", "autocorrelation", "similarity"},
    "latent_classes": {"trace", "classes"},
    "mixed_kinds": {"trace", "profiles"},
    "old_faithful": {
        "density", "trace", "pairs", "switching", "before-and-after", "similarity", "predictive",
    },
    "sleep_deprivation": {"trace", "residuals", "courses"},
}  # fmt: skip
# The others are fitted by what interprets their programs, whose likelihoods other tests compile.
COMPILED = {"galaxies", "old_faithful"}
WEIGHTS = {"coal_disasters": {"gamma[2, Intercept]", "gamma[2, year]"}}  # the others have theta


@pytest.mark.parametrize("name", FIGURES)
def test_a_quick_run_writes_figures_tables_and_the_program(name, tmp_path):
    engine = "cmdstan" if name in COMPILED else "stanli"
    assert "In words: " in run_example(name, tmp_path, engine)
    assert {path.stem for path in tmp_path.glob("*.png")} == FIGURES[name]
    for path in tmp_path.glob("*.png"):
        assert np.ptp(matplotlib.image.imread(path)[..., :3]) > 0.5, path  # something is drawn
    table = pd.read_csv(tmp_path / "summary.csv", index_col=0)
    assert WEIGHTS.get(name, {"theta[1]", "theta[2]"}) < set(table.index)
    assert np.isfinite(table["mean"]).all()
    assert len(list((tmp_path / "stan").glob("*.stan"))) == 1
    assert (tmp_path / "stan" / "run.sh").exists() and (tmp_path / "stan" / "data.json").exists()
