from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from synthetic import fit_of, made_up_fit

import stanmix
from stanmix import plots
from stanmix.errors import InputError
from stanmix.plots.style import off_screen, shown_panels
from stanmix.runs import results

LEVELS = 30


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def fit():
    """Of a factor with many levels: 32 parameters."""
    rng = np.random.default_rng(0)
    level = [f"level {i:02}" for i in np.tile(np.arange(LEVELS), 4)]
    frame = {"y": rng.normal(size=4 * LEVELS), "g": level}
    model = stanmix.Mixture("y ~ g", 2, order=None)
    made = made_up_fit(model, frame, draws=40).idata.posterior
    draws = {name: made[name].to_numpy() for name in model.parameters}
    return fit_of(model, frame, draws).relabel("order", "sigma")


@pytest.mark.parametrize(
    ("draw", "rows", "names"),
    [
        (plots.trace, 12, 32),
        (plots.rank, 12, 32),
        (plots.autocorrelation, 12, 32),
        (plots.before_and_after, 12, 32),
        (plots.pairs, 5, 32),
    ],
)
def test_many_panels_are_cut_and_the_figure_says_so(fit, draw, rows, names):
    grid = draw(fit)
    assert len(grid) == rows
    said = np.ravel(grid)[0].figure.get_supxlabel()
    shown = rows + (draw is plots.pairs)
    assert said.startswith(f"{shown} of {names} parameters are shown")
    assert "parameters=['beta[" in said


def test_every_parameter_has_a_panel_before_one_has_more(fit):
    shown, _ = shown_panels(fit, fit.idata.posterior, None, 4)
    names = [name for name, _ in shown]
    assert names == ["theta", "beta[Intercept]", "beta[g[T.level 01]]", "sigma"]


def test_what_is_named_is_drawn_however_much_it_is(fit):
    grid = plots.trace(fit, parameters=["beta[g[T.level 07]]", "sigma"])
    assert [ax.get_ylabel() for ax in grid[:, 0]] == ["beta[g[T.level 07]]", "sigma"]
    shown, left_out = shown_panels(fit, fit.idata.posterior, ["beta"], 4)
    assert len(shown) == LEVELS and not left_out
    for wrong in (["beta[none]"], [], "sigma"):
        with pytest.raises(InputError, match="parameters"):
            plots.trace(fit, parameters=wrong)


def test_few_panels_have_no_remark(fit):
    grid = plots.pairs(fit, parameters=["theta", "sigma"])
    assert grid.shape == (1, 1)
    assert not grid[0, 0].figure.get_supxlabel()


def test_pictures_for_files_leave_the_users_figures_alone(fit, tmp_path, monkeypatch):
    mine = plt.figure()
    mine.add_subplot().plot([1, 2])

    def refused(*args, **kwargs):
        raise AssertionError("a figure of pyplot, or another backend")

    monkeypatch.setattr(plt, "switch_backend", refused)
    monkeypatch.setattr(plt, "figure", refused)
    made = results.describe(fit, tmp_path)
    assert plt.get_fignums() == [mine.number]
    assert {path.stat().st_size > 5_000 for path in made.figures.values()} == {True}
    assert len(made.figures) >= 4
    with off_screen():
        figure = plots.trace(fit)[0, 0].figure
    assert figure is not mine and plt.get_fignums() == [mine.number]


def test_panels_are_those_of_quantities_shared_ones_once():
    rng = np.random.default_rng(0)
    frame = {"a": rng.normal(size=20), "b": rng.normal(size=20)}
    plane = stanmix.Mixture(
        ["a", "b"], 3, family="mvnormal", covariance="diagonal", shared=("sigma",)
    )
    fit = made_up_fit(plane, frame)
    found = dict(shown_panels(fit, fit.idata.posterior, None, 20)[0])
    assert {name: values.shape for name, values in found.items()} == {
        "theta": (1, 7, 3),
        "mu[a]": (1, 7, 3),
        "mu[b]": (1, 7, 3),
        "sigma[a]": (1, 7, 1),
        "sigma[b]": (1, 7, 1),
    }
    sigma = fit.idata.posterior["sigma"]
    np.testing.assert_array_equal(found["sigma[b]"][..., 0], sigma.sel(dimension="b"))
    students = stanmix.Mixture("a", 2, family="student_t", formulas={"sigma": "~ b"})
    fit = made_up_fit(students, frame)
    names = [name for name, _ in shown_panels(fit, fit.idata.posterior, None, 20)[0]]
    assert names == ["theta", "mu", "beta_sigma[Intercept]", "beta_sigma[b]", "nu"]
    plots.trace(fit, ["beta_sigma", "nu"])
