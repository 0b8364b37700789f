from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from scipy import stats
from synthetic import fit_of, pair_draws, switched

import stanmix
from stanmix import plots
from stanmix.errors import InputError
from stanmix.plots.contours import region_levels
from stanmix.plots.joint import smoothed


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def fit():
    draws, y = pair_draws(chains=2, draws=500, gap=6.0)
    swap = np.zeros((2, 500), dtype=bool)
    swap[1] = True
    return fit_of(stanmix.Mixture("y", 2, order=None), {"y": y}, switched(draws, swap))


def test_switched_labels_are_two_clouds_and_relabelled_ones_are_one(fit):
    def clouds(ax):
        # Contours of the level that bounds half of the draws.
        return len([path for path in ax.collections[0].get_paths()[1].to_polygons() if len(path)])

    before, after = plots.joint(fit), plots.joint(fit.relabel("ecr"))
    assert (clouds(before), clouds(after)) == (2, 1)
    assert before.get_xlabel() == "mu, component 1" and before.get_ylabel() == "mu, component 2"
    assert before.get_xlim() == before.get_ylim()
    x, y = before.lines[0].get_data()
    assert len(x) == 1000 and np.all((x < 0) == (y > 0))


def test_regions_are_those_of_the_normal_that_the_draws_come_from():
    # Of a bivariate normal, the region of probability p has squared radius -2 log(1 - p).
    rng = np.random.default_rng(0)
    pairs = rng.normal(size=(40_000, 2)) * [0.5, 2.0] + [3.0, 12.0]
    grid, density = smoothed(pairs, -5.0, 25.0)
    first, second = np.meshgrid(grid, grid, indexing="ij")
    radius = ((first - 3) / 0.5) ** 2 + ((second - 12) / 2.0) ** 2
    for p, level in zip((0.9, 0.5), region_levels(density, (0.9, 0.5)), strict=True):
        area = (density >= level).sum() * (grid[1] - grid[0]) ** 2
        expected = np.pi * 0.5 * 2.0 * stats.chi2(2).ppf(p)
        np.testing.assert_allclose(area, expected, rtol=0.15)  # the kernel widens by a tenth
        inside = radius < 0.7 * stats.chi2(2).ppf(p)
        assert density[inside].min() > level


def test_limits_parameters_and_components_are_the_users(fit):
    ax = plots.joint(fit, "sigma", (2, 1), limits=(0.0, 3.0))
    np.testing.assert_allclose(ax.get_xlim(), (0, 3))
    assert ax.get_xlabel() == "sigma, component 2" and ax.get_ylabel() == "sigma, component 1"
    for components in ((1, 1), (1, 3)):
        with pytest.raises(InputError, match="two of 1, 2"):
            plots.joint(fit, components=components)
    for components in ((0, 1), (1, 2, 2), "12", None):
        with pytest.raises(InputError, match="components must be a pair of numbers"):
            plots.joint(fit, components=components)
    for limits in ((1, 1), (3, 0), (0, np.nan), (0, 1, 2)):
        with pytest.raises(InputError, match="limits must be a pair of numbers"):
            plots.joint(fit, limits=limits)
    with pytest.raises(InputError, match="'mu'"):
        plots.joint(fit, "slope")


def test_one_component_and_one_draw_are_refused():
    draws, y = pair_draws(chains=1, draws=1)
    with pytest.raises(InputError, match="single draw"):
        plots.joint(fit_of(stanmix.Mixture("y", 2), {"y": y}, draws))
    one = {name: values[..., :1] for name, values in draws.items()}
    with pytest.raises(InputError, match="two of 1, got"):
        plots.joint(fit_of(stanmix.Mixture("y", 1), {"y": y}, one))


def test_a_saved_picture_is_a_file_of_its_size_and_its_figure_is_closed(fit, tmp_path):
    for draw in (plots.joint, plots.trace, lambda fit: plots.joint(fit).figure):
        drawn = draw(fit)
        figure = np.ravel(drawn)[0].figure if not hasattr(drawn, "savefig") else drawn
        path = plots.save(drawn, tmp_path / "picture.png", dpi=50)
        height, width = plt.imread(path).shape[:2]
        np.testing.assert_allclose([width, height], 50 * figure.get_size_inches(), atol=1)
        assert not plt.get_fignums()


def test_what_cannot_be_saved_is_refused_before_it_is_drawn(fit, tmp_path):
    ax = plots.joint(fit)
    with pytest.raises(InputError, match=r"must end in the name of a format: .*\.png"):
        plots.save(ax, tmp_path / "picture")
    with pytest.raises(InputError, match=r"must end in the name of a format: .*\.png"):
        plots.save(ax, tmp_path / "picture.xyz")
    with pytest.raises(InputError, match="path: there is no folder"):
        plots.save(ax, tmp_path / "none" / "picture.png")
    for drawn in (None, fit, [], "picture"):
        with pytest.raises(InputError, match="drawn must be what a function of stanmix"):
            plots.save(drawn, tmp_path / "picture.png")
    assert not list(tmp_path.iterdir())
    plt.close("all")
