"""Fits to rows of which some have a known class: starts, draws, and what is asked of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from synthetic import made_up_fit

import stanmix
from stanmix import plots
from stanmix.errors import InputError
from stanmix.inference.distinct_rows import distinct_rows
from stanmix.inference.starts import multistart

MODEL = stanmix.Mixture("y", 3, labels="c")


def rows(known: float = 0.3, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    """Three classes whose names do not ascend as their means do: b at 3, a at 0, c at 6."""
    rng = np.random.default_rng(seed)
    z = rng.choice(3, 120, p=[0.3, 0.5, 0.2])
    names = np.array(["a", "b", "c"])[z]
    seen = rng.random(120) < known
    frame = pd.DataFrame({"y": rng.normal(np.array([0.0, 3.0, 6.0])[z], 1.0), "x": rng.random(120)})
    return frame.assign(c=np.where(seen, names, None)), z


FRAME, CLASSES = rows()


@pytest.fixture(scope="module")
def fit():
    return MODEL.fit(FRAME, engine="stanli", draws=300, chains=2, seed=1, progress=False)


def test_components_have_the_names_and_the_places_of_their_labels(fit):
    assert fit.posterior.component.to_numpy().tolist() == ["a", "b", "c"]
    assert fit.labelling == "named by 'c'" and "permutation" not in fit.sample_stats
    assert "mu[b]" in fit.summary().index
    means, sds = fit.posterior.mu.mean(("chain", "draw")), fit.posterior.mu.std(("chain", "draw"))
    assert (abs(means - [0.0, 3.0, 6.0]) < 4 * sds).all()
    with pytest.raises(InputError, match="known classes of rows"):
        fit.relabel()
    # By components that data tell apart the draws converge without being relabelled.
    assert fit.diagnose().figures["r_hat"] < 1.03
    assert np.isfinite(fit.loo().elpd_loo)


def test_a_known_class_is_certain(fit):
    p, known = fit.responsibilities().to_numpy(), FRAME.c.notna().to_numpy()
    np.testing.assert_array_equal(p[known], np.eye(3)[CLASSES[known]])
    assert ((p[~known] > 0) & (p[~known] < 1)).all()
    z = fit.sample_allocations().to_numpy()[..., known]
    assert (z == CLASSES[known] + 1).all()
    best = fit.allocations()
    assert best.component[known].tolist() == FRAME.c[known].tolist()
    new = fit.responsibilities(FRAME.drop(columns="c")).to_numpy()
    np.testing.assert_allclose(new[~known], p[~known], rtol=1e-12)
    assert (new[known] < 1).all()


def test_predictions_are_those_of_the_known_class(fit):
    known = FRAME.c.notna().to_numpy()
    means, draws = fit.predict(by_component=True), fit.draws()
    found = fit.predict().to_numpy()
    expected = means.to_numpy()[np.arange(120), CLASSES]
    np.testing.assert_allclose(found[known], expected[known])
    mixed = (draws["theta"] * draws["mu"]).sum(axis=1).mean()
    np.testing.assert_allclose(found[~known], mixed)
    of_a = np.flatnonzero(FRAME.c == "a")[0]
    drawn = fit.predict(kind="draws").to_numpy()[..., of_a].ravel()
    z = (drawn - draws["mu"][:, 0]) / draws["sigma"][:, 0]
    assert stats.kstest(z, "norm").pvalue > 0.001


def test_a_fit_is_whole_after_a_file(fit, tmp_path):
    again = stanmix.load(fit.save(tmp_path / "fit.nc"))
    assert again.component_names.tolist() == ["a", "b", "c"]
    np.testing.assert_array_equal(again.responsibilities(), fit.responsibilities())
    made = stanmix.from_draws(MODEL, FRAME, fit.idata)
    np.testing.assert_allclose(made.responsibilities(), fit.responsibilities())


@pytest.mark.parametrize("stated", [{}, {"gating": "~ x"}, {"weights": "w"}])
def test_starts_hold_the_labels(stated):
    frame = FRAME.assign(w=1.0)
    model = stanmix.Mixture("y", 3, labels="c", **stated)
    for start in multistart.chain_starts(model, model.matrices(frame), 3, seed=2):
        assert np.all(np.diff(start["mu_scaled"]) > 0)


def test_without_the_label_of_one_the_rest_name_it():
    frame = FRAME.assign(c=FRAME.c.where(FRAME.c != "b"))
    fit = made_up_fit(MODEL, frame)
    assert fit.component_names.tolist() == ["a", "c", "unlabelled"]


def test_other_labels_do_not_compare(fit):
    other = made_up_fit(MODEL, rows(known=0.6)[0])
    with pytest.raises(InputError, match="know the classes of other rows"):
        stanmix.compare({"one": fit, "other": other})


def test_groups_of_a_known_class(tmp_path):
    frame = FRAME.assign(g=np.repeat(np.arange(60), 2), c=[*["u", "u", "v", "v"], *[None] * 116])
    model = stanmix.Mixture("y ~ x", 2, labels="c", group="g", gating="~ 1")
    fit = made_up_fit(model, frame)
    np.testing.assert_array_equal(fit.responsibilities().to_numpy()[:4], np.eye(2)[[0, 0, 1, 1]])


def test_equal_rows_of_other_classes_are_not_one():
    frame = pd.DataFrame({"y": np.resize([0.0, 1.0], 40), "c": ["a", "b", *[None] * 38]})
    model = stanmix.Mixture("y", 2, labels="c")
    asked, counted = distinct_rows(model, model.matrices(frame))
    np.testing.assert_array_equal(counted.y, [0, 1, 0, 1])
    np.testing.assert_array_equal(counted.rows.weights, [1, 1, 19, 19])
    np.testing.assert_array_equal(counted.rows.labels.numbers, [1, 2, 0, 0])
    assert asked.labels == "c"


def test_pictures_name_the_components(fit):
    for draw in (plots.density, plots.joint, plots.trace, plots.rank):
        draw(fit)
    texts = [text.get_text() for text in plots.density(fit).get_legend().get_texts()]
    assert {"component a", "component b", "component c"} <= set(texts)
    assert plots.joint(fit).get_xlabel() == "mu, component a"


def test_classes_of_several_families():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"y": rng.gamma(2, size=40), "c": ["g", "l", *[None] * 38]})
    model = stanmix.Mixture("y", 2, family=["gamma", "lognormal"], labels="c")
    data = model.data(frame)
    np.testing.assert_array_equal(data["labels"], [1, 2, *[0] * 38])
    one = model.data(frame.assign(c=frame.c.where(frame.c == "l")))  # families tell apart
    assert one["labels"].max() == 1
