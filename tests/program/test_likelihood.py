"""The text of likelihoods: what a function takes is what its call gives, and in which order."""

from __future__ import annotations

import itertools
import re

import pytest

import stanmix
from stanmix.program.likelihood import likelihood
from stanmix.program.lower import lower
from stanmix.program.render import render

FORMULAS = {
    "normal": [{}, {"sigma": "~ z"}],
    "student_t": [{}, {"nu": "~ z"}, {"sigma": "~ z", "nu": "~ z"}],
    "poisson": [{}],
    "negative_binomial": [{}, {"phi": "~ z"}],
}
ROLES = {"gating": "~ z", "group": "g", "offset": "o", "weights": "w"}
SETS = [
    {name: ROLES[name] for name in chosen}
    for size in range(len(ROLES) + 1)
    for chosen in itertools.combinations(ROLES, size)
]
STATED = [
    {"family": family, "formula": formula, "formulas": formulas, "shared": shared, **roles}
    for family, all_formulas in FORMULAS.items()
    for formula in ("y", "y ~ x")
    for formulas in all_formulas
    for shared in [(), *([("sigma",)] if family in ("normal", "student_t") else [])]
    for roles in SETS
] + [
    {"family": "mvnormal", "formula": ["a", "b"], "covariance": covariance, "mean": mean,
     "shared": shared, **{name: ROLES[name] for name in roles}}
    for covariance in ("diagonal", "spherical")
    for mean in ("free", "common")
    for shared in ((), ("sigma",))
    for roles in ((), ("weights",), ("group", "gating"))
] + [
    {"family": family, "formula": "y ~ x", "labels": "c", **roles}
    for family in ("normal", "poisson") for roles in SETS
]  # fmt: skip


def program(kernel="stan", **stated):
    return lower(stanmix.Mixture(components=2, order=None, **stated), kernel)


def flat(text):
    return " ".join(text.split())


def parts(text):
    """Arguments at the outermost level, between commas or the bar of a density."""
    found, depth, start = [], 0, 0
    for place, sign in enumerate(text):
        depth += (sign in "([") - (sign in ")]")
        if depth == 0 and sign in ",|":
            found.append(text[start:place].strip())
            start = place + 1
    return [*found, text[start:].strip()]


def declared_types(source):
    """Types of all that a program declares, by name: vector, matrix, arrays of them."""
    types = {}
    pattern = r"(array\[[^\]]*\] )?(vector|matrix|real|int|simplex|ordered|positive_ordered)"
    text = re.sub(r"//[^\n]*", "", source)
    blocks = text[re.search(r"^data \{", text, re.MULTILINE).start() :]
    for array, kind, name in re.findall(rf"{pattern}(?:<[^;]*?>)?(?:\[[^\]]*\])? (\w+)", blocks):
        simple = "vector" if kind.endswith(("simplex", "ordered")) else kind
        types[name] = f"array[] {simple}" if array else simple
    return types


def type_of(expression, types):
    """The type of an argument of a call."""
    call = re.fullmatch(r"(rep_vector|rep_array)\((.*), (\w+)\)", expression)
    if call is None:
        return types[expression]
    if call[1] == "rep_vector":
        assert call[2] == "0" or types[call[2]] == "real"
        return "vector"
    inner = types.get(call[2], "int")
    return f"array[] {inner}"


@pytest.mark.parametrize("kernel", ["stan", "fused"])
def test_a_call_gives_what_the_function_takes(kernel):
    for stated in STATED:
        plan = program(kernel, **stated)
        text, types = likelihood(plan), declared_types(render(plan))
        ending = "lpmf" if plan.family.counts else "lpdf"
        head = f"real {plan.family.name}_mixture_{ending}("
        signature, call = flat(text["signature"]), flat(text["call"])
        assert signature.startswith(head)
        assert call.startswith(f"target += {head.removeprefix('real ')}") and call.endswith(");")
        taken = parts(signature[len(head) :].removesuffix(" {").rstrip(";").removesuffix(")"))
        given = parts(call[call.index("(") + 1 : -2])
        assert len(taken) == len(given)
        for one, other in zip(taken, given, strict=True):
            kind, _, name = one.removeprefix("data ").rpartition(" ")
            assert type_of(other, types) == kind, (stated, one, other)
            own = re.sub(r"^rep_\w+\((\w+), K\)$", r"\1", other)
            empty = other in ("rep_vector(0, 0)", "rep_array(0, 0)")
            assert empty or re.sub("_(scaled|centred)$", "", own) == name


def test_a_fused_function_has_all_options_or_none():
    """So that one C++ function serves; those that are not used are empty."""
    for stated in STATED:
        plan = program("fused", **stated)
        given = parts(flat(likelihood(plan)["call"]).partition("(")[2][:-2])
        used = [plan.offset_in_likelihood, plan.frequency, plan.group]
        if plan.labels:
            assert given.pop() == "labels"
        if any(used) or plan.labels:
            options = given[-3:]
            assert [not option.startswith("rep_") for option in options] == used
        else:
            assert given[-1] in ("theta", "gamma_scaled")


def test_every_program_has_balanced_brackets_and_short_lines():
    for stated, kernel in itertools.product(STATED, ("stan", "fused")):
        source = render(program(kernel, **stated))
        code = re.sub(r'//[^\n]*|"[^"\n]*"', "", source)
        for one, other in ("()", "[]", "{}"):
            assert code.count(one) == code.count(other)
        assert max(map(len, source.split("\n"))) <= 100


ROWS = {
    "normal": ({"family": "normal", "formula": "y ~ x"}, "normal_lpdf(y[n] | mu[n], sigma[k])"),
    "means": ({"family": "normal", "formula": "y"}, "normal_lpdf(y[n] | mu[k], sigma[k])"),
    "scales": (
        {"family": "normal", "formula": "y", "formulas": {"sigma": "~ z"}},
        "normal_lpdf(y[n] | mu[k], sigma[n])",
    ),
    # Stan's Student t takes the degrees of freedom first.
    "student": (
        {"family": "student_t", "formula": "y", "formulas": {"nu": "~ z"}},
        "student_t_lpdf(y[n] | nu[n], mu[k], sigma[k])",
    ),
    "counts": ({"family": "poisson", "formula": "y"}, "poisson_lpmf(y[n] | mu[k])"),
    "log counts": ({"family": "poisson", "formula": "y ~ x"}, "poisson_log_lpmf(y[n] | log_mu[n])"),
    "offset": (
        {"family": "poisson", "formula": "y", "offset": "o"},
        "poisson_log_lpmf(y[n] | log(mu[k]) + offsets[n])",
    ),
    "log precision": (
        {"family": "negative_binomial", "formula": "y ~ x", "formulas": {"phi": "~ z"}},
        "neg_binomial_2_log_lpmf(y[n] | log_mu[n], phi[n])",
    ),
    "vectors": (
        {"family": "mvnormal", "formula": ["a", "b"], "covariance": "diagonal"},
        "normal_lpdf(y[n] | mu[k], sigma[k])",
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_the_density_of_a_row(name):
    stated, density = ROWS[name]
    assert likelihood(program(**stated))["of_families"][0]["density"] == density


@pytest.mark.parametrize(
    ("stated", "lines"),
    [
        ({"family": "normal", "formula": "y"}, []),
        ({"family": "normal", "formula": "y ~ x"}, ["vector[N] mu = X * beta[k];"]),
        # An offset of a mean itself is subtracted from the response beforehand.
        (
            {"family": "normal", "formula": "y ~ x", "offset": "o"},
            ["vector[N] mu = X * beta[k];"],
        ),
        (
            {"family": "negative_binomial", "formula": "y ~ x", "offset": "o",
             "formulas": {"phi": "~ z"}},
            [
                "vector[N] log_mu = X * beta[k] + offsets;",
                "vector[N] phi = exp(X_phi * beta_phi[k]);",
            ],
        ),
    ],
)  # fmt: skip
def test_what_varies_over_rows_is_computed_first(stated, lines):
    assert likelihood(program(**stated))["of_families"][0]["at_rows"] == lines


@pytest.mark.parametrize(
    ("stated", "formula"),
    [
        ({"family": "normal", "formula": "y"}, "normal(y[n] | mu[k], sigma[k])"),
        (
            {"family": "poisson", "formula": "y", "offset": "o"},
            "poisson(y[n] | mu[k] * exp(offsets[n]))",
        ),
        (
            {"family": "negative_binomial", "formula": "y ~ x", "offset": "o"},
            "neg_binomial_2(y[n] | exp(X[n] * beta[k] + offsets[n]), phi[k])",
        ),
        (
            {"family": "student_t", "formula": "y ~ x", "formulas": {"sigma": "~ z"}},
            "student_t(y[n] | nu[k], X[n] * beta[k], exp(X_sigma[n] * beta_sigma[k]))",
        ),
        (
            {"family": "mvnormal", "formula": ["a", "b"], "covariance": "spherical"},
            "prod_d normal(y[n, d] | mu[k, d], sigma[k])",
        ),
    ],
)
def test_the_formula_in_the_comment(stated, formula):
    assert likelihood(program(**stated))["formulas"] == [formula]


@pytest.mark.parametrize(
    ("roles", "entry", "unit"),
    [
        ({}, "log_density[n, k] = ", "n"),
        ({"weights": "w"}, "log_density[n, k] = ", "n"),  # counted where components are mixed
        ({"group": "g"}, "log_density[group[n], k] += ", "g"),
        ({"group": "g", "weights": "w"}, "log_density[group[n], k] += weights[n] * ", "g"),
    ],
)
def test_where_the_density_of_a_row_goes(roles, entry, unit):
    found = likelihood(program(family="normal", formula="y", **roles))
    assert (found["of_families"][0]["entry"], found["unit"]) == (entry, unit)
