"""Batches of points, asked of a stand-in for a compiled program: a normal density of two numbers.

It speaks CmdStan's language, and like Stan it refuses a whole batch for one point that it has no
density at.
"""

from __future__ import annotations

import sys

import numpy as np
import pytest

from stanmix.errors import InferenceError
from stanmix.inference.runs import log_density as module
from stanmix.inference.runs.log_density import StanDensity, log_density

PROGRAM = """#!{python} -S
import json, sys
told = dict(word.split("=", 1) for word in sys.argv[1:] if "=" in word)
files = [word.split("=", 1)[1] for word in sys.argv if word.startswith("file=")]
scale = json.load(open(files[0]))["scale"]
with open("asked", "a") as asked:
    points = json.load(open(told["unconstrained_params"]))["params_r"]
    print(len(points), file=asked)
if any(point[0] > 100 for point in points):
    print("Exception: no density there")
    sys.exit(1)
with open(files[1], "w") as out:
    print("# a comment", "lp__,g_a,g_b", sep="\\n", file=out)
    for a, b in points:
        lp = -0.5 * (a * a + b * b) / scale**2 + (a if told["jacobian"] == "1" else 0)
        slope = -a / scale**2 + (1 if told["jacobian"] == "1" else 0)
        print(repr(lp), repr(slope), repr(-b / scale**2), sep=",", file=out)
"""
POINTS = np.random.default_rng(2).normal(size=(11, 2))


@pytest.fixture
def density(tmp_path):
    program, data = tmp_path / "program", tmp_path / "data.json"
    program.write_text(PROGRAM.format(python=sys.executable))
    program.chmod(0o755)
    data.write_text('{"scale": 2.0}')
    return StanDensity(program, data, tmp_path)


def asked(density):
    return [int(line) for line in (density.folder / "asked").read_text().split()]


def test_values_and_gradients_of_a_batch_in_one_call(density):
    value, gradient = density(POINTS)
    np.testing.assert_allclose(value, -0.125 * (POINTS**2).sum(axis=1) + POINTS[:, 0], rtol=1e-14)
    np.testing.assert_allclose(gradient, -0.25 * POINTS + [1, 0], rtol=1e-14)
    assert asked(density) == [11]


def test_without_the_jacobian(density):
    arguments = density.exe_file, density.data_file, POINTS, density.folder, False
    value, gradient = log_density(*arguments)
    np.testing.assert_allclose(value, -0.125 * (POINTS**2).sum(axis=1), rtol=1e-14)
    np.testing.assert_allclose(gradient, -0.25 * POINTS, rtol=1e-14)


def test_a_refused_point_is_found_and_costs_the_others_nothing(density):
    points = POINTS.copy()
    points[7, 0] = 101.0
    value, gradient = density(points)
    assert value[7] == -np.inf and np.isnan(gradient[7]).all()
    assert len(asked(density)) <= 1 + 2 * np.ceil(np.log2(11))  # batches are halved
    others = np.arange(11) != 7
    expected = density(points[others])
    np.testing.assert_array_equal(value[others], expected[0])
    np.testing.assert_array_equal(gradient[others], expected[1])


def test_where_every_point_is_refused_stan_says_why(density):
    with pytest.raises(InferenceError, match="no density there"):
        density(np.full((3, 2), 200.0))


def test_no_points_have_no_densities(density):
    value, gradient = density(np.empty((0, 2)))
    assert value.shape == (0,) and gradient.shape == (0, 2)
    assert not (density.folder / "asked").exists()


def test_output_of_another_size_is_refused(density):
    broken = density.exe_file.read_text().replace("for a, b in points:", "for a, b in points[1:]:")
    density.exe_file.write_text(broken)
    with pytest.raises(InferenceError, match="another number of points"):
        density(POINTS)


def test_several_processes_say_what_one_says(density, monkeypatch):
    one = density(POINTS)
    monkeypatch.setattr(module, "WORTH_A_PROCESS", 1.0)
    monkeypatch.setattr(module.stan, "cores", lambda: 3)
    value, gradient = density(POINTS)
    np.testing.assert_array_equal(value, one[0])
    np.testing.assert_array_equal(gradient, one[1])
    parts = sorted(density.folder.glob("part_*/asked"))
    assert [part.read_text().split() for part in parts] == [["4"], ["4"], ["3"]]
