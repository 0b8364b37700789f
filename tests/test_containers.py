"""Containers of draws, whoever made them: their groups, and copies with other groups."""

from __future__ import annotations

import logging
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr

from stanmix import containers
from stanmix.containers import arviz, container, group, groups_of, quiet, replace, scalars
from stanmix.errors import ToolchainError

POSTERIOR = xr.Dataset({"mu": (("chain", "draw"), np.arange(6.0).reshape(2, 3))})
STATS = xr.Dataset({"lp": (("chain", "draw"), np.ones((2, 3)))})
GROUPS = {"posterior": POSTERIOR, "sample_stats": STATS}
CONTAINERS = {
    "ArviZ's own": lambda: container(GROUPS, {"seed": 1}),
    "DataTree": lambda: xr.DataTree.from_dict(GROUPS),
    "Dataset": lambda: POSTERIOR.copy(),
}


@pytest.mark.parametrize("kind", CONTAINERS)
def test_groups_are_found_in_each_kind(kind):
    found = groups_of(CONTAINERS[kind]())
    assert set(found) == ({"posterior"} if kind == "Dataset" else set(GROUPS))
    for name, one in found.items():
        xr.testing.assert_identical(one, GROUPS[name])


@pytest.mark.parametrize("other", [None, {"mu": np.zeros((2, 3))}, [1, 2], "posterior"])
def test_anything_else_has_none(other):
    assert groups_of(other) is None


@pytest.mark.parametrize("kind", CONTAINERS)
def test_a_copy_has_the_new_groups_and_leaves_the_old_alone(kind):
    given = CONTAINERS[kind]()
    changed = POSTERIOR + 1
    found = replace(given, {"method": "nuts"}, posterior=changed, constant_data=STATS)
    groups = groups_of(found)
    assert set(groups) == set(groups_of(given)) | {"constant_data"}
    xr.testing.assert_equal(groups["posterior"], changed)
    assert found.attrs["method"] == groups["posterior"].attrs["method"] == "nuts"
    xr.testing.assert_identical(groups_of(given)["posterior"], POSTERIOR)
    assert "method" not in given.attrs and "constant_data" not in groups_of(given)
    if kind == "ArviZ's own":
        assert found.attrs["seed"] == 1
    assert type(found) is (type(given) if kind != "Dataset" else type(container({}, {})))


def test_the_container_is_the_one_that_arvizs_functions_return():
    own = arviz().from_dict({"posterior": {"mu": np.zeros((2, 5))}})
    assert type(container(GROUPS, {})) is type(own)
    assert set(groups_of(own)) == {"posterior"}


def test_a_group_is_a_dataset_whatever_holds_it():
    for kind in ("ArviZ's own", "DataTree"):
        found = group(CONTAINERS[kind](), "posterior")
        assert type(found) is xr.Dataset
        xr.testing.assert_identical(found, POSTERIOR)
    taken_out = CONTAINERS["DataTree"]()["posterior"]
    xr.testing.assert_identical(groups_of(taken_out)["posterior"], POSTERIOR)
    assert groups_of(xr.DataTree()) == {}


def test_numbers_bear_the_labels_of_their_dimensions():
    values = np.arange(24.0).reshape(2, 2, 3, 2)
    draws = xr.Dataset(
        {"beta": (("component", "draw", "chain", "covariate"), values.transpose(3, 2, 0, 1)[:, :]),
         "lp": (("chain", "draw"), np.ones((2, 3)))},
        {"component": [1, 2], "covariate": ["Intercept", "x"]},
    )  # fmt: skip
    found = dict(scalars(draws))
    assert list(found) == [
        "beta[1, Intercept]", "beta[1, x]", "beta[2, Intercept]", "beta[2, x]", "lp"
    ]  # fmt: skip
    for name, one in found.items():
        assert one.shape == (2, 3)
        if name != "lp":
            k, covariate = name[5:-1].split(", ")
            expected = draws["beta"].sel(component=int(k), covariate=covariate)
            np.testing.assert_array_equal(one, expected.transpose("chain", "draw"))


def test_remarks_are_silenced_for_as_long_as_it_is_told():
    logger = arviz()._log
    level = logger.level
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        with quiet():
            assert not logger.isEnabledFor(logging.WARNING)
            warnings.warn("a remark", UserWarning, stacklevel=1)
            np.array([0.0]) / 0.0
        assert not heard and logger.level == level
        warnings.warn("a remark", UserWarning, stacklevel=1)
    assert [str(one.message) for one in heard] == ["a remark"]


def test_errors_within_the_silence_are_heard_and_end_it():
    level = arviz()._log.level
    with pytest.raises(ValueError, match="wrong"), quiet():
        raise ValueError("wrong")
    assert arviz()._log.level == level


def test_an_interpreter_without_docstrings_is_told_what_to_do(monkeypatch):
    import_again = containers.arviz.__wrapped__
    monkeypatch.setattr(containers, "sys", SimpleNamespace(flags=SimpleNamespace(optimize=2)))
    with pytest.raises(ToolchainError, match="ArviZ does not work under python -OO"):
        import_again()
    monkeypatch.setattr(containers, "sys", SimpleNamespace(flags=SimpleNamespace(optimize=1)))
    assert import_again() is arviz()
