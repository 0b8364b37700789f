from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import structures
from scipy import stats

import stanmix
from stanmix.model.families import FAMILIES
from stanmix.program.default_priors import default_priors, scaled_default_priors
from stanmix.program.lower import lower
from stanmix.program.units import counted, units_of

RNG = np.random.default_rng(0)


def defaults(model, frame):
    return default_priors(model, model.matrices(frame))


def near(values):
    """Of 200 values, the 4 farthest from the median brought to the distance of the next."""
    middle = np.median(values)
    reach = np.sort(np.abs(values - middle))[195]
    return np.clip(values, middle - reach, middle + reach)


def arguments(prior):
    return [value for value in prior.arguments() if value]


def test_few_rows_have_the_priors_of_their_mean_and_sd():
    frame = pd.DataFrame({"y": [1.0, 2.0, 4.0, 8.0], "x": [0.0, 1.0, 3.0, 2.0]})
    priors = defaults(stanmix.Mixture("y ~ x", 2, gating="~ x"), frame)
    mean, sd, sd_x = 3.75, np.std(frame["y"]), np.std(frame["x"])
    np.testing.assert_allclose(arguments(priors["beta[Intercept]"]), [mean, 2.5 * sd])
    np.testing.assert_allclose(arguments(priors["beta[x]"]), [2.5 * sd / sd_x])
    np.testing.assert_allclose(arguments(priors["sigma"]), [math.log(sd / 2), 1.0])
    np.testing.assert_allclose(arguments(priors["gamma[x]"]), [2.5 / sd_x])
    assert priors["gamma[Intercept]"] == stanmix.Normal(0, 2.5)
    alone = defaults(stanmix.Mixture("y", 2), frame)
    assert alone["theta"] == stanmix.Dirichlet(1.0)
    assert alone["mu"] == priors["beta[Intercept]"]


def test_they_are_those_of_the_bulk_of_the_rows():
    y, x = RNG.standard_t(3, 200), RNG.gamma(1, size=200)
    priors = defaults(stanmix.Mixture("y ~ x", 2), {"y": y, "x": x})
    bulk = near(y)
    np.testing.assert_allclose(
        arguments(priors["beta[Intercept]"]), [bulk.mean(), 2.5 * bulk.std()], rtol=1e-12
    )
    expected = 2.5 * bulk.std() / near(x).std()
    np.testing.assert_allclose(arguments(priors["beta[x]"]), [expected], rtol=1e-12)


@pytest.mark.parametrize("family", ["normal", "poisson", "mvnormal"])
def test_one_gross_outlier_says_nothing_of_the_rest(family):
    """One value of 1e6 among 200: with and without, the priors are nearly the same."""
    clusters = RNG.poisson(np.repeat([2.0, 20.0], 100)).astype(float)
    frame = pd.DataFrame({"y": clusters, "y2": RNG.normal(size=200), "x": RNG.normal(size=200)})
    models = {
        "normal": [stanmix.Mixture("y", 2), stanmix.Mixture("y2 ~ x", 2, gating="~ y")],
        "poisson": [stanmix.Mixture(f, 2, family="poisson") for f in ("y", "y ~ x")],
        "mvnormal": [
            stanmix.Mixture(["y", "y2"], 2, family="mvnormal", covariance=covariance, mean=mean)
            for covariance in ("spherical", "diagonal")
            for mean in ("free", "common")
        ],
    }[family]
    for column in ("y", "y2", "x"):
        far = frame.copy()
        far.loc[7, column] = 1e6
        for model in models:
            before, after = defaults(model, frame), defaults(model, far)
            for name in before.keys() - {"theta"}:
                one, other = before[name].arguments(), after[name].arguments()
                np.testing.assert_allclose(one, other, rtol=0.06, atol=0.06)


def test_a_minority_of_rows_counts():
    """Six of 200 rows far away are three in a hundred: means may lie there too."""
    y = np.append(RNG.normal(0, 1, 194), RNG.normal(100, 1, 6))
    prior = defaults(stanmix.Mixture("y", 2), {"y": y})["mu"]
    assert prior.mu + 2.5 * prior.sigma > 100


def test_a_coefficient_is_judged_by_what_its_column_adds_to_the_others():
    """With x far from zero, x and its square are nearly one column; their difference is not."""
    year = np.arange(1985.0, 2025.0).repeat(5)
    centred = year - year.mean()
    y = 0.5 * centred - 0.05 * centred**2 + RNG.normal(size=200)
    frame = {"y": y, "year": year}
    priors = defaults(stanmix.Mixture("y ~ year + I(year**2)", 1), frame)
    for name, truth in (("beta[I(year ** 2)]", -0.05), ("beta[year]", 0.5 + 0.1 * year.mean())):
        assert abs(truth) < 2 * priors[name].sigma
    # Residual sd of a regression on the other and the constant; years have no outliers to speak of.
    X = np.column_stack([np.ones(200), year**2])
    left = year - X @ np.linalg.lstsq(X, year, rcond=None)[0]
    expected = 2.5 * near(y).std() / left.std()
    assert priors["beta[year]"].sigma == pytest.approx(expected, rel=0.1)


def test_a_column_that_others_make_up_but_for_an_outlier_has_a_prior():
    x = RNG.normal(size=200)
    frame = {"y": RNG.normal(size=200), "x": x, "z": x + 1e6 * (np.arange(200) == 7)}
    priors = defaults(stanmix.Mixture("y ~ x + z", 1), frame)
    assert all(np.isfinite(priors[f"beta[{name}]"].sigma) for name in "xz")


def test_indicators_of_a_factor_have_the_prior_of_the_mean():
    frame = {
        "y": RNG.normal(50, 2, 200),
        "g": np.resize(["a", "b"], 200),
        "x": RNG.normal(size=200),
    }
    priors = defaults(stanmix.Mixture("y ~ 0 + C(g) + x", 2), frame)
    bulk = near(frame["y"])
    for name in ("beta[C(g)[a]]", "beta[C(g)[b]]"):
        np.testing.assert_allclose(
            arguments(priors[name]), [bulk.mean(), 2.5 * bulk.std()], rtol=1e-12
        )


def test_without_a_constant_priors_are_about_zero():
    """y = 2 x, and x is 100 in every row but for a little: a slope of 2 must be well inside."""
    x = RNG.normal(100, 1, 200)
    prior = defaults(stanmix.Mixture("y ~ 0 + x", 1), {"y": 2 * x, "x": x})["beta[x]"]
    np.testing.assert_allclose(arguments(prior), [5.0], rtol=1e-3)


def test_counts_have_the_log_of_their_rate():
    offset = RNG.normal(3, 1, 200)
    n = RNG.poisson(2 * np.exp(offset))
    frame = {"n": n, "shift": offset, "x": RNG.normal(size=200)}
    rate = np.log(n.sum() / np.exp(offset).sum())
    one = stanmix.Mixture("n", 2, family="poisson", offset="shift")
    assert defaults(one, frame)["mu"].mu == pytest.approx(rate, abs=0.02)  # few rates are far off
    many = stanmix.Mixture("n ~ x", 2, family="poisson", offset="shift")
    assert defaults(many, frame)["beta[Intercept]"].mu == pytest.approx(rate, abs=0.02)


@pytest.mark.parametrize("unit", [2.0**-60, 2.0**33])
def test_a_power_of_two_changes_no_digit_of_what_programs_see(unit):
    frame = pd.DataFrame({name: RNG.standard_t(3, 60) for name in ("y", "y2", "x", "z")})
    models = [
        stanmix.Mixture("y ~ x + I(x**2)", 2, gating="~ z"),
        stanmix.Mixture(["y", "y2"], 2, family="mvnormal", covariance="spherical"),
    ]
    for model in models:
        one, other = (
            scaled_default_priors(
                lower(model), design, units_of(model, design), counted(model, design)
            )
            for design in map(model.matrices, (frame, frame * unit))
        )
        assert one == other


def test_coefficients_of_other_parameters_are_about_their_own_default():
    """Where z is at its mean a scale is about half the sd of y, and a shape about its median."""
    frame = pd.DataFrame({"y": [1.0, 2.0, 4.0, 8.0], "n": [1, 2, 4, 8], "z": [0.0, 1.0, 3.0, 2.0]})
    sd, sd_z = np.std(frame["y"]), np.std(frame["z"])
    formulas = {"sigma": "~ z", "nu": "~ z"}
    priors = defaults(stanmix.Mixture("y", 2, family="student_t", formulas=formulas), frame)
    np.testing.assert_allclose(
        arguments(priors["beta_sigma[Intercept]"]), [math.log(sd / 2), 1.0], rtol=1e-12
    )
    np.testing.assert_allclose(arguments(priors["beta_sigma[z]"]), [1 / sd_z], rtol=1e-12)
    low, median, high = np.log(stats.gamma(2, scale=10).ppf([0.16, 0.5, 0.84]))
    found = arguments(priors["beta_nu[Intercept]"])
    np.testing.assert_allclose(found, [median, (high - low) / 2], rtol=1e-9)
    np.testing.assert_allclose(arguments(priors["beta_nu[z]"]), [1 / sd_z], rtol=1e-12)
    counts = {"family": "negative_binomial", "formulas": {"phi": "~ z"}}
    priors = defaults(stanmix.Mixture("n", 2, **counts), frame)
    low, median, high = np.log(stats.invgamma(0.4, scale=0.3).ppf([0.16, 0.5, 0.84]))
    found = arguments(priors["beta_phi[Intercept]"])
    np.testing.assert_allclose(found, [median, (high - low) / 2], rtol=1e-9)
    poisson = defaults(stanmix.Mixture("n", 2, family="poisson"), frame)
    assert priors["mu"] == poisson["mu"]


def test_shapes_have_the_defaults_of_their_family_in_any_unit():
    frame = pd.DataFrame({"y": [1.0, 2.0, 4.0, 8.0], "n": [1, 2, 4, 8]})
    for unit in (1.0, 1e9):
        scaled = frame.assign(y=unit * frame["y"])
        assert defaults(stanmix.Mixture("y", 2, family="student_t"), scaled)["nu"] == (
            stanmix.Gamma(2.0, 0.1)
        )
    counts = stanmix.Mixture("n", 2, family="negative_binomial")
    assert defaults(counts, frame)["phi"] == stanmix.InverseGamma(0.4, 0.3)
    known = stanmix.Mixture("y", 2, family="student_t", fixed={"nu": 4.0})
    assert "nu" not in defaults(known, frame)


def reasons(frame, **stated):
    return stanmix.Mixture(components=2, **stated).priors_for(frame)["reason"]


def test_reasons_name_the_figures_that_they_were_taken_from():
    frame = pd.DataFrame(
        {"y": [1.0, 2.0, 4.0, 8.0], "x": [0.0, 10.0, 30.0, 20.0], "n": [0, 1, 4, 2]}
    )
    mean, sd, sd_x = (f"{value:.4g}" for value in (3.75, np.std(frame["y"]), np.std(frame["x"])))
    of_lines = reasons(frame, formula="y ~ x", formulas={"sigma": "~ x"}, gating="~ x")
    about = f"about the mean of the data ({mean}), 2.5 of their sds ({sd}) wide"
    assert of_lines["beta[Intercept]"] == f"{about}; where covariates are at their means"
    by_x = f"for one sd of the covariate given the others ({sd_x})"
    assert of_lines["beta[x]"] == f"2.5 sds of the data ({sd}) {by_x}"
    assert of_lines["gamma[x]"] == f"logits change by 2.5 {by_x}"
    assert of_lines["beta_sigma[Intercept]"].startswith(
        f"about the log of half the sd of the data ({sd})"
    )
    assert of_lines["beta_sigma[x]"] == f"the log of the scale changes by 1 {by_x}"
    of_means = reasons(frame, formula="y", family="student_t")
    assert of_means["mu"] == about
    assert of_means["sigma"].startswith(f"median at half the sd of the data ({sd})")
    assert of_means["nu"] == "the family's own, whatever the data: degrees of freedom know no unit"
    assert of_means["theta"] == "uniform over all weights"
    of_counts = reasons(frame, formula="n", family="poisson")
    assert of_counts["mu"] == "about the mean of the data (1.75), within a factor of 20 at two sds"
    logs = np.log(frame["y"])
    assert reasons(frame, formula="y", family="lognormal")["mu"].startswith(
        f"about the mean of the logarithms of the data ({logs.mean():.4g}), 2.5 of their sds "
        f"({logs.std(ddof=0):.4g})"
    )


@pytest.mark.parametrize("unit", [1.0, 1e-6, 1e6])
def test_reasons_are_in_the_units_of_the_data(unit):
    frame = {"y": unit * np.array([1.0, 2.0, 4.0, 8.0]), "x": [0.0, 10.0, 30.0, 20.0]}
    found = reasons(frame, formula="y ~ x")["beta[x]"]
    assert found.startswith(f"2.5 sds of the data ({np.std(frame['y']):.4g}) for one sd")


def test_what_is_stated_says_where_it_holds():
    frame = {"y": [1.0, 2.0, 4.0, 8.0], "x": [0.0, 10.0, 30.0, 20.0]}
    model = stanmix.Mixture("y ~ x", 2, priors={"beta": stanmix.Normal(0, 1)})
    table = model.priors_for(frame)
    assert list(table.loc[["beta[Intercept]", "beta[x]"], "reason"]) == [
        "where covariates are zero",
        "",
    ]
    assert list(table.loc[["beta[Intercept]", "beta[x]"], "source"]) == ["stated", "stated"]


@pytest.mark.parametrize("family", FAMILIES)
def test_every_default_has_a_reason(family):
    of = FAMILIES[family]
    y, further = (["a", "b"], []) if of.multivariate else structures.UNIVARIATE[family]
    further = [name for name in further if name not in structures.VECTORS]
    for formulas in ({}, dict.fromkeys(further, "~ z")):
        model = stanmix.Mixture(
            y if of.multivariate or not formulas else f"{y} ~ x",
            2,
            family=family,
            formulas=formulas,
            covariance="diagonal" if of.multivariate else None,
            trials="trials" if of.response.trials else None,
            fixed={one.name: 1.5 for one in of.stated},
        )
        table = model.priors_for(structures.rows())
        assert (table["source"] == "default").all()
        assert table["reason"].str.len().min() > 10
        priors = default_priors(model, model.matrices(structures.rows()))
        assert dict(table["prior"]) == priors


def test_correlations_are_worth_as_many_rows_as_there_are_columns():
    """LKJ(1 + D / 2) is the determinant to the power D / 2, as the density of D rows has it."""
    frame = pd.DataFrame(RNG.normal(size=(30, 4)), columns=list("abcd"))
    for columns, sd in (("ab", 0.45), ("abcd", 0.33)):
        model = stanmix.Mixture(list(columns), 2, family="mvnormal", covariance="full")
        assert defaults(model, frame)["rho"] == stanmix.LKJ(1 + len(columns) / 2)
        table = model.priors_for(frame).loc["rho"]
        assert f"each with an sd of {sd:g}, as {len(columns)} rows without" in str(table["reason"])
