"""Fits that were saved under one ArviZ and are loaded under another.

``saved/`` holds one fit for each, as a file of stanmix and as the arrays that it had when it was
saved: draws made up, two chains of six, with all groups that a fit may have.
"""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

import stanmix
from stanmix import containers

SAVED = Path(__file__).parent / "saved"
GROUPS = {
    "posterior", "sample_stats", "observed_data", "constant_data", "log_likelihood",
    "posterior_predictive",
}  # fmt: skip


@pytest.fixture(params=["arviz_0.23", "arviz_1.3"])
def saved(request, tmp_path):
    """The path of a fit, and the arrays that it held."""
    path = tmp_path / "fit.nc"
    path.write_bytes(gzip.decompress((SAVED / f"{request.param}.nc.gz").read_bytes()))
    with np.load(SAVED / f"{request.param}.npz") as arrays:
        return path, dict(arrays)


def assert_held(fit, arrays):
    """Each variable and coordinate has the type, the shape and the bits that it had."""
    groups = containers.groups_of(fit.idata)
    found = {f"{g}/{name}": v for g in groups for name, v in groups[g].variables.items()}
    assert set(groups) == GROUPS and set(found) == set(arrays)
    for name, expected in arrays.items():
        values = found[name].to_numpy()
        values = values.astype(str) if expected.dtype.kind == "U" else values
        assert values.dtype == expected.dtype and values.shape == expected.shape, name
        assert values.tobytes() == expected.tobytes(), name


def test_a_fit_is_loaded_whole_whichever_arviz_saved_it(saved, tmp_path):
    path, arrays = saved
    fit = stanmix.load(path)
    assert type(fit.idata) is type(containers.container({}, {}))
    assert_held(fit, arrays)
    assert_held(stanmix.load(fit.save(tmp_path / "again.nc")), arrays)


def test_what_is_asked_of_it_has_the_same_answer(saved):
    """Against the arrays themselves."""
    path, arrays = saved
    fit = stanmix.load(path)
    assert fit.method == "nuts" and fit.labelling == "relabelled by ECR"
    sigma = arrays["posterior/sigma"]
    table = fit.summary()
    assert table.loc["sigma[2]", "mean"] == pytest.approx(sigma[..., 1].mean(), rel=1e-12)
    assert table.loc["beta[1, site[T.a]]", "sd"] == pytest.approx(
        arrays["posterior/beta"][..., 0, 1].std(ddof=1), rel=1e-12
    )
    assert list(table.columns) == [
        "mean", "sd", "hdi_3%", "hdi_97%", "mcse_mean", "mcse_sd", "ess_bulk", "ess_tail", "r_hat"
    ]  # fmt: skip
    held = arrays["log_likelihood/y"]
    np.testing.assert_allclose(fit.log_likelihood(pointwise=True), held, rtol=1e-12)
    assert fit.loo().n_data_points == held.shape[-1]
    assert fit.diagnose().figures["divergences"] == arrays["sample_stats/diverging"].sum()


def test_arviz_reads_the_file_itself(saved):
    path, arrays = saved
    idata = containers.arviz().from_netcdf(str(path))
    groups = containers.groups_of(idata)
    assert set(groups) == GROUPS
    np.testing.assert_array_equal(groups["posterior"]["beta"], arrays["posterior/beta"])
    assert idata.attrs["labelling"] == "relabelled by ECR"
    idata.close()
