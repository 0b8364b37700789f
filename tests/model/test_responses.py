"""Kinds of responses: which numbers they may be, and where angles are cut."""

from __future__ import annotations

import numpy as np
import pytest

from stanmix.model import responses
from stanmix.model.responses import common, folded, turned

VALUES = np.array([-np.inf, -np.pi, -1, 0, 0.5, 1, 2, 3.5, 2.0**31, np.inf, np.nan])


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("REALS", [-np.pi, -1, 0, 0.5, 1, 2, 3.5, 2**31]),
        ("POSITIVES", [0.5, 1, 2, 3.5, 2**31]),
        ("FRACTIONS", [0.5]),
        ("COUNTS", [0, 1, 2]),  # 2**31 is none of Stan's integers
        ("COUNTED", [0, 1, 2]),
        ("TRUTHS", [0, 1]),
        ("ANGLES", [-np.pi, -1, 0, 0.5, 1, 2]),
    ],
)
def test_values_of_a_kind_are_those_that_its_words_say(kind, expected):
    assert VALUES[getattr(responses, kind).holds(VALUES)].tolist() == expected


def test_categories_are_numbered_from_one():
    for kind in (responses.CATEGORIES, responses.LEVELS):
        held = kind.holds(np.array([0.0, 1.0, 1.5, 2.0, -1.0, np.nan]))
        assert held.tolist() == [False, True, False, True, False, False]


@pytest.mark.parametrize(
    ("kind", "declared"),
    [
        ("REALS", ""),
        ("POSITIVES", "<lower=0>"),
        ("FRACTIONS", "<lower=0, upper=1>"),
        ("COUNTS", "<lower=0>"),
        ("TRUTHS", "<lower=0, upper=1>"),
        ("ANGLES", "<lower=-pi(), upper=pi()>"),
        ("LEVELS", "<lower=1, upper=C>"),
    ],
)
def test_ends_are_declared_where_there_are_any(kind, declared):
    assert getattr(responses, kind).constraint == declared


def test_values_at_an_end_have_a_finite_link_inside():
    y, trials = np.array([0.0, 3.0, 8.0]), np.array([5.0, 3.0, 8.0])
    share = responses.COUNTED.inside(y, trials)
    np.testing.assert_allclose(share, [0.5 / 6, 3.5 / 4, 8.5 / 9])
    np.testing.assert_allclose(responses.TRUTHS.inside(np.array([0.0, 1.0]), None), [0.25, 0.75])
    assert (responses.COUNTS.inside(y, None) > 0).all()
    cut = responses.ANGLES.inside(np.array([-np.pi, 0.5, np.pi]), None)
    assert np.abs(np.tan(cut / 2)).max() < 20 and cut[1] == 0.5


def test_angles_are_the_same_directions_wherever_they_are_cut():
    angles = np.linspace(0, 2 * np.pi, 41)
    for centre in (0.0, 2.5, -7.0):
        found = turned(angles, centre)
        np.testing.assert_allclose(np.exp(1j * found), np.exp(1j * angles), atol=1e-14)
        assert (np.abs(found - centre) <= np.pi).all()
    half = folded(angles)
    np.testing.assert_allclose(np.exp(1j * half), np.exp(1j * angles), atol=1e-14)
    assert (np.abs(half) <= np.pi).all() and folded(np.array([np.pi]))[0] == np.pi
    # What is no angle of one turn is left for a refusal.
    np.testing.assert_array_equal(folded(np.array([-4.0, 7.0, 180.0])), [-4.0, 7.0, 180.0])


def test_several_families_take_what_all_of_them_take():
    assert common([responses.COUNTS] * 2) is responses.COUNTS
    for kinds in ([responses.REALS, responses.POSITIVES], [responses.POSITIVES, responses.REALS]):
        found = common(kinds)
        assert (found.ends, found.origin, found.unit) == ((0.0, np.inf), False, True)
    narrow = common([responses.POSITIVES, responses.FRACTIONS, responses.REALS])
    assert (narrow.ends, narrow.unit) == ((0.0, 1.0), False)
    assert common([responses.COUNTS, responses.COUNTED]).trials
