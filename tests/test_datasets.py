from __future__ import annotations

import numpy as np
import pytest

from stanmix import datasets
from stanmix.errors import InputError

ROWS = {
    "galaxies": 82, "acidity": 155, "faithful": 272, "fetal_lamb_counts": 8, "co2": 28,
    "seizure": 140, "betablocker": 44, "patent": 70, "coal_disasters": 190, "phones": 24,
    "carcinoma": 118, "sleepstudy": 180,
}  # fmt: skip


@pytest.mark.parametrize(("name", "rows"), ROWS.items())
def test_each_is_whole_and_has_its_source(name, rows):
    frame = datasets.load(name)
    assert len(frame) == rows
    assert not frame.isna().any().any()
    about = datasets.describe(name)
    assert about.title and about.source


def test_all_are_listed():
    assert datasets.names() == list(ROWS)


def test_the_misprint_is_in_its_own_column():
    galaxies = datasets.load("galaxies")
    differ = galaxies[galaxies.velocity_km_s != galaxies.velocity_km_s_MASS_typo]
    assert differ.to_numpy().tolist() == [[26960, 26690]]
    assert datasets.load("fetal_lamb_counts").freq.sum() == 240


def test_what_was_published_of_them_is_found_again():
    """Totals and least squares, where the papers or those who use the data state them."""
    assert datasets.load("coal_disasters").days.sum() == 40_549
    sleep = datasets.load("sleepstudy")
    slope, intercept = np.polyfit(sleep.day, sleep.reaction, 1)
    assert (round(intercept, 3), round(slope, 3)) == (251.405, 10.467)
    calls = datasets.load("phones")
    slope, intercept = np.polyfit(calls.year - 1900, calls.calls, 1)
    assert (round(intercept, 1), round(slope, 2)) == (-260.1, 5.04)


def test_the_slides_are_those_of_twenty_patterns():
    """Agresti (2002), table 13.1: 34 slides are none to all seven, and 16 are all."""
    patterns = datasets.load("carcinoma").value_counts()
    assert (len(patterns), patterns[(1,) * 7], patterns[(2,) * 7]) == (20, 34, 16)


def test_an_unknown_name_lists_the_known():
    with pytest.raises(InputError, match="name must be one of 'galaxies', 'acidity'"):
        datasets.load("galaxy")
