from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from synthetic import pair_draws, switched

import stanmix
from stanmix import convert
from stanmix.errors import InputError


@pytest.fixture(scope="module")
def swap():
    return np.random.default_rng(0).random((4, 250)) < 0.4


@pytest.fixture(scope="module")
def idata(swap):
    """As another program would give it: other names, no statistics, allocations in the draws."""
    draws, y = pair_draws()
    mixed = switched(draws, swap)
    z = (np.abs(y - mixed["mu"][..., [1]]) < np.abs(y - mixed["mu"][..., [0]])).astype(int)
    data = {
        "w": (("chain", "draw", "cluster"), mixed["theta"]),
        "center": (("chain", "draw", "cluster"), mixed["mu"]),
        "tau": (("chain", "draw"), mixed["sigma"][..., 0]),
        "z": (("chain", "draw", "row"), z),
    }
    return convert.arviz().InferenceData(posterior=xr.Dataset(data))


@pytest.mark.parametrize(
    ("method", "options"),
    [
        ("auto", {}),
        ("auto", {"z": "z"}),
        ("order", {"parameters": ["center"]}),
        ("pra", {}),
        ("ecr_iterative_1", {"z": "z"}),
    ],
)
def test_draws_of_other_programs_are_aligned(idata, swap, method, options):
    found = stanmix.relabel_inference_data(idata, method, dim="cluster", **options)
    center = found.posterior["center"].to_numpy()
    assert (np.ptp(center, axis=(0, 1)) < 2).all()  # the two lie 4 apart
    expected = np.sort(idata.posterior["center"], axis=-1)
    np.testing.assert_array_equal(np.sort(center, axis=-1), expected)
    xr.testing.assert_identical(found.posterior["tau"], idata.posterior["tau"])
    perm = found.sample_stats["permutation"].to_numpy()
    swapped = perm[..., 0] == 1
    assert (swapped == swap).all() or (swapped == ~swap).all()
    if "z" in options:
        assert (found.posterior["z"].to_numpy().std(axis=(0, 1)) == 0).mean() > 0.8
    assert found.attrs["labelling"].startswith("relabelled")
    assert "permutation" not in idata.posterior


def test_what_is_missing_is_named(idata):
    with pytest.raises(InputError, match="'component'"):
        stanmix.relabel_inference_data(idata)
    with pytest.raises(InputError, match="needs p"):
        stanmix.relabel_inference_data(idata, "stephens", dim="cluster")
    with pytest.raises(InputError, match="no such variable; it has 'w'"):
        stanmix.relabel_inference_data(idata, dim="cluster", z="allocation")
    with pytest.raises(InputError, match="Unknown relabelling 'best'"):
        stanmix.relabel_inference_data(idata, "best", dim="cluster")
    with pytest.raises(InputError, match="no group 'posterior'"):
        stanmix.relabel_inference_data(convert.arviz().InferenceData())
