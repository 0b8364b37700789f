"""What follows the draws follows those of every method that makes draws."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from independent import log_likelihood

import stanmix
from stanmix import plots

MODEL = stanmix.Mixture("y ~ x", 2)


def lines() -> tuple[pd.DataFrame, np.ndarray]:
    """Rows of two lines that approximations find, and which line each is of."""
    rng = np.random.default_rng(0)
    x, upper = rng.uniform(-1, 1, 150), rng.random(150) < 0.6
    y = np.where(upper, 3 + 2 * x, -x) + 0.5 * rng.normal(size=150)
    return pd.DataFrame({"x": x, "y": y}), upper


@pytest.mark.parametrize("method", ["advi", "pathfinder", "laplace", "importance"])
def test_approximations_are_asked_the_same_as_samples(method):
    frame, upper = lines()
    # ADVI may leave the two lines from each of its starts, and then says so; not with this seed.
    fit = MODEL.fit(frame, method=method, seed=3, progress=False)
    X = np.column_stack([np.ones(len(frame)), frame["x"]])
    one = {name: values[5] for name, values in fit.draws().items()}
    found = fit.log_likelihood(pointwise=True)[0, 5]
    np.testing.assert_allclose(found, log_likelihood(frame["y"].to_numpy(), X, one), rtol=1e-10)
    named = fit.relabel("stephens")
    np.testing.assert_allclose(named.log_likelihood(), fit.log_likelihood(), rtol=1e-12)
    p = fit.responsibilities().to_numpy()
    np.testing.assert_allclose(p.sum(axis=1), 1)
    # The lines lie 3 sds apart or more where x > -0.5: there the posterior is sure.
    sure = frame["x"].to_numpy() > -0.5
    same = p.argmax(axis=1)[sure] == upper[sure]
    assert max(same.mean(), 1 - same.mean()) > 0.95
    assert fit.clusters().attrs["clusters"] >= 1
    assert np.isfinite(fit.loo().elpd_loo)
    assert 0 < fit.classes().quality.loc["entropy R-squared", "mean"] < 1
    after = fit.outcome("z ~ class", frame.assign(z=frame.index % 7), draws=5)
    assert np.isfinite(after.contrasts()["mean"]).all()
    assert fit.predict(frame[["x"]], "draws").shape[2] == len(frame)
    assert ("weights" if method == "importance" else "approximation") in str(fit.diagnose())
    for picture in (plots.trace, plots.regression, plots.density, plots.pairs, plots.rank):
        picture(named)
    plots.switching(named)
    plots.before_and_after(named)
    plt.close("all")
