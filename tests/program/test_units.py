from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import stanmix
from stanmix.errors import InputError
from stanmix.program.lower import lower
from stanmix.program.units import log_unit, units_of

RNG = np.random.default_rng(0)
N = 60
FRAME = pd.DataFrame(
    {
        "y": RNG.gamma(2, size=N),
        "y2": RNG.normal(size=N),
        "x": RNG.normal(5, 2, N),
        "z": RNG.normal(-1, 3, N),
        "g": np.resize(["a", "b", "c"], N),
        "n": RNG.poisson(4, N),
        "shift": RNG.normal(2, 0.5, N),
        "times": RNG.integers(0, 3, N),
    }
)
COLUMNS = {"formula": ["y", "y2"], "family": "mvnormal", "covariance": "diagonal"}


def read(model, frame=FRAME):
    design = model.matrices(frame)
    return design, units_of(model, design)


def test_a_response_is_about_its_median_in_units_of_its_deviation():
    design, units = read(stanmix.Mixture("y ~ x", 2, offset="shift"))
    left = FRAME["y"] - FRAME["shift"]
    assert units.y_centre == np.median(left)
    assert units.y_scale == pytest.approx(stats.median_abs_deviation(left, scale="normal"))
    scaled = units.scaled(design)
    np.testing.assert_allclose(scaled.y * units.y_scale + units.y_centre, left, rtol=1e-14)
    assert scaled.rows.offset is None


def test_a_table_has_the_units_of_its_rows():
    rows = FRAME.loc[FRAME.index.repeat(FRAME["times"])].reset_index(drop=True)
    for formula in ("y ~ x", "y ~ 0 + x"):
        short = read(stanmix.Mixture(formula, 2, gating="~ z", weights="times"))[1]
        long = read(stanmix.Mixture(formula, 2, gating="~ z"), rows)[1]
        assert (short.y_centre, short.y_scale) == (long.y_centre, long.y_scale)
        for one, other in ((short.X, long.X), (short.columns["theta"], long.columns["theta"])):
            np.testing.assert_allclose(one.centre, other.centre, rtol=1e-13)
            np.testing.assert_allclose(one.scale, other.scale, rtol=1e-13)


@pytest.mark.parametrize(
    ("formula", "ones"),
    [
        ("y ~ x", [1, 0]),
        ("y ~ x + C(g)", [1, 0, 0, 0]),
        ("y ~ 0 + C(g)", [1, 1, 1]),
        ("y ~ 0 + C(g) + x", [1, 1, 1, 0]),
        ("y ~ 0 + C(g):x", [0, 0, 0]),
        ("y ~ 0 + x", [0]),
        ("y ~ 0 + bs(x, df=5, include_intercept=True)", [1, 1, 1, 1, 1]),
        ("y ~ 0 + x + I(2 - 4 * x)", [2.0, 0.5]),
    ],
)
def test_the_columns_that_make_up_the_constant_are_found(formula, ones):
    design, units = read(stanmix.Mixture(formula, 2))
    X = units.X
    np.testing.assert_allclose(X.ones, ones, atol=1e-12)
    if any(ones):
        np.testing.assert_allclose(design.X @ X.ones, 1.0, rtol=1e-12)
    moved = X.centre != 0
    assert not (moved & (X.ones != 0)).any()
    assert moved.any() == (any(ones) and 0 in ones)
    assert (units.y_centre != 0) == any(ones)
    scaled = X.scaled(design.X)
    slopes = X.ones == 0
    rms = np.sqrt((scaled[:, slopes] ** 2).mean(axis=0))
    np.testing.assert_allclose(rms, 1.0, atol=0.1)  # a few values count less, where they are far
    if any(ones):
        np.testing.assert_allclose(scaled[:, slopes].mean(axis=0), 0.0, atol=0.1)


def test_what_columns_of_a_response_have_in_common_is_in_one_unit():
    free = read(stanmix.Mixture(components=2, **COLUMNS))[1]
    assert free.y_centre.shape == free.y_scale.shape == (2,)
    spherical = read(stanmix.Mixture(components=2, **{**COLUMNS, "covariance": "spherical"}))[1]
    np.testing.assert_array_equal(spherical.y_centre, free.y_centre)
    both = np.abs(FRAME[["y", "y2"]] - free.y_centre).to_numpy()
    assert spherical.y_scale == pytest.approx(np.median(both) * 1.482602218505602)
    common = read(stanmix.Mixture(components=2, mean="common", **COLUMNS))[1]
    assert common.y_centre == np.median(FRAME[["y", "y2"]])
    assert common.y_scale.shape == ()


MODELS = {
    "normal": stanmix.Mixture("y", 2),
    "regressions": stanmix.Mixture("y ~ x + C(g)", 2, gating="~ z", offset="shift"),
    "indicators": stanmix.Mixture("y ~ 0 + C(g) + x", 2, gating="~ 0 + C(g) + x"),
    "no constant": stanmix.Mixture("y ~ 0 + x + z", 2, gating="~ 0 + z"),
    "poisson": stanmix.Mixture("n", 2, family="poisson", offset="shift"),
    "poissons": stanmix.Mixture("n ~ x", 2, family="poisson", offset="shift", gating="~ z"),
    "poissons without constant": stanmix.Mixture("n ~ 0 + x", 2, family="poisson", offset="shift"),
}


@pytest.mark.parametrize("name", MODELS)
def test_rows_have_the_predictors_that_scaled_rows_have(name):
    """Whatever the parameters: theirs are those of the scaled ones, row by row."""
    model = MODELS[name]
    design, units = read(model)
    scaled = units.scaled(design)
    drawn = {
        "mu": np.exp(RNG.normal(size=(3, 2))),
        "beta": RNG.normal(size=(3, 2, len(design.covariates))),
        "sigma": np.exp(RNG.normal(size=(3, 2))),
        "gamma": RNG.normal(size=(3, 2, len(design.rows.gating_covariates))),
    }
    drawn = {name: drawn[name] for name in model.parameters if name in drawn}
    found = units.parameters(lower(model), drawn)
    back = units.scaled_parameters(lower(model), found)
    for key, values in drawn.items():
        np.testing.assert_allclose(back[key], values, rtol=1e-9, atol=1e-9)
    offset = 0.0 if design.rows.offset is None else design.rows.offset
    if model.regression:
        predictor = found["beta"] @ design.X.T + offset
        of_scaled = drawn["beta"] @ scaled.X.T
        if model.family == "poisson":
            of_scaled = of_scaled + scaled.rows.offset
        else:
            of_scaled = of_scaled * units.y_scale + units.y_centre + offset
        np.testing.assert_allclose(predictor, of_scaled, rtol=1e-9, atol=1e-9)
    elif model.family == "poisson":
        rate = found["mu"][..., None] * np.exp(offset)
        np.testing.assert_allclose(rate, drawn["mu"][..., None] * np.exp(scaled.rows.offset))
    else:
        z = (design.y[:, None, None] - found["mu"]) / found["sigma"]
        np.testing.assert_allclose(z, (scaled.y[:, None, None] - drawn["mu"]) / drawn["sigma"])
    if model.gated:
        logits = found["gamma"] @ design.rows.Z.T
        np.testing.assert_allclose(logits, drawn["gamma"] @ scaled.rows.Z.T, atol=1e-9)


@pytest.mark.parametrize("name", MODELS)
def test_a_power_of_two_changes_no_digit_of_what_is_scaled(name):
    model = MODELS[name]
    design, units = read(model)
    other = FRAME.assign(x=2.0**-40 * FRAME["x"], z=2.0**11 * FRAME["z"])
    if model.family == "normal":
        other = other.assign(y=2.0**40 * FRAME["y"], shift=2.0**40 * FRAME["shift"])
    changed, others = read(model, other)
    one, two = units.scaled(design), others.scaled(changed)
    np.testing.assert_array_equal(one.y, two.y)
    np.testing.assert_array_equal(one.X, two.X)
    if model.gated:
        np.testing.assert_array_equal(one.rows.Z, two.rows.Z)


@pytest.mark.parametrize(("unit", "origin"), [(1e-12, 1e-6), (1e12, 0.0), (3.0, -3e6), (1e-150, 0)])
def test_neither_unit_nor_origin_shows_in_what_is_scaled(unit, origin):
    model = stanmix.Mixture("y ~ x", 2, gating="~ z")
    design, units = read(model)
    changed, others = read(model, FRAME[["y", "x", "z"]] * unit + origin)
    one, two = units.scaled(design), others.scaled(changed)
    for values, other in ((one.y, two.y), (one.X, two.X), (one.rows.Z, two.rows.Z)):
        np.testing.assert_allclose(other, values, atol=1e-8)


def test_an_offset_of_a_log_mean_has_an_origin_and_no_unit():
    one, two = (
        read(MODELS["poissons"], FRAME.assign(shift=FRAME["shift"] + by))[1] for by in (0.0, 200.0)
    )
    assert one.offset_centre == pytest.approx(np.log(np.mean(np.exp(FRAME["shift"]))))
    assert two.offset_centre - one.offset_centre == pytest.approx(200, abs=1e-10)
    assert read(MODELS["poissons without constant"])[1].offset_centre == 0


@pytest.mark.parametrize("column", ["y", "x", "z"])
def test_a_value_too_far_off_to_be_squared_is_refused(column):
    far = np.append(FRAME[column][1:] * 1e-110, 1.0)
    with pytest.raises(InputError, match=rf"'{column}' holds a value that is 1 off its centre"):
        read(stanmix.Mixture("y ~ x", 2, gating="~ z"), FRAME.assign(**{column: far}))


def test_rows_that_do_not_count_give_a_column_a_scale_where_no_others_do():
    frame = pd.DataFrame({"y": [1.0, 2, 4, 7], "x": [1.0, 1, 1, 5], "w": [1, 1, 1, 0]})
    units = read(stanmix.Mixture("y ~ x", 2, weights="w"), frame)[1]
    assert units.X.scale[1] == pytest.approx(np.std([1, 1, 1, 5]))


def test_a_density_of_the_response_is_that_of_the_scaled_one_per_unit():
    model = stanmix.Mixture(["y", "y2"], 1, family="mvnormal", covariance="diagonal")
    design, units = read(model)
    scaled = units.scaled(design).y
    here = stats.norm.logpdf(design.y, units.y_centre, 2 * units.y_scale).sum()
    there = stats.norm.logpdf(scaled, 0, 2).sum()
    assert here == pytest.approx(there + log_unit(model.data(FRAME)), rel=1e-12)
    weighted = stanmix.Mixture("y ~ x", 1, weights="times")
    expected = -FRAME["times"].sum() * np.log(read(weighted)[1].y_scale)
    assert log_unit(weighted.data(FRAME)) == pytest.approx(expected, rel=1e-12)
    assert log_unit(stanmix.Mixture("n", 2, family="poisson").data(FRAME)) == 0
