"""Rows in random order: the same rows, and the same posterior, for gradients of some of them."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

import stanmix
from stanmix.errors import InputError
from stanmix.inference.engines.cmdstan import CmdStan
from stanmix.inference.problem import problem
from stanmix.inference.shuffled_rows import shuffled_rows
from stanmix.model.matrices import matrices
from stanmix.program.lower import lower

RNG = np.random.default_rng(4)
FRAME = pd.DataFrame(
    {
        "y": np.append(RNG.normal(size=60), np.nan),
        "x": RNG.normal(size=61),
        "z": RNG.normal(size=61),
        "w": RNG.integers(1, 4, 61),
        "known": np.where(RNG.random(61) < 0.3, 1 + (np.arange(61) % 2), np.nan),
    }
)
MODEL = stanmix.Mixture(
    "y ~ x", 2, gating="~ z", offset="z", weights="w", labels="known", missing="predict"
)


def stated(seed=1, model=MODEL, frame=FRAME, **options):
    return problem(model, frame, "advi", {"batch_size": 20, "seed": seed, **options})


def test_rows_stay_whole_and_move():
    plain, moved = MODEL.data(FRAME), stated().data
    assert moved.pop("batch_size") == 20
    assert set(plain) == set(moved)
    rows = ["y", "X", "Z", "offsets", "weights", "labels"]
    before, after = (
        np.column_stack([np.asarray(one[name]).reshape(60, -1) for name in rows])
        for one in (plain, moved)
    )
    assert not np.array_equal(before, after)
    np.testing.assert_array_equal(*(one[np.argsort(one[:, 0])] for one in (before, after)))
    for name in set(plain) - {*rows}:
        np.testing.assert_allclose(moved[name], plain[name], rtol=1e-12)


def test_the_seed_says_in_which_order():
    one, again, other = (stated(seed).data["y"] for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


def test_the_fit_keeps_its_rows_in_the_order_of_the_data():
    found = stated()
    np.testing.assert_array_equal(found.observed.y, FRAME["y"].to_numpy()[:60])


def test_who_looks_at_the_posterior_has_a_program_of_all_rows(tmp_path):
    found = stated()
    assert found.program.minibatch
    assert found.by_all_rows.program == lower(MODEL, "fused")
    engine = CmdStan(None, found.program.minibatch)
    with pytest.raises(ValueError, match="by_all_rows"):
        engine.log_density(None, tmp_path / "data.json", tmp_path, True)


def test_equal_rows_are_counted_once():
    counts = pd.DataFrame({"n": np.repeat([0, 1, 4, 9, 10], 20)})
    model = stanmix.Mixture("n", 2, family="poisson")
    found = stated(model=model, frame=counts, batch_size=2)
    assert sorted(found.data["y"]) == [0, 1, 4, 9, 10]
    np.testing.assert_array_equal(found.data["weights"], 20.0)
    with pytest.raises(InputError, match=r"reads 5 rows \(equal ones once"):
        stated(model=model, frame=counts, batch_size=6)


def test_more_rows_than_there_are_make_no_batch():
    design = matrices(MODEL, FRAME)
    assert len(shuffled_rows(design, 60, 1).y) == 60
    with pytest.raises(InputError, match="batch_size=61, but the likelihood reads 60 rows"):
        shuffled_rows(design, 61, 1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"group": "w"}, "the rows of each 'w' share one class"),
        (
            {"formula": "w ~ y", "family": "poisson", "link": {"mu": "softplus"}},
            "by fused likelihoods alone",
        ),
        ({"family": "ordinal", "formula": "w"}, "by fused likelihoods alone"),
    ],
)
def test_programs_that_have_no_gradient_of_some_rows(changes, message):
    model = dataclasses.replace(
        stanmix.Mixture("y", 2, missing="predict"), **{"weights": None, **changes}
    )
    with pytest.raises(InputError, match=f"batch_size: .*{message}"):
        lower(model, "auto", minibatch=True)
