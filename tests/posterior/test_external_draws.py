"""Draws of other programs under stanmix's names, by the names and labels that they come with."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import stanmix
from stanmix import containers
from stanmix.errors import InputError
from stanmix.posterior import external_draws

RNG = np.random.default_rng(8)
VECTORS = stanmix.Mixture(["a", "b"], 2, family="mvnormal", covariance="diagonal", order=None)
DESIGN = VECTORS.matrices({"a": RNG.normal(size=9), "b": RNG.normal(size=9)})
DRAWS = {
    "theta": RNG.dirichlet(np.ones(2), size=(2, 5)),
    "mu": RNG.normal(size=(2, 5, 2, 2)),
    "sigma": 1 + RNG.random((2, 5, 2, 2)),
}
DIMS = ("chain", "draw", "component", "dimension")
LABELLED = xr.Dataset(
    {name: (DIMS[: values.ndim], values) for name, values in DRAWS.items()},
    {"component": [1, 2], "dimension": ["a", "b"]},
)


def taken(draws, names=None, dim="component"):
    return external_draws.parameters(VECTORS, DESIGN, draws, names or {}, dim)


def check(found):
    assert list(found) == list(DRAWS)
    for name, values in DRAWS.items():
        np.testing.assert_array_equal(found[name], values)


@pytest.mark.parametrize(
    "draws",
    [
        DRAWS,
        LABELLED,
        LABELLED.transpose("dimension", "draw", "component", "chain"),
        LABELLED.isel(dimension=[1, 0], component=[1, 0]),
        {**LABELLED, "theta": DRAWS["theta"]},
        LABELLED.rename(dimension="column"),
        LABELLED.assign(other=1.0),
    ],
    ids=["arrays", "labelled", "transposed", "out of order", "mixed", "renamed", "with more"],
)
def test_parameters_are_found_in_each_form(draws):
    check(taken(draws))


def test_parameters_may_have_other_names_and_components_another_dimension():
    other = LABELLED.rename(mu="centres", component="k")
    check(taken(other, {"mu": "centres"}, "k"))
    with pytest.raises(InputError, match="names: 'centres' is no parameter of this mixture; it ha"):
        taken(other, {"centres": "mu"}, "k")
    with pytest.raises(InputError, match="no 'mu' for the parameter 'mu'; they have 'theta', 'cen"):
        taken(other, dim="k")


def test_names_by_which_arviz_numbers_dimensions_tell_their_place():
    counted = {
        name: ((*DIMS[:2], *(f"{name}_dim_{i}" for i in range(values.ndim - 2))), values)
        for name, values in DRAWS.items()
    }
    check(taken(xr.Dataset(counted)))
    check(taken(containers.arviz().convert_to_dataset(DRAWS)))


def test_whole_numbers_become_doubles_and_shapes_are_left_to_be_checked():
    found = taken({**DRAWS, "mu": np.ones((2, 5, 7), dtype=int)})
    assert found["mu"].dtype == np.float64 and found["mu"].shape == (2, 5, 7)


@pytest.mark.parametrize(
    ("draws", "word"),
    [
        ([1, 2], "draws must be arviz.InferenceData, an xarray.DataTree or Dataset, or a mapping"),
        ({"theta": DRAWS["theta"]}, "no 'mu' for the parameter 'mu'; they have 'theta'"),
        (LABELLED.isel(chain=0), "expected 'chain' and 'draw' among them"),
        (LABELLED.rename(component="k"), "there is no 'component'; dim= names that of the comp"),
        (LABELLED.rename(dimension="x", component="k"), "there is no 'component'"),
        (LABELLED.assign_coords(dimension=["a", "c"]), r"expected .'a', 'b'., in any order"),
        (xr.Dataset({**LABELLED, "mu": LABELLED["mu"].isel(dimension=0)}), "'mu' has the dimensi"),
        ({**DRAWS, "mu": np.full((2, 5, 2, 2), "x")}, "mu must be an array of real numbers"),
    ],
)
def test_what_cannot_be_placed_is_refused(draws, word):
    with pytest.raises(InputError, match=word):
        taken(draws)


def test_statistics_are_those_that_the_diagnosis_reads():
    diverging = RNG.random((2, 5)) < 0.5
    stats = xr.Dataset(
        {
            "diverging": (("draw", "chain"), diverging.T),
            "depth": (("chain", "draw"), np.ones((2, 5))),
        }
    )
    idata = containers.container({"posterior": LABELLED, "sample_stats": stats}, {})
    found = external_draws.statistics(idata)
    assert list(found) == ["diverging"] and found["diverging"].dtype == np.float64
    np.testing.assert_array_equal(found["diverging"], diverging)
    by_parameter = stats.assign(diverging=(("chain", "draw", "p"), np.ones((2, 5, 3))))
    for without in (
        LABELLED,
        DRAWS,
        containers.container({"posterior": LABELLED, "sample_stats": by_parameter}, {}),
    ):
        assert external_draws.statistics(without) == {}


def test_labels_say_which_is_which():
    rng = np.random.default_rng(3)
    frame = {"y": rng.normal(size=9), "x": rng.normal(size=9), "u": rng.normal(size=9)}
    model = stanmix.Mixture("y ~ x + u", 3, order=None)
    draws = {
        "theta": rng.dirichlet(np.ones(3), size=(2, 5)),
        "beta": rng.normal(size=(2, 5, 3, 3)),
        "sigma": 1 + rng.random((2, 5, 3)),
    }
    expected = stanmix.from_draws(model, frame, draws)
    dims = ("chain", "draw", "component")
    named = xr.Dataset(
        {"theta": (dims, draws["theta"]), "sigma": (dims, draws["sigma"]),
         "beta": ((*dims, "covariate"), draws["beta"])},
        {"component": [1, 2, 3], "covariate": ["Intercept", "x", "u"]},
    )  # fmt: skip
    for given in (
        named,
        named.isel(covariate=[2, 0, 1]),
        named.isel(component=[1, 2, 0]),
        named.rename(covariate="coef").isel(coef=[1, 0, 2]),
        named.drop_vars("covariate"),
        named.assign_coords(covariate=[0, 1, 2]),
        named.assign_coords(component=["a", "b", "c"]),
        {
            **named,
            "beta": named["beta"].assign_coords(component=[1, 2, 3]).isel(component=[2, 1, 0]),
        },
        containers.arviz().convert_to_dataset(draws),
        containers.container({"posterior": named}, {}),
        xr.DataTree.from_dict({"posterior": named}),
        {name: named[name].transpose() for name in named},
    ):
        found = stanmix.from_draws(model, frame, given)
        for name in draws:
            np.testing.assert_array_equal(found.idata.posterior[name], draws[name])
        np.testing.assert_allclose(found.log_likelihood(), expected.log_likelihood(), 1e-14)
    for given, word in (
        (named.assign_coords(covariate=["Intercept", "x", "z"]), r"'z'\] of 'covariate'; expected"),
        (named.assign_coords(covariate=["x", "x", "u"]), "of 'covariate'; expected"),
        (
            {**named, "beta": named["beta"].assign_coords(component=[1, 2, 4])},
            "beta has the labels .* of 'component'; expected .'1', '2', '3'",
        ),
        (
            {**named, "beta": named["beta"].assign_coords(draw=[1, 0, 2, 3, 4]),
             "theta": named["theta"].assign_coords(draw=range(5))},
            "theta and beta have other labels of 'draw'",
        ),
        (named.rename(covariate="c", component="k"), "there is no 'component'"),
        (named.rename(draw="iteration"), "expected 'chain' and 'draw' among them"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=word):
            stanmix.from_draws(model, frame, given)
