"""What a statement of a mixture must be, by itself and beside the data."""

from __future__ import annotations

import numpy as np
import pytest

import stanmix
from stanmix import Normal as N  # noqa: N817 - in tables of many
from stanmix.errors import InputError


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"components": 0}, "at least 1, got 0"),
        ({"components": 2.5}, "must be an integer"),
        ({"components": True}, "must be an integer"),
        ({"family": "gausian"}, "family must be one of 'normal'.*got 'gausian'"),
        ({"formula": "y ~ ("}, "Cannot parse"),
        ({"formula": "~ x"}, "no response"),
        ({"formula": "y ~ 0"}, "no term on the right"),
        ({"formula": 3}, "formula must be a formula such as"),
        ({"formula": "y1 + y2 ~ x"}, "one response"),
        ({"priors": {"sigma": "normal(0, 1)"}}, "must be a prior such as"),
        ({"priors": {"sgima": stanmix.HalfNormal(1)}}, "did you mean 'sigma'"),
        ({"priors": {"mu": stanmix.HalfNormal(1)}}, "cuts it off"),
        ({"priors": {"mu": stanmix.Uniform(0, 1)}}, "cuts it off"),
        ({"priors": {"theta": stanmix.Normal(0, 1)}}, "take Dirichlet"),
        ({"priors": {"theta": stanmix.Dirichlet([1, 1, 1])}}, "3 entries"),
        ({"components": 3, "priors": {"theta": stanmix.Beta(5, 5)}}, "two components"),
        ({"priors": {"mu": stanmix.Dirichlet(1.0)}}, "prior of the weights"),
        ({"priors": {"sigma": stanmix.Uniform(-1, 1)}}, "sigma is positive"),
        ({"shared": ("mu",), "order": "mu"}, "'mu': that parameter is shared by all components"),
        ({"fixed": {"mu": 1.0}}, r"'mu' cannot be fixed.*priors=\{'mu': \[Normal"),
        ({"fixed": {"sigma": -1.0}}, "positive"),
        ({"fixed": {"sigma": [1.0, 2.0, 3.0]}}, "one number a component"),
        ({"fixed": {"theta": [0.5, 0.6]}}, "sum to 1"),
        ({"fixed": {"theta": 0.5}}, "sum to 1"),
        ({"fixed": {"sigma": "one"}}, "fixed: sigma must be a number.*got 'one'"),
        ({"fixed": {"sigma": 1.0}, "shared": ("sigma",)}, "both shared and fixed"),
        ({"fixed": {"sigma": 1.0}, "priors": {"sigma": stanmix.HalfNormal(1)}}, "both fixed"),
        ({"order": "sigma", "shared": ("sigma",)}, "shared by all"),
        ({"order": "variance", "shared": ("sigma",)}, "their variance in common; order by 'mu'"),
        ({"order": "variance", "fixed": {"sigma": 2.0}}, "their variance in common"),
        ({"priors": {"mu": stanmix.Beta(1, 2)}}, "cuts it off at 0"),
        ({"priors": {"mu": stanmix.Pareto(1, 2)}}, "cuts it off at 1"),
        ({"priors": {"sigma": stanmix.Beta(1, 2)}}, "has values between 0 and 1 alone"),
        ({"priors": {"sigma": stanmix.BetaProportion(0.5, 2)}}, "values between 0 and 1 alone"),
        ({"priors": {"theta": stanmix.BetaProportion(0.5, 2)}}, "take Dirichlet"),
        ({"priors": {"sigma": stanmix.ParetoType2(-1, 1, 1)}}, "positive, but its prior is"),
        ({"order": "sigma", "priors": {"sigma": stanmix.Pareto(1, 2)}}, "and Pareto has one"),
        ({"family": "poisson", "priors": {"mu": stanmix.Pareto(1, 2)}}, "cuts it off at 1"),
        ({"family": "poisson", "priors": {"mu": stanmix.Beta(1, 2)}}, "values between 0 and 1"),
        (
            {"family": "bernoulli", "priors": {"mu": stanmix.Pareto(2, 2)}},
            "lies between 0 and 1, but its prior is Pareto",
        ),
        ({"priors": {"mu": [N(0, 1)]}}, "list of 1 prior.*but the mixture has 2 components"),
        ({"priors": {"mu": []}}, "list of 0 prior"),
        (
            {"family": ["normal", "student_t"], "priors": {"mu": [N(0, 1), N(1, 1)]}},
            "several families; state one for each: 'mu_normal', 'mu_student_t'",
        ),
        (
            {"family": ["normal", "student_t"], "priors": {"nu": [N(0, 1), N(1, 1)]}},
            "list of 2 prior.*has 1 components of that family",
        ),
        ({"priors": {"mu": [N(0, 1), 3]}}, "or a list of them, one for each component"),
        ({"priors": {"theta": [stanmix.Beta(1, 2)] * 2}}, r"as in Dirichlet\(\[5, 1\]\)"),
        ({"priors": {"sigma": [N(0, 1), N(0, 2)]}, "shared": "sigma"}, "shared by all"),
        ({"priors": {"mu": [N(0, 1), stanmix.HalfNormal(1)]}}, "cuts it off at 0"),
        ({"priors": {"mu": [N(0, 1), stanmix.Dirichlet(1)]}}, "prior of the weights 'theta'"),
        ({"priors": {"sigma": [N(0, 1)] * 2}, "fixed": {"sigma": 1.0}}, "both fixed and given"),
        ({"priors": {"mu": [N(0, 1), N(1, 1)]}, "order": "mu"}, "remove the order, or give one"),
        ({"priors": {"mu": [N(0, 1), N(1, 1)]}, "order": "mean"}, "remove the order, or give one"),
        ({"order": "mean", "family": "cauchy"}, "'cauchy' has no mean; order by 'mu' or 'sigma'"),
        ({"order": "variance", "family": "cauchy"}, "'cauchy' has no variance"),
        ({"order": "variance", "family": "student_t"}, "infinite for some values of 'nu'"),
        (
            {"order": "variance", "family": "student_t", "fixed": {"nu": [1.5, 4]}},
            "infinite for some values of 'nu', and",
        ),
        (
            {"order": "variance", "family": "student_t", "fixed": {"nu": [2.5, 4]}},
            "tell the components apart already",
        ),
        ({"order": "mean", "family": "frechet"}, "infinite for some values of 'shape'"),
        (
            {"order": "variance", "formula": "y ~ variance", "shared": "sigma"},
            r"order by 'theta' or 'mean' or a covariate.*that name is 'beta\[variance\]'",
        ),
        ({"order": "theta", "priors": {"theta": stanmix.Dirichlet([1, 2])}}, "leave the order to"),
        ({"order": "mean", "fixed": {"sigma": [1.0, 2.0]}}, "leave the order to"),
        ({"order": "theta", "fixed": {"theta": [0.5, 0.5]}}, "is fixed"),
        ({"order": "size"}, "can be ordered by 'mu'"),
        ({"order": 1}, "must be 'auto'"),
        ({"formula": "y ~ x", "order": "mu"}, "name the covariate"),
        ({"order": "sigma", "priors": {"sigma": stanmix.Uniform(0, 1)}}, "upper end"),
        ({"weights": 3}, "weights must be the name of a column"),
        ({"gating": "y ~ z"}, "has no response"),
        ({"gating": "z"}, "has no response"),
        ({"gating": "~ 0"}, "at least one term"),
        ({"gating": "~ z", "fixed": {"theta": [0.5, 0.5]}}, "known weights 'theta'"),
        ({"gating": "~ z", "priors": {"theta": stanmix.Dirichlet(2.0)}}, "no parameter 'theta'"),
        ({"gating": "~ z", "priors": {"gamma": stanmix.HalfNormal(2.0)}}, "cuts it off"),
        ({"priors": {"gamma": stanmix.Normal(0, 1)}}, "no parameter 'gamma'"),
        ({"gating": "~ z", "order": "theta"}, "weights of its own"),
        ({"family": "poisson", "fixed": {"sigma": 1.0}}, "'sigma' is no parameter"),
        ({"family": "poisson", "shared": ("sigma",)}, "'sigma' is no parameter"),
        ({"family": "poisson", "order": "sigma"}, "'sigma' is no parameter"),
        ({"family": "poisson", "priors": {"sigma": stanmix.HalfNormal(1)}}, "no parameter 'sigma'"),
        (
            {"family": "poisson", "priors": {"mu": stanmix.Uniform(0, 9)}},
            "any positive value, but .* cuts it off at 9",
        ),
    ],
)
def test_contradictions_and_mistakes_are_refused_at_once(arguments, word):
    with pytest.raises(InputError, match=word):
        stanmix.Mixture(**{"formula": "y ~ 1", "components": 2, **arguments})


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"formula": "x1 ~ x2"}, "names of its columns as a list"),
        ({"formula": ["x1", 2]}, "or a list of the names of columns"),
        ({"formula": ["x1"]}, "two columns or more"),
        ({"formula": ["x1", "x2", "x1"]}, "'x1' is named twice"),
        ({"family": "normal"}, "columns of family=.normal. are independent"),
        ({"family": ["normal", "cauchy"]}, "has one response, but 2 columns"),
        ({"formula": "y ~ 1", "family": "normal"}, "covariance='diagonal' is for families of"),
        ({"covariance": None}, "one of 'spherical', 'diagonal', 'tied', 'full', got None"),
        ({"covariance": "VVW"}, "one of 'spherical', 'diagonal', .*'VVV', got 'VVW'"),
        ({"priors": {"rho": stanmix.LKJ(1)}}, "no parameter 'rho'"),
        ({"covariance": "full", "priors": {"rho": stanmix.Normal(0, 1)}}, "take LKJ, got Normal"),
        ({"covariance": "full", "priors": {"sigma": stanmix.LKJ(1)}}, "not of 'sigma'"),
        ({"covariance": "full", "priors": {"theta": stanmix.LKJ(1)}}, "take Dirichlet"),
        (
            {"covariance": "full", "priors": {"rho[x1]": stanmix.LKJ(1)}},
            r"no parameter .rho\[x1\].",
        ),
        ({"covariance": "factor", "factors": 1}, "use that"),
        ({"covariance": "factor"}, "takes a number of factors"),
        ({"covariance": "full", "factors": 1}, "factors=1 is for covariance='factor'"),
        ({"covariance": "VEI", "priors": {"shape": stanmix.LogNormal(0, 1)}}, "take Dirichlet"),
        ({"covariance": "EVI", "fixed": {"shape": 0.5}}, "'shape' cannot be fixed"),
        ({"covariance": "EVI", "fixed": {"sigma": 0.5}}, "has 'sigma' in common"),
        ({"covariance": "VEI", "order": "shape"}, "can be ordered by 'x1', 'x2', 'sigma', 'theta'"),
        ({"covariance": "tied", "priors": {"rho": [stanmix.LKJ(1)] * 2}}, "shared by all"),
        ({"covariance": "full", "fixed": {"rho": 0.5}}, "'rho' cannot be fixed"),
        ({"covariance": "tied", "fixed": {"sigma": 1.0}}, "'tied' has 'sigma' in common"),
        ({"covariance": "full", "order": "rho"}, "can be ordered by 'x1', 'x2', 'theta'"),
        ({"covariance": "full", "formulas": {"rho": "~ z"}}, "do not depend on covariates"),
        ({"mean": "shared"}, "mean must be one of 'free', 'common'"),
        ({"offset": "shift"}, "no linear predictor"),
        ({"order": "mu"}, "can be ordered by 'x1', 'x2', 'theta'"),
        ({"order": "mean"}, "has a mean in each column of the response; order by 'x1' or 'x2'"),
        ({"order": "sigma"}, "can be ordered by 'x1', 'x2', 'theta'"),
        ({"order": "x1", "mean": "common"}, "can be ordered by 'mu', 'theta'"),
        ({"fixed": {"sigma": [[1.0, 2.0, 3.0]] * 2}}, r"table \(2, 2\) of them"),
        ({"fixed": {"sigma": 1.0}, "priors": {"sigma[x1]": stanmix.HalfNormal(1)}}, "both fixed"),
        ({"priors": {"mu[x3]": stanmix.Normal(0, 1)}}, r"no parameter 'mu\[x3\]'"),
        ({"priors": {"sigma[x1]": stanmix.Uniform(-1, 1)}}, "sigma is positive"),
        ({"priors": {"mu[x1]": stanmix.HalfNormal(1)}}, "cuts it off"),
        (
            {"covariance": "spherical", "priors": {"sigma[x1]": stanmix.HalfNormal(1)}},
            r"no parameter 'sigma\[x1\]'",
        ),
    ],
)
def test_contradictions_about_several_columns_are_refused_at_once(arguments, word):
    plain = {"formula": ["x1", "x2"], "components": 2, "family": "mvnormal"}
    with pytest.raises(InputError, match=word):
        stanmix.Mixture(**{**plain, "covariance": "diagonal", **arguments})


SCALES = {"formula": "y ~ x", "formulas": {"sigma": "~ z"}}
STUDENTS = {"formula": "y ~ x", "family": "student_t"}
COUNTS = {"formula": "y ~ x", "family": "negative_binomial"}


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"formulas": {"mu": "~ z"}}, "the covariates of 'mu' stand in the formula of the resp"),
        ({**COUNTS, "formulas": {"mu": "~ z"}}, "the covariates of 'mu' stand in the formula"),
        ({"formulas": {"nu": "~ z"}}, "'nu' is no parameter of family='normal', which has"),
        ({**COUNTS, "formulas": {"sigma": "~ z"}}, "'sigma' is no parameter.*'mu', 'phi'"),
        ({"formulas": {"spread": "~ z"}}, "no parameter 'spread'; 'sigma' can stand there"),
        ({**STUDENTS, "formulas": {"beta": "~ z"}}, "'sigma' and 'nu' can stand there"),
        ({"formulas": {"theta": "~ z"}}, "no parameter 'theta'"),
        ({**SCALES, "fixed": {"sigma": 1.0}}, "'sigma' is both fixed and given a formula"),
        ({**STUDENTS, "formulas": {"nu": "~ z"}, "fixed": {"nu": 4.0}}, "'nu' is both fixed and"),
        ({"formulas": {"sigma": "y ~ z"}}, r"formulas\['sigma'\]='y ~ z': this formula has no"),
        ({"formulas": {"sigma": "z"}}, r"formulas\['sigma'\]='z': this formula has no response"),
        ({"formulas": {"sigma": "~ 0"}}, "at least one term"),
        ({"formulas": {"sigma": "~ ("}}, "Cannot parse"),
        ({"formulas": "sigma ~ z"}, "formulas must be a mapping of parameters to formulas"),
        (
            {"formula": ["a", "b"], "family": "mvnormal", "covariance": "diagonal",
             "formulas": {"sigma": "~ z"}},
            "parameters of family='mvnormal' have no covariates yet",
        ),
        ({**STUDENTS, "fixed": {"nu": -4.0}}, "fixed: nu must be positive and finite, got -4"),
        ({**STUDENTS, "fixed": {"nu": 0.0}}, "fixed: nu must be positive and finite, got 0"),
        ({**STUDENTS, "fixed": {"nu": float("inf")}}, "nu must be positive and finite, got inf"),
        ({**STUDENTS, "fixed": {"nu": [4.0, float("nan")]}}, "nu must be positive and finite"),
        ({**COUNTS, "fixed": {"phi": 0.0}}, "fixed: phi must be positive and finite"),
        ({**COUNTS, "fixed": {"phi": [1.0] * 3}}, r"phi must be one number a component \(2\)"),
        ({**STUDENTS, "shared": "phi"}, "'phi' is no parameter of family='student_t'"),
        ({**SCALES, "shared": "beta_sigma"}, "'beta_sigma' are all coefficients of 'sigma'"),
        ({**STUDENTS, "shared": "nu", "fixed": {"nu": 4.0}}, "'nu' is both shared and fixed"),
        ({**STUDENTS, "formula": "y", "shared": "nu", "order": "nu"}, "shared by all"),
        ({**STUDENTS, "fixed": {"nu": 4.0}, "order": "nu"}, "that parameter is fixed"),
        ({**SCALES, "formula": "y", "order": "sigma"}, "can be ordered by 'mu', 'theta'"),
        ({**SCALES, "formula": "y", "order": "beta_sigma"}, "can be ordered by 'mu', 'theta'"),
        ({**SCALES, "formula": "y", "order": "z"}, "can be ordered by 'mu', 'theta'"),
        ({**COUNTS, "formula": "y", "order": "nu"}, "'nu' is no parameter of family='negative_b"),
        ({**SCALES, "priors": {"sigma": stanmix.HalfNormal(1)}}, "depends on covariates here; giv"),
        ({**SCALES, "priors": {"sigma[z]": stanmix.HalfNormal(1)}}, "depends on covariates here"),
        ({**SCALES, "priors": {"beta_sigma": stanmix.HalfNormal(1)}}, "cuts it off at 0"),
        ({**SCALES, "priors": {"beta_sigma[z]": stanmix.Uniform(-1, 1)}}, "cuts it off at"),
        ({"priors": {"beta_sigma[z]": stanmix.Normal(0, 1)}}, r"no parameter 'beta_sigma\[z\]'"),
        ({**STUDENTS, "priors": {"nu": stanmix.Uniform(-1, 9)}}, "nu is positive"),
        ({**COUNTS, "priors": {"phi": stanmix.Uniform(-1, 9)}}, "phi is positive"),
        ({**STUDENTS, "fixed": {"nu": 4}, "priors": {"nu": stanmix.Gamma(2, 1)}}, "both fixed and"),
    ],
)  # fmt: skip
def test_contradictions_about_other_parameters_are_refused_at_once(arguments, word):
    with pytest.raises(InputError, match=word):
        stanmix.Mixture(**{"formula": "y ~ 1", "components": 2, **arguments})


FRAME = {
    "y": [1.0, 2.5, 3.0, 4.0, 7.0, 8.0],
    "n": [0, 3, 1, 7, 2, 2],
    "x": [1.0, 2.0, 3.0, 5.0, 4.0, 4.0],
    "z": [0.0, 1.0, 1.0, 3.0, 0.0, 9.0],
    "g": list("aabbab"),
}


BINOMIAL = {"family": "binomial", "trials": "t"}


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"family": "binomial"}, 'name the column that holds it, as in trials="n"'),
        ({"family": "beta_binomial"}, "out of a number of trials"),
        ({"trials": "t"}, "families that count successes .'binomial', 'beta_binomial'.*'normal'"),
        ({"family": "poisson", "trials": "t"}, "trials='t' is for families that count successes"),
        ({"family": "bernoulli", "trials": "t"}, "not for family='bernoulli'"),
        ({**BINOMIAL, "trials": 3}, "trials must be the name of a column"),
        ({"link": {"mu": "log"}}, "'mu' of family='normal' can have 'identity', got 'log'"),
        ({"link": {"nu": "log"}}, "'nu' is no parameter of family='normal'; those are 'mu', 'sigm"),
        ({"link": "probit"}, "link must be a mapping of parameters to links"),
        ({**BINOMIAL, "formula": "y ~ x", "link": {"mu": "log"}}, "'probit' or .*, got 'log'"),
        ({**BINOMIAL, "formula": "y ~ x", "link": {"mu": "Probit"}}, "got 'Probit'"),
        ({**BINOMIAL, "link": {"mu": "probit"}}, "does not depend on covariates here"),
        ({**STUDENTS, "link": {"nu": "softplus"}}, "'nu' does not depend on covariates here"),
        ({"formula": "y ~ x", "family": "gamma", "link": {"mu": "softplus"}}, "unit of the resp"),
        ({**SCALES, "link": {"sigma": "softplus"}}, "would depend on that unit"),
        ({**BINOMIAL, "fixed": {"mu": 0.5}}, "'mu' cannot be fixed"),
        ({"family": "asymmetric_laplace", "fixed": {"quantile": 1.0}}, "between 0 and 1, got 1"),
        ({"family": "asymmetric_laplace", "fixed": {"quantile": -0.5}}, "between 0 and 1"),
        ({"family": "gamma", "fixed": {"shape": 0.0}}, "shape must be positive"),
        ({"family": "skew_normal", "fixed": {"alpha": float("inf")}}, "alpha must be finite"),
        ({"family": "beta", "priors": {"mu": stanmix.Uniform(0, 2)}}, "mu lies between 0 and 1"),
        ({"family": "skew_normal", "priors": {"alpha": stanmix.HalfNormal(1)}}, "cuts it off"),
        ({"family": "gamma", "priors": {"shape": stanmix.Uniform(-1, 2)}}, "shape is positive"),
    ],
)
def test_contradictions_about_trials_and_links_are_refused_at_once(arguments, word):
    with pytest.raises(InputError, match=word):
        stanmix.Mixture(**{"formula": "y ~ 1", "components": 2, **arguments})


def test_a_fused_likelihood_knows_usual_links_alone():
    model = stanmix.Mixture("y ~ x", 2, family="poisson", link={"mu": "softplus"})
    with pytest.raises(InputError, match=r"usual links alone.*kernel='stan'"):
        model.program("fused")
    assert model.program("auto") == model.program("stan")


@pytest.mark.parametrize(
    ("family", "y", "word"),
    [
        (
            "gamma",
            0.0,
            r"positive numbers, but 'y' is 0 in row 2 .*inflation. are a component",
        ),
        ("lognormal", -1.0, "is -1 in row 2 .counted from 0.; correct the response, or choose"),
        ("beta", 1.0, "zero and one inflation"),
        ("beta", 1.5, "1.5 in row 2 .counted from 0.; correct the response"),
        ("bernoulli", 0.5, "takes 0 and 1, but 'y' is 0.5"),
        ("geometric", 2.5, "takes counts"),
        ("binomial", 2.5, "takes counts of successes"),
        ("binomial", 7.0, "out of trials='t', but in row 2 .counted from 0. it is 7 out of 3"),
    ],
)
def test_responses_that_a_family_cannot_have_are_refused(family, y, word):
    rows = {"y": [0.2, 0.5, y, 0.8], "t": [3, 4, 3, 5]}
    if family in ("bernoulli", "geometric", "binomial"):
        rows["y"] = [0, 1, y, 1]
    stated = {"trials": "t"} if family == "binomial" else {}
    with pytest.raises(InputError, match=word):
        stanmix.Mixture("y", 2, family=family, **stated).data(rows)


def test_successes_are_constant_where_their_share_is():
    model = stanmix.Mixture("y", 2, family="binomial", trials="t")
    assert model.data({"y": [2, 2, 2], "t": [3, 4, 5]})["y"].tolist() == [2, 2, 2]
    with pytest.raises(InputError, match="'y' is constant"):
        model.data({"y": [0, 0, 0], "t": [3, 4, 5]})
    with pytest.raises(InputError, match=r"'y' is constant .1 of the trials in every row"):
        model.data({"y": [3, 4, 5], "t": [3, 4, 5]})


@pytest.mark.parametrize(
    ("arguments", "changed", "word"),
    [
        ({"formulas": {"sigma": "~ 0 + z"}}, {}, "predictor of 'sigma' has no intercept"),
        ({**STUDENTS, "formulas": {"sigma": "~ z - 1"}}, {}, "Leave the intercept in"),
        ({**SCALES}, {"z": [2.0] * 6}, "'z' is determined by the others"),
        ({**SCALES}, {"z": [0.0, 1.0, 1.0, 3.0, 0.0, float("nan")]}, "'z' has 1 missing value"),
        ({"formulas": {"sigma": "~ w"}}, {}, "Unknown column 'w'"),
        ({"formulas": {"sigma": "~ y"}}, {}, "cannot explain itself"),
        (
            {**SCALES, "order": "sigma"},
            {},
            "can be ordered by 'theta', 'mean', 'variance' or a covariate",
        ),
        ({**SCALES, "priors": {"beta_sigma[x]": stanmix.Normal(0, 1)}}, {}, "no parameter"),
        ({**STUDENTS, "priors": {"beta_nu": stanmix.Normal(0, 1)}}, {}, "no parameter 'beta_nu'"),
        ({**COUNTS}, {"y": [0, 3, -1, 7, 2, 2]}, "takes counts.* but 'y' is -1 in row 2"),
        ({**COUNTS}, {}, "takes counts.* but 'y' is 2.5 in row 1"),
    ],
)
def test_data_that_other_parameters_contradict_are_refused(arguments, changed, word):
    model = stanmix.Mixture(**{"formula": "y ~ x", "components": 2, **arguments})
    for read in (model.data, model.fit):
        with pytest.raises(InputError, match=word):
            read({**FRAME, **changed})


def test_a_scale_takes_indicators_and_a_shape_no_intercept():
    """Indicators make up a constant; a number of degrees of freedom has no unit to take up."""
    by_group = stanmix.Mixture("y ~ x", 2, formulas={"sigma": "~ 0 + g"}).data(FRAME)
    assert by_group["P_sigma"] == 2 and list(by_group["X_sigma_ones"]) == [1.0, 1.0]
    model = stanmix.Mixture("n ~ x", 2, family="negative_binomial", formulas={"phi": "~ 0 + z"})
    assert model.data(FRAME)["P_phi"] == 1


def test_a_coefficient_has_one_prior():
    frame = {"y": [1.0, 2.0, 4.0, 3.0], "x": [0.0, 1.0, 0.0, 1.0], "sigma": [1.0, 3.0, 2.0, 5.0]}
    twice = {"x": stanmix.Normal(0, 1), "beta[x]": stanmix.Normal(0, 2)}
    with pytest.raises(InputError, match=r"'x' and 'beta\[x\]' are one coefficient"):
        stanmix.Mixture("y ~ x", 2, priors=twice).data(frame)
    apart = {"sigma": stanmix.HalfNormal(1), "beta[sigma]": stanmix.Normal(0, 2)}
    stanmix.Mixture("y ~ sigma", 2, priors=apart).data(frame)


def test_the_base_of_the_priors_is_no_prior():
    with pytest.raises(InputError, match="must be a prior such as"):
        stanmix.Mixture("y ~ 1", 2, priors={"mu": stanmix.model.priors.Prior()})


@pytest.mark.parametrize(
    "exposure", [[800, 1000, 1200, 900], [1, 2, 40, 3], [-800, -801, -802, -1]]
)
def test_an_exposure_that_was_not_logged_is_refused_with_the_way_out(exposure):
    frame = {"n": [1, 2, 9, 4], "t": np.array(exposure, dtype=float)}
    counts = stanmix.Mixture("n ~ 1", 2, family="poisson", offset="t")
    with pytest.raises(
        InputError, match=r"offset='t': its values run from .*np.log\(frame\['t'\]\)"
    ):
        counts.data(frame)
    counts.data({**frame, "t": np.log(np.abs(frame["t"]))})
    # Where there is no logarithm, an offset is in the units of the response.
    stanmix.Mixture("n ~ 1", 2, offset="t").data(frame)
