"""From a statement to the plan of a program, beside the text that is rendered of it."""

from __future__ import annotations

import itertools
import re

import pytest
from parameters_block import declarations
from rendered import EXAMPLES

import stanmix
from stanmix.errors import InputError
from stanmix.program import kernels
from stanmix.program.lower import lower
from stanmix.program.plan import LONGEST_NAME
from stanmix.program.render import render
from stanmix.program.variables import Order, Place, Transform

VECTORS = {"formula": ["a", "b"], "family": "mvnormal", "covariance": "diagonal"}
COUNTS = {"formula": "n ~ x", "family": "negative_binomial"}
STUDENTS = {"formula": "y ~ x", "family": "student_t"}


def program(kernel="stan", priors="coded", **stated):
    return lower(stanmix.Mixture(**{"formula": "y", "components": 2, **stated}), kernel, priors)


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({}, "theta[component] mu[component] sigma[component]"),
        ({"shared": "sigma"}, "theta[component] mu[component] sigma[]"),
        ({"formula": "y ~ x"}, "theta[component] beta[component,covariate] sigma[component]"),
        (
            {"formula": "y ~ x", "gating": "~ z", "formulas": {"sigma": "~ z"}},
            "gamma[component,gating_covariate] beta[component,covariate] "
            "beta_sigma[component,sigma_covariate]",
        ),
        (
            {**STUDENTS, "formulas": {"nu": "~ z"}, "shared": ("nu", "sigma")},
            "theta[component] beta[component,covariate] sigma[] beta_nu[nu_covariate]",
        ),
        ({**COUNTS, "formula": "n"}, "theta[component] mu[component] phi[component]"),
        (VECTORS, "theta[component] mu[component,dimension] sigma[component,dimension]"),
        (
            {**VECTORS, "covariance": "spherical", "mean": "common"},
            "theta[component] mu[component] sigma[component]",
        ),
        (
            {**VECTORS, "shared": "sigma"},
            "theta[component] mu[component,dimension] sigma[dimension]",
        ),
    ],
)
def test_quantities_and_their_dimensions(stated, expected):
    found = program(**stated).quantities
    assert [f"{one.name}[{','.join(one.dims)}]" for one in found] == expected.split()


@pytest.mark.parametrize(
    ("stated", "of", "place"),
    [
        ({}, "mu", Place.RESPONSE),
        ({}, "sigma", Place.SCALE),
        ({"formula": "y ~ x"}, "mu", Place.RESPONSE),
        ({"formulas": {"sigma": "~ z"}}, "sigma", Place.LOG_SCALE),
        (STUDENTS, "nu", Place.OWN),
        ({**STUDENTS, "formulas": {"nu": "~ z"}}, "nu", Place.OWN),
        ({"offset": "o"}, "mu", Place.RESPONSE),
        ({"formula": "n", "family": "poisson"}, "mu", Place.OWN),
        ({"formula": "n", "family": "poisson", "offset": "o"}, "mu", Place.OFFSET),
        ({"formula": "n ~ x", "family": "poisson", "offset": "o"}, "mu", Place.LOG_OFFSET),
        ({**COUNTS, "offset": "o"}, "phi", Place.OWN),
        ({}, "theta", Place.OWN),
    ],
)
def test_about_what_and_in_units_of_what_a_quantity_is_sampled(stated, of, place):
    assert program(**stated).of(of).place is place


@pytest.mark.parametrize(
    ("stated", "ordered", "kind"),
    [
        ({"order": None}, None, None),
        ({"order": "theta"}, None, None),
        ({"order": "mu"}, "mu", Order.ALL),
        ({"order": "sigma"}, "sigma", Order.ALL),
        ({"formula": "y ~ x", "order": "x"}, "beta", Order.COLUMN),
        ({"formula": "y ~ x", "order": "sigma"}, "sigma", Order.ALL),
        ({**VECTORS, "order": "b"}, "mu", Order.COLUMN),
        ({**VECTORS, "mean": "common", "order": "mu"}, "mu", Order.ALL),
    ],
)
def test_what_is_ordered(stated, ordered, kind):
    found = program(**stated)
    assert (None if found.ordered is None else found.ordered.name) == ordered
    for one in found.quantities:
        assert one.order is (kind if one.name == ordered else Order.NONE)


@pytest.mark.parametrize("shown", ["coded", "named"])
@pytest.mark.parametrize("name", EXAMPLES)
def test_variables_are_what_the_text_declares(name, shown):
    found = lower(EXAMPLES[name][0], priors=shown)
    kinds = {
        Transform.SIMPLEX: "simplex",
        Transform.ORDERED: "ordered",
        Transform.POSITIVE_ORDERED: "positive_ordered",
    }
    text = declarations(render(found))
    assert [each.name for each in text] == [one.name for one in found.variables]
    for one, each in zip(found.variables, text, strict=True):
        assert each.sizes == one.axes
        assert each.kind == kinds.get(one.transform, "vector" if one.axes else "real")
        bounded = {
            Transform.POSITIVE: ("0", None),
            Transform.BOUNDED: (f"{one.bounds}_lower", f"{one.bounds}_upper"),
        }.get(one.transform, (None, None))
        for end, stated in zip((each.lower, each.upper), bounded, strict=True):
            assert end == stated or f"rep_array({stated}, K)" == end


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_estimated_quantity_has_its_own_name_somewhere_in_the_text(name):
    """As draws know it: declared as a parameter, or computed of what is declared."""
    found = lower(EXAMPLES[name][0])
    text = re.sub(r"//[^\n]*", "", render(found))
    _, _, after = text.partition("\nparameters {")
    for one in found.estimated:
        size = re.escape(f"[{one.axes[-1]}]") if one.axes else ""
        assert re.search(rf"(real|vector|simplex|ordered)[^;\n]*{size} {one.name}( =|;)", after)


@pytest.mark.parametrize(
    ("stated", "matrices"),
    [
        ({}, ""),
        ({"formula": "y ~ x"}, "X:P:N:mu"),
        ({"formula": "y ~ x", "gating": "~ z"}, "X:P:N:mu Z:Q:N:theta"),
        ({"gating": "~ z", "group": "g"}, "Z:Q:G:theta"),
        (
            {**STUDENTS, "formulas": {"nu": "~ z", "sigma": "~ z"}, "gating": "~ z"},
            "X:P:N:mu X_sigma:P_sigma:N:sigma X_nu:P_nu:N:nu Z:Q:N:theta",
        ),
    ],
)
def test_covariates_and_what_they_explain(stated, matrices):
    found = program(**stated).matrices
    assert [f"{one.name}:{one.size}:{one.rows}:{one.of}" for one in found] == matrices.split()


@pytest.mark.parametrize(
    ("stated", "known"),
    [
        ({}, ""),
        ({"fixed": {"theta": [0.5, 0.5]}}, "theta"),
        ({"fixed": {"sigma": 1.0, "theta": [0.5, 0.5]}}, "theta sigma"),
        ({**STUDENTS, "fixed": {"nu": 4.0}}, "nu"),
    ],
)
def test_what_is_known_is_not_estimated(stated, known):
    found = program(**stated)
    assert {one.name for one in found.quantities} - {one.name for one in found.estimated} == set(
        known.split()
    )
    declared = {variable.name for variable in found.variables}
    assert not any(name.startswith(tuple(known.split())) for name in declared if known)


def test_the_kernel_is_asked_for_or_chosen():
    assert program("auto").kernel == "fused" and program("stan").kernel == "stan"
    assert program("fused").name == f"{program('stan').name}_fused"


def test_names_say_the_structure():
    assert program(order="mu").name == "normal_mixture_ordered_mu"
    assert program(**STUDENTS, fixed={"nu": 4.0}, offset="o").name == (
        "student_t_regressions_known_nu_offset"
    )
    assert program(**VECTORS, mean="common", order=None, weights="w").name == (
        "mvnormal_mixture_diagonal_common_weights"
    )


def test_a_name_that_would_be_too_long_is_a_hash_of_its_own():
    stated = {"gating": "~ z", "group": "g", "offset": "o", "weights": "w", "order": "x"}
    shared = [(), ("sigma",), ("nu",), ("sigma", "nu")]
    formulas = [{"sigma": "~ z", "nu": "~ z"}, {"sigma": "~ z"}]
    names = [
        program(**STUDENTS, **stated, shared=common, formulas=text).name
        for common, text in itertools.product(shared, formulas)
    ]
    assert len(set(names)) == len(names) and max(map(len, names)) <= LONGEST_NAME
    assert all(re.fullmatch("student_t_regressions_[0-9a-f]{8}", name) for name in names)


@pytest.mark.parametrize(
    ("stated", "title"),
    [
        ({"order": None}, "A finite mixture of normal distributions: a scale for each component."),
        (
            {"order": "mu", "shared": "sigma"},
            "A finite mixture of normal distributions: one scale for all components and ordered "
            "means.",
        ),
        ({"formula": "n", "family": "poisson"}, "A finite mixture of Poisson distributions."),
        (
            {**COUNTS, "offset": "o"},
            "A finite mixture of negative binomial regressions with a log link: a precision for "
            "each component and an offset.",
        ),
    ],
)
def test_titles(stated, title):
    assert " ".join(program(**stated).title.split()) == title


def test_a_title_of_much_is_a_list():
    found = program(**STUDENTS, order="x", gating="~ z", group="g").title.split("\n")
    assert found[0].endswith(", with")
    assert {line[2:] for line in found[1:]} >= {
        "weights that depend on covariates",
        "one ordered coefficient",
        "one class for the rows of a group",
    }
    assert all(line.startswith("- ") for line in found[1:])


def test_plans_that_say_the_same_are_equal():
    one = program(formula="y ~ x", priors="named")
    assert one == program(formula="b ~ a", components=5, priors="named")
    assert hash(one) == hash(program(formula="b ~ a", components=5, priors="named"))
    assert one != program(formula="y ~ x") and not one.coded and program(formula="y ~ x").coded


def test_a_family_without_a_header_is_refused(monkeypatch):
    monkeypatch.setattr("stanmix.program.kernels.families", lambda: ("poisson",))
    kernels.header.cache_clear()
    with pytest.raises(InputError, match="'normal' has no fused likelihood"):
        program("fused")
    assert program("auto").kernel == "stan"
