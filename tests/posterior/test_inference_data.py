"""Draws and data of mixtures under names: dimensions, coordinates, and what is constant."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from synthetic import made_up_fit

import stanmix
from stanmix.inference.runs.output import Output, Runs
from stanmix.posterior.inference_data import inference_data, sizes

RNG = np.random.default_rng(0)
FRAME = {
    "y": RNG.normal(size=12),
    "n": RNG.poisson(3, 12).astype(float),
    "x": RNG.normal(size=12),
    "z": RNG.normal(size=12),
    "g": np.array(["a", "b", "c"] * 4),
}
STUDENTS = stanmix.Mixture(
    "y ~ x", 2, family="student_t", formulas={"sigma": "~ g", "nu": "~ z"}, shared=("nu",),
    gating="~ z",
)  # fmt: skip


def test_coefficients_of_each_parameter_have_dimensions_of_their_own():
    idata = made_up_fit(STUDENTS, FRAME).idata
    leading = ("chain", "draw", "component")
    dims = {name: variable.dims for name, variable in idata.posterior.items()}
    assert dims == {
        "gamma": (*leading, "gating_covariate"),
        "beta": (*leading, "covariate"),
        "beta_sigma": (*leading, "sigma_covariate"),
        "beta_nu": ("chain", "draw", "nu_covariate"),
    }
    labels = {name: list(idata.posterior[name].to_numpy()) for name in ("covariate",
              "sigma_covariate", "nu_covariate", "gating_covariate")}  # fmt: skip
    assert labels == {
        "covariate": ["Intercept", "x"],
        "sigma_covariate": ["Intercept", "g[T.b]", "g[T.c]"],
        "nu_covariate": ["Intercept", "z"],
        "gating_covariate": ["Intercept", "z"],
    }
    assert sizes(STUDENTS, STUDENTS.matrices(FRAME))["beta_sigma"] == {
        "component": 2, "sigma_covariate": 3,
    }  # fmt: skip


def test_covariates_are_constant_data_under_the_names_of_programs():
    idata = made_up_fit(STUDENTS, FRAME).idata
    constant, ones = idata.constant_data, np.ones(12)
    np.testing.assert_array_equal(constant["X"], np.column_stack([ones, FRAME["x"]]))
    indicators = [FRAME["g"] == "b", FRAME["g"] == "c"]
    np.testing.assert_array_equal(constant["X_sigma"], np.column_stack([ones, *indicators]))
    np.testing.assert_array_equal(constant["X_nu"], np.column_stack([ones, FRAME["z"]]))
    np.testing.assert_array_equal(constant["Z"], constant["X_nu"])
    assert constant["X_sigma"].dims == ("obs_id", "sigma_covariate")
    assert list(constant["sigma_covariate"].to_numpy()) == ["Intercept", "g[T.b]", "g[T.c]"]


def test_rows_of_a_group_have_their_covariates_each():
    frame = {**FRAME, "z": np.array([0.0, 1.0, 2.0] * 4)}
    model = stanmix.Mixture("y", 2, gating="~ z", group="g")
    constant = made_up_fit(model, frame).idata.constant_data
    np.testing.assert_array_equal(constant["Z"].sel(gating_covariate="z"), frame["z"])


@pytest.mark.parametrize(("name", "value"), [("nu", 4.0), ("nu", [3.0, 5.0]), ("sigma", 2.0)])
def test_known_parameters_are_constant_data(name, value):
    model = stanmix.Mixture("y", 2, family="student_t", fixed={name: value})
    fit = made_up_fit(model, FRAME)
    assert name not in fit.idata.posterior
    constant = fit.idata.constant_data[name]
    assert constant.dims == ("component",)
    np.testing.assert_array_equal(constant, np.broadcast_to(value, 2))
    np.testing.assert_array_equal(fit.draws()[name], np.broadcast_to(value, (7, 2)))


@pytest.mark.parametrize(
    "model",
    [
        STUDENTS,
        stanmix.Mixture("n ~ x", 2, family="negative_binomial", formulas={"phi": "~ z"}),
        stanmix.Mixture("n", 2, family="negative_binomial", shared=("phi",), offset="z"),
        stanmix.Mixture("y", 2, family="student_t", fixed={"nu": 4.0}),
    ],
    ids=["students", "counts by row", "counts", "known"],
)
def test_fits_of_any_family_are_read_back(model, tmp_path):
    fit = made_up_fit(model, FRAME)
    again = stanmix.load(fit.save(tmp_path / "fit.nc"))
    assert again.model == model
    for name, values in fit.draws().items():
        np.testing.assert_array_equal(again.draws()[name], values)
    np.testing.assert_array_equal(again.log_likelihood(), fit.log_likelihood())


def test_figures_of_runs_have_the_dimensions_of_draws():
    design = STUDENTS.matrices(FRAME)
    shapes = {name: tuple(size.values()) for name, size in sizes(STUDENTS, design).items()}
    rng = np.random.default_rng(1)
    draws = {name: rng.normal(size=(1, 3, *shape)) for name, shape in shapes.items()}
    means = {name: rng.normal(size=(4, *shape)) for name, shape in shapes.items()}
    runs = Runs(numbers=(1, 2, 3, 4), objective="elbo", heights=np.arange(4.0), kept=2)
    runs = dataclasses.replace(runs, means=means, sds=means)
    output = Output(draws, {}, (1,), runs=runs)
    stats = inference_data(STUDENTS, design, output, {"method": "advi"}).sample_stats
    assert stats["run_beta_sigma"].dims == ("run", "component", "sigma_covariate")
    assert stats["run_beta_nu_sd"].dims == ("run", "nu_covariate")
    np.testing.assert_array_equal(stats["run_beta_sigma"], means["beta_sigma"])
