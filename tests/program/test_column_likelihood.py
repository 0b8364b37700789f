"""Fused likelihoods of columns that are independent within a component."""

from __future__ import annotations

import re

import numpy as np
import pytest
from fused_mixtures import COLUMNS, columns, mixture
from independent import log_posterior, random_points
from interpreted import interpreted
from parameters_block import declarations
from stan_transforms import free_shape

from stanmix.program import kernels
from stanmix.program.lower import lower
from stanmix.program.render import render


@pytest.mark.parametrize("name", COLUMNS)
def test_a_fused_likelihood_is_the_portable_one(name, log_density, fused_programs):
    """Which `test_independent_columns` and `test_columns_of_several_families` hold to SciPy."""
    model = mixture(COLUMNS[name])
    assert lower(model, "auto").kernel == "fused"
    data = model.data(columns(missing=model.missing == "marginalise"))
    size = sum(int(np.prod(free_shape(each, data))) for each in declarations(model.program()))
    points = np.random.default_rng(3).normal(0, [[0.5]] * 3 + [[1.5]], (4, size))
    portable = interpreted(model, data, points)
    fused = log_density(model, data, points, kernel="fused", among=fused_programs)
    finite = np.isfinite(portable).all(axis=1)
    assert finite[:3].all()
    np.testing.assert_allclose(fused[finite, 0], portable[finite, 0], rtol=1e-9)
    largest = np.maximum(np.abs(portable[finite, 1:]), 1e-3 * np.abs(portable[finite, :1]))
    assert (np.abs(fused[finite, 1:] - portable[finite, 1:]) < 1e-9 * largest).all()


def test_items_have_the_density_of_scipy(log_density, fused_programs):
    model = mixture(COLUMNS["items of groups"])
    data = model.data(columns(missing=True))
    points = random_points(model, data, 3, seed=4)
    fused = log_density(model, data, points, kernel="fused", among=fused_programs)
    expected = [log_posterior(model, data, point) for point in points]
    np.testing.assert_allclose(fused[:, 0], expected, rtol=1e-9)


def test_gradients_are_made_of_some_rows(log_density, fused_programs):
    """The likelihood is that of all rows, and so is a gradient of one block."""
    model = mixture(COLUMNS["items"])
    data = model.data(columns(missing=True))
    points = random_points(model, data, 3, seed=5)
    whole = log_density(model, data, points, kernel="fused", among=fused_programs)

    def in_blocks(most: int) -> np.ndarray:
        stated = {**data, "batch_size": most}
        return log_density(
            model, stated, points, kernel="fused", among=fused_programs, minibatch=True
        )

    np.testing.assert_array_equal(in_blocks(data["N"]), whole)
    assert (in_blocks(data["N"] // 3)[:, 1:] != whole[:, 1:]).any()


def test_a_fused_likelihood_takes_one_matrix_of_all_columns():
    source = render(lower(mixture(COLUMNS["some of each"]), "fused"))
    declared = re.search(r"real (\w+)_lpdf\((data matrix y),", source)
    assert declared[1] == "poisson_normal_bernoulli_gamma_columns_mixture"
    assert "with_missing(to_matrix(y_poisson), observed_poisson)" in source
    # One family of complete real numbers has such a matrix already.
    alone = render(lower(mixture(COLUMNS["numbers"]), "fused"))
    assert "responses" not in alone and "_lpdf(y_scaled | mu_scaled" in alone


def test_a_header_of_columns_is_made_of_those_of_their_families():
    text = kernels.header("normal", "poisson", columns=True)
    assert text.endswith("STANMIX_COLUMNS_FUNCTION(normal_poisson_columns_mixture_lpdf, "
                         "Normal, Poisson)\n")  # fmt: skip
    one = kernels.header("bernoulli", columns=True)
    assert "STANMIX_COLUMNS_FUNCTION(bernoulli_columns_mixture_lpdf, Bernoulli)" in one
    assert "STANMIX_FUNCTION(bernoulli" not in one


def test_a_family_without_a_fused_likelihood_has_none_beside_others(monkeypatch):
    monkeypatch.setattr(kernels, "families", lambda: ("normal", "bernoulli"))
    model = mixture(COLUMNS["some of each"])
    assert lower(model, "auto").kernel == "stan"
