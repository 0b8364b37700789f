from __future__ import annotations

import numpy as np
import pytest
from synthetic import fit_of, pair_draws, switched

import stanmix
from stanmix.diagnostics.switching import exchanges, usual_labels

MODEL = stanmix.Mixture("y", 2, order=None)


def test_exchanges_count_whose_label_went_where():
    # Component 1 has label 1, then components 1 and 2 swap, then all three move on.
    perm = np.array([[[0, 1, 2], [1, 0, 2], [2, 1, 0], [2, 1, 0]]])
    counts = exchanges(perm)
    # Draw 2: labels of components 1 and 2 are exchanged. Draw 3: label 2 goes from component 1
    # to 2, label 1 from 2 to 3, label 3 from 3 to 1.
    np.testing.assert_array_equal(counts, [[0, 2, 0], [1, 0, 1], [1, 0, 0]])


def test_the_commonest_labels_of_each_chain():
    perm = np.array([[[0, 1]] * 3 + [[1, 0]], [[1, 0]] * 4])
    np.testing.assert_array_equal(usual_labels(perm), [[0, 1], [1, 0]])


@pytest.fixture(scope="module")
def diagnosis():
    draws, y = pair_draws()
    swap = np.zeros((4, 250), dtype=bool)
    swap[1] = True
    swap[2, 50:80] = True
    return fit_of(MODEL, {"y": y}, switched(draws, swap)).diagnose()


def test_switching_is_counted_within_and_between_chains(diagnosis):
    assert diagnosis.figures["switches_within_chains"] == 2
    assert diagnosis.figures["switch_rate"] == 2 / (4 * 249)
    assert diagnosis.figures["labellings_between_chains"] == 2
    text = diagnosis.about("label switching").text
    assert "labels change 2 times within chains (0.20% of the steps" in text
    assert "between components 1 and 2" in text
    assert "chains settle on 2 different labellings" in text
    np.testing.assert_array_equal(diagnosis.tables["labellings"], [[1, 2], [2, 1], [1, 2], [1, 2]])
    np.testing.assert_array_equal(diagnosis.tables["switches"], [[0, 2], [2, 0]])


def test_r_hat_is_told_as_sampled_aligned_and_without_labels(diagnosis):
    figures = diagnosis.figures
    assert figures["r_hat_as_sampled"] > 1.4
    assert figures["r_hat"] < 1.02 and figures["r_hat_invariant"] < 1.02


def test_draws_that_never_switch_are_fine():
    draws, y = pair_draws()
    diagnosis = fit_of(MODEL, {"y": y}, draws).diagnose()
    assert diagnosis.about("label switching").level == "fine"
    assert "switches" not in diagnosis.tables
