from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from synthetic import fit_of, pair_draws, switched

import stanmix
from stanmix import plots
from stanmix.errors import InputError


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def fit():
    draws, y = pair_draws(chains=2, draws=80, gap=6.0)
    swap = np.zeros((2, 80), dtype=bool)
    swap[1, 30:] = True
    return fit_of(stanmix.Mixture("y", 2, order=None), {"y": y}, switched(draws, swap))


def test_the_switching_map_shows_the_labels_as_sampled(fit):
    ax = plots.switching(fit.relabel("ecr"))
    image = ax.images[0].get_array()
    expected = np.repeat([0, 1], [110, 50])
    np.testing.assert_array_equal(image, [expected, 1 - expected])


def test_before_and_after_share_their_axes(fit):
    grid = plots.before_and_after(fit.relabel("pra"))
    assert grid.shape == (3, 2)
    assert [ax.get_xlabel() for ax in grid[:, 0]] == ["theta", "mu", "sigma"]
    assert grid[0, 1].get_title() == "relabelled by PRA"
    before, after = (ax.lines[0].get_xdata() for ax in grid[1])
    assert np.ptp(before) > 2 * np.ptp(after)  # two humps as sampled, one after


def test_similarity_is_sorted_by_cluster(fit):
    image = np.asarray(plots.similarity(fit).images[0].get_array())
    assert image[:20, :20].mean() > 0.9 and image[:20, 20:].mean() < 0.1
    np.testing.assert_allclose(np.sort(image, axis=None), np.sort(fit.similarity(), axis=None))


def test_similarity_of_many_observations_is_that_of_a_sample(fit, monkeypatch):
    monkeypatch.setattr(stanmix.plots.labels, "MOST_OBSERVATIONS", 12)
    ax = plots.similarity(fit)
    image = np.asarray(ax.images[0].get_array())
    assert image.shape == (12, 12)
    assert ax.get_xlabel() == "observation (12 of 40), by cluster"
    assert ((image > 0.9) | (image < 0.1)).all()


def test_what_was_not_relabelled_is_refused(fit):
    for picture in (plots.switching, plots.before_and_after):
        with pytest.raises(InputError, match=r"fit\.relabel"):
            picture(fit)
