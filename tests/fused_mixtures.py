"""Mixtures that are more to a fused likelihood than one family of whole distributions.

Their programs are compiled together, in the fixture `fused_programs`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import structures

import stanmix

Statement = dict[str, Any]

ROWS = structures.rows()
ZERO, NOISE = stanmix.PointMass(0), stanmix.Uniform(-500, 500)
CIRCLE = stanmix.Uniform(-3.141592653589793, 3.141592653589793)

# Components of several families, and some without parameters.
SEVERAL: dict[str, Statement] = {
    "counts": {"formula": "n ~ x", "family": ["negative_binomial", "negative_binomial", ZERO,
               stanmix.PointMass(6)], "gating": "~ z", "offset": "shift"},
    "times": {"formula": "positive ~ x", "family": [ZERO, "gamma", "gamma", stanmix.Uniform(0, 99)],
              "weights": "times", "formulas": {"shape": "~ z"}},
    "noise": {"formula": "y", "family": ["normal", "normal", NOISE], "group": "group"},
    "angles": {"formula": "angle", "family": [ZERO, "von_mises", "von_mises", CIRCLE]},
    "tails": {"formula": "above ~ x", "family": [ZERO, "pareto", "pareto"],
              "fixed": {"minimum": [5.0, 9.0]}},
    "successes": {"formula": "successes ~ x", "family": [ZERO, "binomial"], "trials": "trials"},
    "known classes": {"formula": "y", "family": ["normal", "normal", NOISE], "labels": "class",
                      "gating": "~ z"},
    "two families": {"formula": "y ~ x", "family": ["normal", "normal", "student_t"]},
    "three of counts": {"formula": "n ~ x", "offset": "shift", "formulas": {"phi": "~ z"},
                        "family": ["poisson", ZERO, stanmix.PointMass(6), "negative_binomial",
                                   "negative_binomial", "geometric"]},
    "one with another term of the data": {"formula": "positive", "weights": "times",
        "family": [ZERO, "normal", "lognormal", stanmix.Uniform(0, 99), "gamma", "gamma"],
        "formulas": {"sigma": "~ z", "shape": "~ x"}, "gating": "~ z"},
    "two of successes": {"formula": "successes ~ x", "family": ["beta_binomial", "binomial"],
                         "trials": "trials", "group": "group"},
    "groups of known classes": {"formula": "y ~ x", "family": ["normal"] * 3, "labels": "class",
                                "group": "group"},
    "hurdle of counts": {"formula": "n ~ x", "offset": "shift", "weights": "times",
                         "family": [ZERO, stanmix.Truncated("poisson", lower=1), "poisson"]},
    "above some counts": {"formula": "n ~ x", "formulas": {"phi": "~ z"}, "gating": "~ z",
                          "family": [ZERO, stanmix.Truncated("negative_binomial", lower=1),
                                     stanmix.Truncated("geometric", lower=2), "poisson"]},
    "between counts": {"formula": "n ~ x", "weights": "times",
                       "family": [stanmix.Truncated("poisson", lower=2, upper=9),
                                  "negative_binomial",
                                  stanmix.Truncated("geometric", upper=30)]},
    "some of the trials": {"formula": "successes ~ x", "trials": "trials",
                           "family": [ZERO, stanmix.Truncated("binomial", lower=1),
                                      stanmix.Truncated("beta_binomial", lower=2, upper=4)]},
    "between two ends": {"formula": "y ~ x", "formulas": {"sigma": "~ z"}, "group": "group",
                         "family": [stanmix.Truncated("normal", lower=-4, upper=4),
                                    stanmix.Truncated("logistic", lower=-3), "student_t"]},
    "tails with ends": {"formula": "above ~ x", "fixed": {"minimum": [4.0, 5.0]},
                        "family": [ZERO, stanmix.Truncated("pareto", upper=900), "lognormal",
                                   "pareto"]},
    "hurdle of times": {"formula": "positive ~ x", "weights": "times",
                        "family": [ZERO, stanmix.Truncated("lognormal", upper=250),
                                   stanmix.Truncated("weibull", lower=20, upper=300)]},
}  # fmt: skip

# Rows that are censored: fused where all families have tails there, or added by Stan.
BY_KIND, RIGHT = ("kind", "{} to"), "kind without intervals"
CENSORED: dict[str, Statement] = {
    "of lines": {"formula": "y ~ x", "censoring": BY_KIND, "weights": "times"},
    "about an offset": {"formula": "y", "censoring": BY_KIND, "offset": "shift", "labels": "class",
                        "order": None, "shared": "sigma"},
    "of positive numbers": {"formula": "positive ~ x", "family": "weibull", "censoring": RIGHT,
                            "formulas": {"shape": "~ z"}, "gating": "~ z"},
    "of counts": {"formula": "n ~ x", "family": ["poisson", "negative_binomial", "geometric"],
                  "censoring": BY_KIND, "offset": "shift", "fixed": {"phi": 3.0},
                  "group": "group", "weights": "times"},
    "without units": {"formula": "n", "family": "poisson", "censoring": RIGHT},
    "of successes": {"formula": "successes ~ x", "family": "binomial", "censoring": BY_KIND,
                     "trials": "trials", "labels": "class", "order": None},
    "of several families": {"formula": "y ~ x", "family": ["normal", "normal", "student_t"],
                            "censoring": BY_KIND, "gating": "~ z", "formulas": {"sigma": "~ z"}},
    "of families with tails": {"formula": "y ~ x", "family": ["gumbel", "laplace", "cauchy"],
                               "censoring": BY_KIND, "formulas": {"sigma": "~ z"}},
    "of logarithms": {"formula": "positive ~ x", "family": ["lognormal", "frechet", "loglogistic"],
                      "censoring": BY_KIND, "weights": "times", "formulas": {"shape": "~ z"}},
    "of groups": {"formula": "y ~ x", "family": ["normal", "normal", "gumbel"], "labels": "class",
                  "censoring": BY_KIND, "group": "group", "weights": "times",
                  "formulas": {"sigma": "~ z"}},
    "beyond a minimum": {"formula": "above ~ x", "family": ["pareto", "pareto", "exponential"],
                         "censoring": BY_KIND, "fixed": {"minimum": [5.0, 4.0]}, "labels": "class"},
}  # fmt: skip
# Beyond all rows, and near to them: within the scales that components have here.
TRUNCATED: dict[str, Statement] = {
    "below": {"formula": "y", "truncation": (float(ROWS.y.min()) - 0.1, None), "group": "group",
              "weights": "times"},
    "at both ends": {"formula": "y", "truncation": (float(ROWS.y.min()) - 0.1,
                     float(ROWS.y.max()) + 0.1), "shared": "sigma", "labels": "class"},
    "above": {"formula": "positive", "family": "gamma", "gating": "~ z",
              "truncation": (None, float(ROWS.positive.max()) + 9)},
    "counts": {"formula": "n", "family": ["poisson", "negative_binomial", "negative_binomial"],
               "truncation": (int(ROWS.n.min()), None), "weights": "times",
               "fixed": {"phi": [2.0, 3.0]}},
    "lines, by a column": {"formula": "y ~ x", "formulas": {"sigma": "~ z"}, "group": "group",
                           "truncation": ("y least", None), "weights": "times"},
    "counts, by columns": {"formula": "n ~ x", "truncation": ("n least", "n most"),
                           "family": ["poisson", "geometric", "negative_binomial"],
                           "offset": "shift", "gating": "~ z"},
}  # fmt: skip
BOTH: dict[str, Statement] = {
    "counts, and censored": {"formula": "n", "family": "negative_binomial", "weights": "times",
                             "censoring": BY_KIND, "truncation": (0, int(ROWS.n.max()) + 3)},
    "numbers, and censored": {"formula": "y", "family": ["normal", "student_t", "student_t"],
                              "censoring": BY_KIND, "gating": "~ z", "labels": "class",
                              "truncation": (float(ROWS.y.min()) - 0.1, None)},
    "tails of two families": {"formula": "y", "family": ["normal", "normal", "logistic"],
                              "censoring": BY_KIND, "weights": "times",
                              "truncation": (float(ROWS.y.min()) - 0.1,
                                             float(ROWS["y to"].max()) + 0.1)},
    "counts, censored by columns": {"formula": "n ~ x", "family": "poisson", "censoring": BY_KIND,
                                    "truncation": ("n least", None), "weights": "times"},
    "successes of groups, by a column": {"formula": "successes ~ x", "group": "group",
                                         "family": ["binomial", "beta_binomial"],
                                         "trials": "trials", "censoring": BY_KIND,
                                         "truncation": (None, "successes most")},
    "tails of the line": {"formula": "y", "offset": "shift", "censoring": BY_KIND,
                          "family": ["normal", "exgaussian", "student_t", "skew_normal", "gumbel",
                                     "asymmetric_laplace"],
                          "labels": "class", "truncation": ("y least", float(ROWS.y.max()) + 9)},
    "tails of logarithms": {"formula": "positive ~ x", "formulas": {"shape": "~ z"},
                            "family": ["lognormal", "weibull", "loglogistic", "inverse_gaussian",
                                       "gamma"],
                            "gating": "~ z",
                            "truncation": ("positive least", "positive most"),
                            "censoring": BY_KIND},
    "times of groups": {"formula": "positive", "family": "weibull", "truncation": (1e-3, None),
                        "censoring": RIGHT, "group": "group"},
    "times of groups, by columns": {"formula": "positive ~ x", "family": ["lognormal", "weibull"],
                                    "truncation": ("positive least", "positive most"),
                                    "censoring": BY_KIND, "group": "group"},
    "tails of fractions": {"formula": "fraction ~ x", "family": "beta", "censoring": RIGHT,
                           "truncation": (1e-3, None)},
    "tails beyond a minimum": {"formula": "above", "family": ["pareto", "frechet", "exponential"],
                               "fixed": {"minimum": [4.0]}, "censoring": BY_KIND,
                               "truncation": ("above least", None)},
}  # fmt: skip

# Two options of one family, of which `test_options_together` has data of its own.
NORMALS = [stanmix.Normal(0, 1), stanmix.Normal(1, 1)]
PAIRS: list[Statement] = [
    {"formula": ["successes ~ x", "successes ~ 1"], "family": "beta_binomial", "trials": "trials",
     "weights": "times", "components": 2},
    {"formula": "successes", "family": "beta_binomial", "trials": "trials", "offset": "shift",
     "truncation": (0, 12)},
    {"formula": "truth ~ x", "family": "bernoulli", "shared": ("x",), "labels": "class"},
    {"formula": "truth", "family": "bernoulli", "group": "group", "gating": "~ z"},
    {"formula": "angle", "family": "von_mises", "formulas": {"kappa": "~ z"}, "components": 2,
     "priors": {"mu": NORMALS}},
    {"formula": "angle ~ x", "family": "von_mises", "weights": "times"},
    {"formula": "n", "family": "negative_binomial", "truncation": (0, 99), "gating": "~ z"},
    {"formula": "y ~ x", "family": "normal", "truncation": (-99, 99)},
    {"formula": "y", "family": "normal", "truncation": (-99, 99),
     "censoring": "kind without intervals"},
    {"formula": ["a", "b"], "family": "mvnormal", "covariance": "diagonal", "mean": "common",
     "group": "group"},
]  # fmt: skip

# Columns that are independent within a component.
REAL = ("normal", "student_t", "cauchy", "laplace", "asymmetric_laplace", "logistic", "gumbel",
        "skew_normal", "exgaussian")  # fmt: skip
POSITIVE = ("lognormal", "gamma", "exponential", "weibull", "inverse_gaussian", "frechet",
            "loglogistic")  # fmt: skip
OTHERS = {"beta": "fraction", "poisson": "n", "negative_binomial": "n", "geometric": "n",
          "bernoulli": "truth"}  # fmt: skip
OF_COLUMNS = dict.fromkeys(REAL, "y") | dict.fromkeys(POSITIVE, "positive") | OTHERS
ITEMS = [f"bernoulli {number}" for number in range(1, 5)]
SEVERAL_OF_EACH = {
    f"{family} {number}": family
    for number in (1, 2)
    for family in ("poisson", "normal", "bernoulli", "gamma")
}
COLUMNS: dict[str, Statement] = {
    "every family": {"formula": [f"{family} 1" for family in OF_COLUMNS],
                     "family": {f"{family} 1": family for family in OF_COLUMNS}},
    "items": {"formula": ITEMS, "family": "bernoulli", "missing": "marginalise"},
    "items of groups": {"formula": ITEMS, "family": "bernoulli", "missing": "marginalise",
                        "group": "group", "weights": "times", "gating": "~ z"},
    "some of each": {"formula": list(SEVERAL_OF_EACH), "family": SEVERAL_OF_EACH,
                     "missing": "marginalise", "labels": "class", "weights": "times"},
    "numbers": {"formula": ["student_t 1", "student_t 2"], "family": "student_t",
                "shared": ("nu",), "fixed": {"sigma": 2.0}, "order": "theta"},
}  # fmt: skip


def columns(missing: bool) -> pd.DataFrame:
    """Columns of every family, some of whose cells are missing, beside what rows may have."""
    rng, found = np.random.default_rng(7), {}
    for family, of_kind in OF_COLUMNS.items():
        for number in range(1, 5):
            found[f"{family} {number}"] = rng.permutation(ROWS[of_kind].to_numpy(float))
    cells = pd.DataFrame(found)
    if missing:
        cells = cells.mask(rng.random(cells.shape) < 0.3)
    return cells.join(ROWS[["z", "times", "group", "class"]].reset_index(drop=True))


# Columns that are correlated within a component, or scales that are computed before.
ABC, T = {"formula": ["a", "b", "c"], "family": "mvnormal"}, {"family": "mvstudent_t"}
CORRELATED: dict[str, Statement] = {
    "any matrices": {**ABC, "covariance": "VVV", "gating": "~ z", "weights": "times"},
    "one matrix": {**ABC, "covariance": "EEE", "mean": "common", "group": "group"},
    "one matrix but for a number": {**ABC, "covariance": "VEE", "labels": "class"},
    "matrices of one volume": {**ABC, "covariance": "EVV", "group": "group", "weights": "times"},
    "scales of one ratio": {**ABC, "covariance": "VEI", "weights": "times"},
    "tails of any matrices": {**ABC, **T, "covariance": "VVV", "shared": "nu", "gating": "~ z"},
    "tails of spheres": {**ABC, **T, "covariance": "VII", "fixed": {"nu": 4.0}, "mean": "common"},
}  # fmt: skip

# Tails with a predictor, and scales with one in common.
TAILS_BY_ROW: Statement = {
    "formula": "y", "components": 2, "family": "student_t", "order": "mu", "shared": "sigma",
    "formulas": {"sigma": "~ z", "nu": "~ x"}, "priors": {"beta_nu": stanmix.Normal(1.0, 0.5)},
}  # fmt: skip

EVERY = [*SEVERAL.values(), *CENSORED.values(), *TRUNCATED.values(), *BOTH.values()]
EVERY += [*COLUMNS.values(), *PAIRS, *CORRELATED.values(), TAILS_BY_ROW]


def mixture(stated: Statement) -> stanmix.Mixture:
    """The mixture of a statement; of three components where their families are not named."""
    stated = {"components": 3, **stated}
    if isinstance(stated.get("family"), list):
        stated["components"] = len(stated["family"])
    if stated.get("censoring") == BY_KIND:
        kind, to = BY_KIND
        stated["censoring"] = (kind, to.format(stated["formula"].split(" ")[0]))
    return stanmix.Mixture(**stated)
