"""What a program reads: its declarations, and values that have the types declared."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from parameters_block import value_of
from rendered import COPIES, EXAMPLES

import stanmix
from stanmix.program.data import standata
from stanmix.program.data_block import data_block
from stanmix.program.lower import lower
from stanmix.program.render import render

_DECLARATION = re.compile(
    r"(?:array\[(?P<array>[^\]]*)\] )?(?P<kind>int|real|vector|matrix|simplex)"
    r"(?:<(?P<bounds>[^>]*)>)?(?:\[(?P<sizes>[^\]]*)\])? (?P<name>\w+);"
)
BOTH = ["coded", "named"]


def declared(program):
    """The declarations of the block ``data`` of a program's text, in their order."""
    block = re.search(r"^data \{\n(.*?)^\}", program, re.DOTALL | re.MULTILINE)[1]
    lines = re.sub(r"//[^\n]*", "", block).split("\n")
    return [_DECLARATION.fullmatch(line.strip()) for line in lines if line.strip()]


def numbers_of(text, data):
    return [] if text is None else [value_of(part, data) for part in text.split(",")]


def check(declaration, data):
    """Hold a value to the kind, the sizes and the bounds that are declared."""
    value = np.asarray(data[declaration["name"]])
    sizes = numbers_of(declaration["array"], data) + numbers_of(declaration["sizes"], data)
    assert value.shape == tuple(sizes), declaration[0]
    if declaration["kind"] == "int":
        assert value.dtype.kind in "iu", declaration[0]
    else:
        assert value.dtype.kind in "iuf" and not np.isnan(value).any(), declaration[0]
    if declaration["kind"] == "simplex":
        assert value.sum() == pytest.approx(1) and (value >= 0).all()
    for bound in (declaration["bounds"] or "").split(", "):
        end, _, at = bound.partition("=")
        limit = value_of(at, data) if at else 0.0
        assert end != "lower" or (value >= limit).all(), declaration[0]
        assert end != "upper" or (value <= limit).all(), declaration[0]


@pytest.mark.parametrize("priors", BOTH)
@pytest.mark.parametrize("name", EXAMPLES)
def test_values_have_the_types_that_the_text_declares(name, priors):
    model, frame = EXAMPLES[name]
    data, declarations = model.data(frame, priors=priors), declared(model.program(priors=priors))
    assert None not in declarations
    assert [each["name"] for each in declarations] == list(data)
    for each in declarations:
        check(each, data)


@pytest.mark.parametrize("name", EXAMPLES)
def test_values_survive_being_written(name):
    """As CmdStan reads them: an infinite bound, and an array without entries among them."""
    model, _ = EXAMPLES[name]
    data = json.loads((COPIES / f"{name}.data.json").read_text())
    for each in declared(model.program(priors="named")):
        check(each, data)


FRAME = {
    "y": [3.0, 1.0, 4.0, 2.0, 6.0, 5.0],
    "x": [0.5, 1.5, -1.0, 2.0, 0.0, 1.0],
    "z": [1.0, 1.0, 0.0, 0.0, 2.0, 2.0],
    "g": ["b", "b", "a", "a", "c", "c"],
    "w": [1, 2, 0, 1, 3, 1],
    "o": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6],
}
ROLES = {"offset": "o", "weights": "w", "group": "g"}
VECTORS = {"formula": ["y", "x"], "family": "mvnormal", "covariance": "diagonal"}
COUNTS = {"family": "negative_binomial"}
ROWS = "N K"


@pytest.mark.parametrize(
    ("stated", "names"),
    [
        ({}, f"{ROWS} y y_centre y_scale theta_prior | mu sigma : sigma"),
        (
            {"formula": "y ~ x", **ROLES, "gating": "~ z"},
            f"{ROWS} P X y offsets weights G group Q Z y_centre y_scale X_centre X_scale X_ones "
            "Z_centre Z_scale Z_ones | gamma beta sigma : sigma",
        ),
        (
            {"formula": "y ~ x", "order": "x", "fixed": {"sigma": 1.0}},
            f"{ROWS} P X y sigma y_centre y_scale X_centre X_scale X_ones ordered_covariate "
            "theta_prior | beta :",
        ),
        ({"fixed": {"theta": [0.5, 0.5]}}, f"{ROWS} y theta y_centre y_scale | mu sigma : sigma"),
        ({"order": "sigma"}, f"{ROWS} y y_centre y_scale theta_prior | mu sigma :"),
        (
            {"formulas": {"sigma": "~ z"}},
            f"{ROWS} P_sigma X_sigma y y_centre y_scale X_sigma_centre X_sigma_scale X_sigma_ones "
            "theta_prior | mu beta_sigma :",
        ),
        (COUNTS, f"{ROWS} y theta_prior | mu phi : phi"),
        ({**COUNTS, "offset": "o"}, f"{ROWS} y offsets offset_centre theta_prior | mu phi : phi"),
        (
            {**VECTORS, "order": "x"},
            f"{ROWS} D y y_centre y_scale ordered_coordinate theta_prior | mu sigma : sigma",
        ),
    ],
)
def test_what_each_structure_reads(stated, names):
    """Its own names; then of which quantities it reads priors, and of which also their ends."""
    own, _, rest = names.partition("|")
    with_prior, _, bounded = rest.partition(":")
    expected = set(own.split())
    for name in with_prior.split():
        expected |= {f"{name}_prior", f"{name}_prior_arguments"}
        if name.startswith(("beta", "gamma")):
            expected.add(f"{name}_prior_at_zero")
    expected |= {f"{name}_{end}" for name in bounded.split() for end in ("lower", "upper")}
    program = lower(stanmix.Mixture(**{"formula": "y", "components": 2, "order": None, **stated}))
    found = [datum.name for datum in data_block(program)]
    assert set(found) == expected and len(found) == len(expected)
    assert found == [each["name"] for each in declared(render(program))]


def test_the_values_are_those_of_the_frame():
    model = stanmix.Mixture(
        "y ~ x",
        2,
        family="student_t",
        gating="~ z",
        formulas={"nu": "~ z"},
        fixed={"sigma": [1.0, 2.0]},
        order="x",
        **ROLES,
    )
    data = standata(model, model.matrices(FRAME))
    ones, x, z = np.ones(6), np.array(FRAME["x"]), np.array(FRAME["z"])
    np.testing.assert_array_equal(data["X"], np.column_stack([ones, x]))
    np.testing.assert_array_equal(data["X_nu"], np.column_stack([ones, z]))
    np.testing.assert_array_equal(data["Z"], [[1, 1], [1, 0], [1, 2]])
    np.testing.assert_array_equal(data["group"], [1, 1, 2, 2, 3, 3])
    np.testing.assert_array_equal(data["sigma"], [1.0, 2.0])
    np.testing.assert_array_equal(data["offsets"], FRAME["o"])
    np.testing.assert_array_equal(data["weights"], FRAME["w"])
    assert (data["N"], data["K"], data["P"], data["P_nu"], data["Q"], data["G"]) == (
        6, 2, 2, 2, 2, 3
    )  # fmt: skip
    assert data["ordered_covariate"] == 2
    for name, expected in (("X", x), ("X_nu", z)):
        centred = data[name] @ np.asarray(data[f"{name}_ones"])
        np.testing.assert_array_equal(centred, ones)
        assert data[f"{name}_centre"][0] == 0 and data[f"{name}_scale"][0] == 1
        moved = (expected - data[f"{name}_centre"][1]) / data[f"{name}_scale"][1]
        assert np.average(moved, weights=FRAME["w"]) == pytest.approx(0, abs=1e-12)
        assert np.average(moved**2, weights=FRAME["w"]) == pytest.approx(1, rel=1e-12)


def test_stated_priors_and_their_supports():
    priors = {
        "x": stanmix.Normal(1, 2),
        "sigma": stanmix.Uniform(1, 4),
        "theta": stanmix.Dirichlet([1, 3]),
    }
    model = stanmix.Mixture("y ~ x", 2, priors=priors, order=None)
    data = model.data(FRAME)
    assert data["theta_prior"] == [1, 3]
    assert data["beta_prior_at_zero"] == [0, 1]
    mean, sd, _ = data["beta_prior_arguments"][1]
    of_y, of_x = data["y_scale"], data["X_scale"][1]
    assert (mean, sd) == pytest.approx((1 * of_x / of_y, 2 * of_x / of_y))
    assert data["sigma_lower"] == pytest.approx(1 / of_y)
    assert data["sigma_upper"] == pytest.approx(4 / of_y)
    half = stanmix.Mixture("y", 2, priors={"sigma": stanmix.Normal(5, 1)}).data(FRAME)
    assert half["sigma_lower"] == 0 and half["sigma_upper"] == np.inf


def test_a_named_prior_reads_its_arguments_alone():
    priors = {"mu": stanmix.StudentT(4, 0, 2), "sigma": stanmix.Flat()}
    model = stanmix.Mixture("y", 2, priors=priors)
    program = lower(model, priors="named")
    types = {datum.name: datum.type for datum in data_block(program)}
    assert types["mu_prior"] == "vector[3]"
    assert not {name for name in types if name.startswith("sigma_prior")}
    assert not {"mu_prior_arguments", "sigma_lower"} & set(types)
