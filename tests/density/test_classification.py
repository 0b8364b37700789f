from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from synthetic import fit_of, pair_draws

import stanmix
from stanmix.density.classification import classify, first_rows

DRAWS, Y = pair_draws(chains=1, draws=6, gap=2.0)


def fitted(frame: dict[str, np.ndarray], **statement: str) -> stanmix.Fit:
    return fit_of(stanmix.Mixture("y", 2, order=None, **statement), frame, DRAWS)


def probabilities(y: np.ndarray, s: int) -> np.ndarray:
    """P(class | row) at a draw, by SciPy, (N, 2)."""
    theta, mu, sigma = (DRAWS[name][0, s] for name in ("theta", "mu", "sigma"))
    joint = theta * stats.norm.pdf(y[:, None], mu, sigma)
    return joint / joint.sum(axis=1, keepdims=True)


def by_hand(p: np.ndarray, counts: np.ndarray) -> dict[str, np.ndarray]:
    """The figures of one draw, row by row."""
    N, K = counts.sum(), p.shape[1]
    modal, table, entropy, wrong = np.zeros(K), np.zeros((K, K)), 0.0, 0.0
    for row, times in zip(p, counts, strict=True):
        best = int(np.argmax(row))
        modal[best] += times
        table[best] += times * row
        entropy += times * stats.entropy(row)
        wrong += times * (1 - row[best])
    return {
        "expected": counts @ p / N,
        "modal": modal / N,
        "by_modal": table / modal[:, None],
        "entropy": np.array(1 - entropy / (N * np.log(K))),
        "error": np.array(wrong / N),
    }


@pytest.mark.parametrize("weighted", [False, True])
def test_figures_are_those_of_each_draw(weighted):
    counts = np.arange(40) % 3.0 if weighted else np.ones(40)
    fit = fitted({"y": Y, "w": counts}, **({"weights": "w"} if weighted else {}))
    found = classify(fit.draws(), fit.rows()[0])
    for s in range(6):
        for name, expected in by_hand(probabilities(Y, s), counts).items():
            np.testing.assert_allclose(getattr(found, name)[s], expected, rtol=1e-10)


def test_a_group_counts_once():
    group = np.arange(40) // 2
    fit = fitted({"y": Y, "g": group}, group="g")
    terms = fit.rows()[0]
    assert list(first_rows(terms)) == list(range(0, 40, 2))
    found = classify(fit.draws(), terms)
    for s in range(6):
        theta, mu, sigma = (DRAWS[name][0, s] for name in ("theta", "mu", "sigma"))
        each = stats.norm.logpdf(Y[:, None], mu, sigma).reshape(20, 2, 2).sum(axis=1)
        joint = theta * np.exp(each)
        expected = by_hand(joint / joint.sum(axis=1, keepdims=True), np.ones(20))
        np.testing.assert_allclose(found.by_modal[s], expected["by_modal"], rtol=1e-10)
        np.testing.assert_allclose(found.entropy[s], expected["entropy"], rtol=1e-10)


def test_figures_do_not_depend_on_blocks(monkeypatch):
    fit = fitted({"y": Y})
    whole = classify(fit.draws(), fit.rows()[0])
    monkeypatch.setattr(stanmix.density.blocks, "BLOCK", 2)
    parts = classify(fit.draws(), fit.rows()[0])
    np.testing.assert_array_equal(whole.by_modal, parts.by_modal)


def test_a_class_that_is_the_most_probable_of_no_row_has_no_figure():
    draws = {**DRAWS, "mu": np.tile([0.0, 50.0], (1, 6, 1))}
    fit = fit_of(stanmix.Mixture("y", 2, order=None), {"y": Y}, draws)
    found = classify(fit.draws(), fit.rows()[0])
    assert np.isnan(found.by_modal[:, 1]).all() and (found.modal[:, 1] == 0).all()


def test_rows_without_a_class_and_mixtures_without_classes_are_refused():
    fit = fitted({"y": Y})
    narrow = {**DRAWS, "sigma": np.full((1, 6, 2), 1e-9)}
    narrow = fit_of(stanmix.Mixture("y", 2, order=None), {"y": Y}, narrow)
    with pytest.raises(stanmix.InputError, match=r"density zero under every class"):
        classify(narrow.draws(), fit.rows({"y": [1e149, 0.0]})[0])
    one = {"theta": np.ones((1, 2, 1)), "mu": np.zeros((1, 2, 1)), "sigma": np.ones((1, 2, 1))}
    single = fit_of(stanmix.Mixture("y", 1), {"y": Y}, one)
    with pytest.raises(stanmix.InputError, match=r"one component"):
        classify(single.draws(), single.rows()[0])
