"""What follows the draws follows those of every method that makes draws."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from independent import log_likelihood

import stanmix
from stanmix import plots

CO2 = stanmix.datasets.load("co2").set_index("country")
MODEL = stanmix.Mixture("CO2 ~ GNP", 2)


@pytest.mark.parametrize("method", ["advi", "pathfinder", "laplace"])
def test_approximations_are_asked_the_same_as_samples(method, co2_fit):
    fit = MODEL.fit(CO2, method=method, seed=1, progress=False)
    X = np.column_stack([np.ones(len(CO2)), CO2["GNP"]])
    one = {name: values[5] for name, values in fit.draws().items()}
    found = fit.log_likelihood(pointwise=True)[0, 5]
    np.testing.assert_allclose(found, log_likelihood(CO2["CO2"].to_numpy(), X, one), rtol=1e-10)
    named = fit.relabel("stephens")
    np.testing.assert_allclose(named.log_likelihood(), fit.log_likelihood(), rtol=1e-12)
    p = fit.responsibilities().to_numpy()
    np.testing.assert_allclose(p.sum(axis=1), 1)
    # Near the posterior, whatever the approximation: surely one kind there, so here.
    certain = co2_fit.responsibilities().to_numpy()
    sure = certain.max(axis=1) > 0.99
    same = p.argmax(axis=1)[sure] == certain.argmax(axis=1)[sure]
    assert max(same.mean(), 1 - same.mean()) > 0.9
    assert fit.clusters().attrs["clusters"] >= 1
    assert np.isfinite(fit.loo().elpd_loo)
    assert fit.predict(CO2[["GNP"]], "draws").shape[2] == len(CO2)
    assert "approximation" in str(fit.diagnose())
    for picture in (plots.trace, plots.regression, plots.density, plots.pairs, plots.rank):
        picture(named)
    plots.switching(named)
    plots.before_and_after(named)
    plt.close("all")
