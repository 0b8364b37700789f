from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from synthetic import fit_of, noisy, pair_draws

import stanmix
from stanmix.diagnostics.components import confusion, distinct, fewest_rows

RNG = np.random.default_rng(0)
Y = np.concatenate([RNG.normal(-5, 1, 60), RNG.normal(5, 1, 60)])


def four(theta, mu):
    rng = np.random.default_rng(1)
    draws = {
        "theta": np.broadcast_to(np.asarray(theta, dtype=float), (2, 100, 4)),
        "mu": np.sort(noisy(rng, mu, 0.1, 2, 100), axis=-1),
        "sigma": np.exp(noisy(rng, np.zeros(4), 0.05, 2, 100)),
    }
    return fit_of(stanmix.Mixture("y", 4), {"y": Y}, draws)


def test_components_that_repeat_others_are_surplus():
    diagnosis = four([0.2, 0.3, 0.25, 0.25], [-5.1, -4.9, 4.9, 5.1]).diagnose()
    finding = diagnosis.about("surplus components")
    assert "K = 4 were fitted, but 2 are distinct" in finding.text
    assert "components 1 and 2, 3 and 4 are too alike" in finding.text
    assert "components=2" in finding.advice
    assert diagnosis.figures["distinct_components"] == 2
    table = diagnosis.tables["components"]
    assert list(table["most_like"]) == [2, 1, 4, 3]
    assert (table["alike"] > 0.9).all()


def test_empty_components_are_surplus():
    diagnosis = four([0.499, 0.499, 0.001, 0.001], [-5, 5, 20, 30]).diagnose()
    text = diagnosis.about("surplus components").text
    assert "2 are distinct" in text
    assert "component(s) 3, 4 hold fewer than 2 of 120 observations in most draws" in text
    assert list(diagnosis.tables["components"]["empty"]) == [0, 0, 1, 1]


def vectors(columns, **stated):
    """Two components of vectors, the second of 4 of 80 rows."""
    rng = np.random.default_rng(2)
    D = len(columns)
    y = np.concatenate([rng.normal(0, 1, (76, D)), rng.normal(8, 1, (4, D))])
    stated = {"family": "mvnormal", "covariance": "diagonal", "order": None, **stated}
    model = stanmix.Mixture(columns, 2, **stated)
    common = stated.get("mean") == "common"
    draws = {
        "theta": np.broadcast_to([0.95, 0.05], (2, 50, 2)),
        "mu": noisy(rng, [0, 8] if common else [[0] * D, [8] * D], 0.1, 2, 50),
        "sigma": np.exp(noisy(rng, np.zeros((2, D)), 0.05, 2, 50)),
    }
    return fit_of(model, dict(zip(columns, y.T, strict=True)), draws)


@pytest.mark.parametrize(
    ("columns", "stated", "fewest"),
    [
        (["a", "b"], {}, 3),
        (["a", "b", "c", "d"], {}, 5),
        (["a", "b", "c", "d"], {"mean": "common"}, 2),
    ],
)
def test_a_component_of_vectors_needs_rows_for_all_of_its_means(columns, stated, fewest):
    fit = vectors(columns, **stated)
    assert fewest_rows(fit) == fewest
    diagnosis = fit.diagnose()
    if fewest > 4:
        assert "hold fewer than 5 of 80" in diagnosis.about("surplus components").text
    else:
        assert diagnosis.figures["distinct_components"] == 2


def test_no_advice_is_to_fit_no_component():
    """Where none holds rows enough, as of three rows and three components."""
    rng = np.random.default_rng(0)
    draws = {
        "theta": rng.dirichlet([20, 20, 20], size=(2, 60)),
        "mu": noisy(rng, [1.0, 2.0, 3.5], 0.1, 2, 60),
        "sigma": np.exp(noisy(rng, [-1.0, -1.0, -1.0], 0.1, 2, 60)),
    }
    finding = (
        fit_of(stanmix.Mixture("y", 3), {"y": [1.0, 2.0, 3.5]}, draws)
        .diagnose()
        .about("surplus components")
    )
    assert "component(s) 1, 2, 3 hold fewer than 2 of 3" in finding.text
    assert "1 is distinct and holds observations" in finding.text
    assert "fit components=1 " in finding.advice


def test_rows_of_weight_zero_do_not_count():
    rng = np.random.default_rng(0)
    frame = {"y": np.concatenate([Y, np.full(3000, 50.0)])}
    frame["w"] = np.concatenate([np.ones(len(Y)), np.zeros(3000)])
    draws = {
        "theta": np.broadcast_to([0.5, 0.5], (2, 50, 2)),
        "mu": noisy(rng, [-5.0, 5.0], 0.1, 2, 50),
        "sigma": np.exp(noisy(rng, np.zeros(2), 0.05, 2, 50)),
    }
    model = stanmix.Mixture("y", 2, weights="w", order=None)
    assert fit_of(model, frame, draws).diagnose().figures["distinct_components"] == 2


@pytest.mark.parametrize("gap", [2.0, 6.0])
def test_components_that_differ_are_not(gap):
    draws, y = pair_draws(gap=gap)
    diagnosis = fit_of(stanmix.Mixture("y", 2), {"y": y}, draws).diagnose()
    assert diagnosis.figures["distinct_components"] == 2
    with pytest.raises(KeyError):
        diagnosis.about("surplus components")


def test_confusion_is_the_mean_probability_of_the_other():
    draws, y = pair_draws(chains=1, draws=5, gap=1.0)
    fit = fit_of(stanmix.Mixture("y", 2), {"y": y}, draws)
    sizes, alike = confusion(fit.draws(), fit.rows()[0])
    for s in range(5):
        d = {name: values[s] for name, values in fit.draws().items()}
        dense = d["theta"] * stats.norm.pdf(y[:, None], d["mu"], d["sigma"])
        p = dense / dense.sum(axis=1, keepdims=True)
        np.testing.assert_allclose(sizes[s], p.sum(axis=0), rtol=1e-10)
        other = (p[:, 0] * p[:, 1]).sum() / p.sum(axis=0).min()
        np.testing.assert_allclose(alike[s, 0, 1], other, rtol=1e-10)


def test_a_table_of_frequencies_is_judged_like_its_rows():
    table = stanmix.datasets.load("fetal_lamb_counts")
    each = table.loc[table.index.repeat(table["freq"])].reset_index(drop=True)
    rng = np.random.default_rng(0)
    draws = {
        "theta": rng.dirichlet([200, 40], size=(2, 60)),
        "mu": noisy(rng, [0.2, 2.0], 0.05, 2, 60),
    }
    counts = {"family": "poisson"}
    short = fit_of(stanmix.Mixture("movements", 2, weights="freq", **counts), table, draws)
    long = fit_of(stanmix.Mixture("movements", 2, **counts), each, draws)
    one, other = short.diagnose(), long.diagnose()
    assert one.figures["distinct_components"] == other.figures["distinct_components"] == 2
    np.testing.assert_allclose(
        one.tables["components"].to_numpy(), other.tables["components"].to_numpy(), rtol=1e-10
    )


def test_groups_of_alike_components_count_once():
    same = np.eye(4, dtype=bool)[None].repeat(3, axis=0)
    same[1, 0, 1] = same[1, 1, 0] = same[1, 1, 2] = same[1, 2, 1] = True
    empty = np.zeros((3, 4), dtype=bool)
    empty[2, 1:] = True
    np.testing.assert_array_equal(distinct(empty, same), [4, 2, 1])
