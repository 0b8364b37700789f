from __future__ import annotations

import numpy as np
import pytest
from synthetic import fit_of, pair_draws, switched

import stanmix
from stanmix import bars
from stanmix.clustering import estimate
from stanmix.errors import InputError
from stanmix.posterior import clusters

MODEL = stanmix.Mixture("y", 2, order=None)


@pytest.fixture(scope="module")
def fit():
    draws, y = pair_draws(chains=2, draws=100, gap=6.0)
    return fit_of(MODEL, {"y": y}, draws)


def test_clusters_are_those_of_the_data_whatever_the_labels(fit):
    labels = fit.clusters()
    assert labels.dims == ("obs_id",)
    assert labels.attrs["clusters"] == 2 and labels.attrs["draws"] == 200
    same = labels.to_numpy()[:, None] == labels.to_numpy()
    np.testing.assert_array_equal(same, np.kron(np.eye(2), np.ones((20, 20))) == 1)
    rng = np.random.default_rng(0)
    draws, y = pair_draws(chains=2, draws=100, gap=6.0)
    other = fit_of(MODEL, {"y": y}, switched(draws, rng.random((2, 100)) < 0.5))
    np.testing.assert_array_equal(other.clusters(), labels)
    np.testing.assert_array_equal(fit.clusters("binder"), labels)


def test_the_expected_loss_and_the_ball_are_of_the_sampled_allocations(fit):
    labels = fit.clusters()
    z = fit.sample_allocations().to_numpy().reshape(1, 200, 40) - 1
    far = estimate.distances(labels.to_numpy() - 1, z)
    assert labels.attrs["expected_loss"] == pytest.approx(far.mean())
    ball = fit.credible_ball(labels, 0.9)
    assert ball.probability >= 0.9
    np.testing.assert_array_equal(ball.inside, far <= ball.radius + 1e-12)


def test_similarity_is_how_often_two_share_a_component(fit):
    z = fit.sample_allocations().to_numpy().reshape(200, 40)
    expected = (z[:, :, None] == z[:, None]).mean(axis=0)
    found = fit.similarity(draws=None)
    assert found.dims == ("obs_id", "other")
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_new_rows_can_be_clustered_too(fit):
    labels = fit.clusters(frame={"y": [-3.0, 3.0, -3.1]}, draws=50)
    assert list(labels) == [1, 2, 1]
    assert labels.attrs["draws"] == 50


def test_the_way_is_told(monkeypatch):
    draws, y = pair_draws(chains=2, draws=20, gap=6.0)
    many = np.tile(y, 20)
    fit = fit_of(MODEL, {"y": many}, draws)
    labels = fit.clusters(progress=False)
    assert labels.attrs["searched"] == 800 and "all 800 rows" in labels.attrs["way"]
    monkeypatch.setattr(estimate, "_SEARCHED", 500)
    monkeypatch.setattr(estimate, "_SUBSAMPLE", 100)
    part = fit.clusters(progress=False)
    assert part.attrs["way"] == "a search of 100 rows at random, extended to all 800"
    np.testing.assert_array_equal(part, labels)
    z = fit.sample_allocations().to_numpy().reshape(1, 40, 800) - 1
    expected = estimate.expected_loss(part.to_numpy() - 1, z)
    assert part.attrs["expected_loss"] == pytest.approx(expected)


def test_bars_are_shown_where_it_takes_long(fit, monkeypatch, capsys):
    monkeypatch.setattr(bars, "DELAY", 0.0)
    fit.clusters()
    assert "search for clusters" in capsys.readouterr().err
    fit.clusters(progress=False)
    assert not capsys.readouterr().err


def test_what_cannot_be_asked_is_refused(fit, monkeypatch):
    with pytest.raises(InputError, match="draws must be an integer of at least 1"):
        fit.clusters(draws=0)
    with pytest.raises(InputError, match=r"fit\.clusters"):
        fit.credible_ball(fit.clusters().assign_attrs({}).drop_attrs())
    monkeypatch.setattr(clusters, "MOST_OBSERVATIONS", 10)
    with pytest.raises(InputError, match="similarity_blocks"):
        fit.similarity()
