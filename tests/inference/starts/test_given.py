from __future__ import annotations

import json

import numpy as np
import pytest
from independent import parameters
from stan_transforms import stick_breaking

import stanmix
from stanmix.errors import InputError
from stanmix.inference.problem import problem
from stanmix.inference.unconstrained.space import Space
from stanmix.program.lower import lower

RNG = np.random.default_rng(0)
FRAME = {
    "y": RNG.normal(100, 20, 40),
    "y2": RNG.normal(size=40),
    "n": RNG.poisson(5, 40),
    "x": RNG.normal(50, 3, 40),
    "shift": RNG.normal(1, 0.2, 40),
    "size": 30 * RNG.gamma(3, size=40),
    "share": RNG.beta(2, 3, 40),
    "trials": RNG.integers(9, 20, 40),
}
HALVES = [0.5, 0.5]
PLAIN = {"theta": HALVES, "mu": [90.0, 110.0], "sigma": [10.0, 20.0]}


def started(model, *starts):
    """What the runs of a program begin with, where nothing is compiled."""
    stated = problem(
        model, FRAME, "nuts", {"starts": list(starts), "chains": len(starts), "seed": 1}
    )
    return stated, stated.starts()


COLUMNS = {"formula": ["y", "y2"], "family": "mvnormal", "components": 2}
CASES = {
    "normal": (stanmix.Mixture("y", 2), PLAIN),
    "ordered": (stanmix.Mixture("y", 2, order="mu"), PLAIN),
    "by sigma": (stanmix.Mixture("y", 2, order="sigma", offset="shift"), PLAIN),
    "shared": (stanmix.Mixture("y", 2, shared="sigma"), {**PLAIN, "sigma": 12.0}),
    "regressions": (
        stanmix.Mixture("y ~ x", 2, order=None),
        {"theta": HALVES, "beta": [[100, 0.5], [90, -0.5]], "sigma": [10, 20]},
    ),
    "ordered at zero": (
        stanmix.Mixture("y ~ x", 2, order="Intercept"),
        {"theta": HALVES, "beta": [[90, 0.5], [100, -0.5]], "sigma": [10, 20]},
    ),
    "gated": (
        stanmix.Mixture("y ~ x", 2, order="x", gating="~ x", fixed={"sigma": 9.0}),
        {"gamma": [[-1, 0.02], [1, -0.02]], "beta": [[90, -0.5], [100, 0.5]]},
    ),
    "poisson": (
        stanmix.Mixture("n", 2, family="poisson", fixed={"theta": HALVES}),
        {"mu": [1.0, 4.0]},
    ),
    "poisson with offset": (
        stanmix.Mixture("n", 2, family="poisson", order="mu", offset="shift"),
        {"theta": HALVES, "mu": [1.0, 4.0]},
    ),
    "scales by row": (
        stanmix.Mixture("y ~ x", 2, family="student_t", formulas={"sigma": "~ shift"}, shared="nu"),
        {
            "theta": HALVES,
            "beta": [[100, 0.5], [90, -0.5]],
            "beta_sigma": [[2.0, 0.3], [1.0, -0.7]],
            "nu": 4.5,
        },
    ),
    "shapes by row": (
        stanmix.Mixture("y", 2, order="sigma", family="student_t", formulas={"nu": "~ 0 + x"}),
        {**PLAIN, "beta_nu": [[0.02], [0.05]]},
    ),
    "tails": (
        stanmix.Mixture("y", 2, order="nu", family="student_t", fixed={"sigma": [10.0, 20.0]}),
        {"theta": HALVES, "mu": [110.0, 90.0], "nu": [0.3, 1e6]},
    ),
    "precisions by row": (
        stanmix.Mixture("n ~ x", 2, family="negative_binomial", formulas={"phi": "~ shift"}),
        {"theta": HALVES, "beta": [[1, 0.01], [2, -0.01]], "beta_phi": [[-14, 2.0], [18, -2.0]]},
    ),
    "bounded precisions": (
        stanmix.Mixture(
            "n", 2, family="negative_binomial", priors={"phi": stanmix.Uniform(0.5, 50)}
        ),
        {"theta": HALVES, "mu": [1.0, 4.0], "phi": [0.6, 49.0]},
    ),
    "spherical": (
        stanmix.Mixture(covariance="spherical", order="y", **COLUMNS),
        {"theta": HALVES, "mu": [[90, 1], [110, 0]], "sigma": [10, 20]},
    ),
    "diagonal": (
        stanmix.Mixture(covariance="diagonal", mean="common", shared="sigma", **COLUMNS),
        {"theta": HALVES, "mu": [1.0, 40.0], "sigma": [20.0, 1.0]},
    ),
    "student": (
        stanmix.Mixture("y", 2, family="student_t", shared="nu"),
        {**PLAIN, "nu": 5.0},
    ),
    "by nu": (
        stanmix.Mixture("y", 2, family="student_t", order="nu"),
        {**PLAIN, "nu": [5.0, 7.0]},
    ),
    "scales by covariates": (
        stanmix.Mixture("y ~ x", 2, formulas={"sigma": "~ x"}),
        {
            "theta": HALVES,
            "beta": [[100, 0.5], [90, -0.5]],
            "beta_sigma": [[2.5, 0.01], [3.0, -0.01]],
        },
    ),
    "one scale by covariates": (
        stanmix.Mixture("y", 2, formulas={"sigma": "~ x"}, shared="sigma"),
        {"theta": HALVES, "mu": [90.0, 110.0], "beta_sigma": [2.5, 0.01]},
    ),
    "counts": (
        stanmix.Mixture("n", 2, family="negative_binomial", offset="shift"),
        {"theta": HALVES, "mu": [1.0, 4.0], "phi": [2.0, 30.0]},
    ),
    "sizes": (
        stanmix.Mixture("size", 2, family="gamma", order="mu", offset="shift"),
        {"theta": HALVES, "mu": [3.0, 40.0], "shape": [2.0, 30.0]},
    ),
    "logarithms": (
        stanmix.Mixture("size", 2, family="lognormal", order="mu"),
        {"theta": HALVES, "mu": [-1.0, 4.0], "sigma": [0.2, 3.0]},
    ),
    "precisions of sizes": (
        stanmix.Mixture("size ~ x", 2, family="inverse_gaussian"),
        {"theta": HALVES, "beta": [[1.0, 0.1], [2.0, -0.1]], "shape": [2.0, 300.0]},
    ),
    "shares": (
        stanmix.Mixture("share", 2, family="beta", priors={"phi": stanmix.Uniform(1, 90)}),
        {"theta": HALVES, "mu": [0.1, 0.9], "phi": [2.0, 30.0]},
    ),
    "successes": (
        stanmix.Mixture("n", 2, family="binomial", trials="trials", offset="shift"),
        {"theta": HALVES, "mu": [0.1, 0.9]},
    ),
    "levels": (
        stanmix.Mixture("y", 2, family="asymmetric_laplace", shared="quantile"),
        {**PLAIN, "quantile": 0.25},
    ),
    "skewed": (
        stanmix.Mixture("y", 2, family="skew_normal", order="alpha"),
        {**PLAIN, "alpha": [-4.0, 2.0]},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_run_begins_where_it_was_told(name):
    """Read back by the test's own reading of the program."""
    model, start = CASES[name]
    stated, (begin,) = started(model, start)
    point = Space(lower(model), stated.data, (2, 35)).free(begin)
    found = parameters(model, stated.data, point, stick_breaking)[0]
    for key, values in start.items():
        expected = np.broadcast_to(np.asarray(values, float), found[key].shape)
        np.testing.assert_allclose(found[key], expected, rtol=1e-9, atol=1e-9)


def test_coefficients_of_the_weights_lose_what_they_have_in_common():
    model, start = CASES["gated"]
    other = {**start, "gamma": [[4, 0.03], [6, -0.01]]}
    one, two = (started(model, each)[1][0]["gamma_free"] for each in (start, other))
    np.testing.assert_allclose(one, two, atol=1e-12)


@pytest.mark.parametrize(
    ("name", "change", "word"),
    [
        ("normal", {"zzz": 1}, "no parameter 'zzz' to start. A start holds 'theta', 'mu', 'sigma'"),
        ("normal", {"sgima": 1}, "did you mean 'sigma'"),
        ("normal", {"mu": None}, "mu must be a number, or an array of numbers"),
        ("normal", {"mu": "ab"}, "mu must be a number, or an array"),
        ("normal", {"mu": [1.0, 2.0, 3.0]}, r"mu has shape \(3,\), but this mixture's is \(2,\)"),
        ("normal", {"mu": [1.0, np.nan]}, "mu must be finite"),
        ("normal", {"mu": np.ma.masked_array([1.0, 2.0], [0, 1])}, "mu must be a number, or"),
        ("normal", {"mu": [1j, 2.0]}, "mu must be a number, or"),
        ("normal", {"theta": [0.7, 0.7]}, "theta must be positive weights that sum to 1"),
        ("normal", {"theta": [1.0, 0.0]}, "theta must be positive weights that sum to 1"),
        ("normal", {"sigma": [1.0, -2.0]}, "sigma must be positive"),
        ("normal", {"beta": [[1.0], [2.0]]}, "no parameter 'beta'"),
        ("ordered", {"mu": [2.0, 1.0]}, "keeps mu in ascending order"),
        ("by sigma", {"sigma": [2.0, 1.0]}, "keeps sigma in ascending order"),
        ("ordered at zero", {"beta": [[9, 1], [8, 1]]}, "keeps beta in ascending order"),
        ("regressions", {"beta": [[1.0], [2.0]]}, r"is \(2, 2\) \(columns: Intercept, x\)"),
        ("gated", {"sigma": [9.0, 9.0]}, r"no parameter 'sigma' to start \(it is known\)"),
        ("gated", {"theta": HALVES}, "no parameter 'theta'"),
        ("student", {"nu": [5.0, 5.0]}, r"nu has shape \(2,\), but this mixture's is \(\)"),
        ("student", {"nu": -1.0}, "nu must be positive"),
        ("by nu", {"nu": [7.0, 5.0]}, "keeps nu in ascending order"),
        ("scales by covariates", {"beta_sigma": [[1.0], [2.0]]}, r"\(columns: Intercept, x\)"),
        ("scales by covariates", {"sigma": [1.0, 2.0]}, "no parameter 'sigma'"),
        ("one scale by covariates", {"beta_sigma": [[1, 0], [1, 0]]}, r"mixture's is \(2,\)"),
        ("counts", {"phi": [0.0, 1.0]}, "phi must be positive"),
        ("poisson with offset", {"mu": [0.0, 1.0]}, "mean of counts and must be positive"),
        ("scales by row", {"nu": -1.0}, "nu must be positive, where its prior has a density"),
        ("scales by row", {"nu": [4.0, 5.0]}, r"nu has shape \(2,\), but this mixture's is \(\)"),
        ("scales by row", {"sigma": [1.0, 1.0]}, "no parameter 'sigma'.*mean 'beta_sigma'"),
        ("scales by row", {"beta_sigma": [0.0, 1.0]}, r"\(2, 2\) \(columns: Intercept, shift\)"),
        ("tails", {"nu": [2.0, 1.0]}, "keeps nu in ascending order"),
        ("bounded precisions", {"phi": [0.4, 40.0]}, "phi must be between 0.5 and 50"),
        ("sizes", {"mu": [-1.0, 40.0]}, "mu is the mean and must be positive"),
        ("sizes", {"shape": [0.0, 1.0]}, "shape must be positive"),
        ("logarithms", {"sigma": [0.0, 1.0]}, "sigma must be positive"),
        ("logarithms", {"mu": [4.0, -1.0]}, "keeps mu in ascending order"),
        ("precisions of sizes", {"shape": [-2.0, 1.0]}, "shape must be positive.*got .-2"),
        ("shares", {"mu": [0.1, 1.0]}, "mu must be between 0 and 1"),
        ("shares", {"phi": [0.5, 9.0]}, "phi must be between 1 and 90"),
        ("successes", {"mu": [0.0, 0.5]}, "mu must be between 0 and 1"),
        ("successes", {"mu": [0.5, 2.0]}, "mu must be between 0 and 1"),
        ("levels", {"quantile": 1.0}, "quantile must be between 0 and 1"),
        ("levels", {"quantile": [0.2, 0.3]}, r"quantile has shape \(2,\)"),
        ("skewed", {"alpha": [2.0, -4.0]}, "keeps alpha in ascending order"),
        ("skewed", {"alpha": [np.inf, 2.0]}, "alpha must be finite"),
    ],
)
def test_a_start_that_cannot_be_used_is_refused(name, change, word):
    model, start = CASES[name]
    with pytest.raises(InputError, match=rf"starts\[1\]: .*{word}"):
        started(model, start, {**start, **change})


def test_a_start_without_a_parameter_is_refused():
    for start in ({}, {"theta": HALVES}):
        with pytest.raises(InputError, match=r"starts\[0\]: .*'mu', 'sigma' missing"):
            started(stanmix.Mixture("y", 2), start)


def test_a_scale_beyond_its_prior_is_refused_in_the_users_units():
    model = stanmix.Mixture("y", 2, priors={"sigma": stanmix.Uniform(5, 30)})
    with pytest.raises(InputError, match=r"sigma must be between 5 and 30, .*got .*40"):
        started(model, {**PLAIN, "sigma": [10.0, 40.0]})


def test_a_shape_beyond_its_prior_is_refused():
    model = stanmix.Mixture("y", 2, family="student_t", priors={"nu": stanmix.Uniform(5, 30)})
    with pytest.raises(InputError, match=r"nu must be between 5 and 30, .*got .*40"):
        started(model, {**PLAIN, "nu": [10.0, 40.0]})


def test_an_export_holds_the_starts_under_the_programs_names(tmp_path):
    model, start = CASES["ordered"]
    model.export(tmp_path, FRAME, "map", runs=1, starts=[start], seed=1, kernel="stan")
    written = json.loads((tmp_path / "start_1.json").read_text())
    data = json.loads((tmp_path / "data.json").read_text())
    assert set(written) == {"theta", "mu_scaled", "sigma_scaled"}
    mu = np.array(written["mu_scaled"]) * data["y_scale"] + data["y_centre"]
    np.testing.assert_allclose(mu, start["mu"], rtol=1e-12)
