"""Fused likelihoods of vectors, whose columns have a covariance within a component."""

from __future__ import annotations

import numpy as np
import pytest
from fused_mixtures import CORRELATED, ROWS, mixture
from independent import log_posterior
from interpreted import interpreted
from parameters_block import declarations
from stan_transforms import free_shape

import stanmix
from stanmix.errors import InputError
from stanmix.program.lower import lower
from stanmix.program.render import render


def free_points(model, data, spread):
    size = sum(int(np.prod(free_shape(one, data))) for one in declarations(model.program()))
    return np.array(spread)[:, None] * np.random.default_rng(6).normal(size=(len(spread), size))


def assert_same(fused, portable, rtol=1e-9):
    np.testing.assert_allclose(fused[:, 0], portable[:, 0], rtol=rtol)
    scale = np.abs(portable[:, 1:]).max(axis=1, keepdims=True)
    np.testing.assert_allclose(fused[:, 1:] / scale, portable[:, 1:] / scale, rtol=rtol, atol=rtol)


@pytest.mark.parametrize("name", CORRELATED)
def test_a_fused_likelihood_is_the_portable_one(name, log_density, fused_programs):
    model = mixture(CORRELATED[name])
    assert lower(model, "auto") == lower(model, "fused")
    data = model.data(ROWS)
    points = free_points(model, data, [0.3, 0.3, 1.0, 1.0])
    portable = interpreted(model, data, points)
    assert np.isfinite(portable).all()
    fused = log_density(model, data, points, kernel="fused", among=fused_programs)
    assert_same(fused, portable)
    scipy = [log_posterior(model, data, u) for u in points]
    np.testing.assert_allclose(fused[:, 0], scipy, rtol=1e-9)


@pytest.mark.parametrize("name", ["any matrices", "tails of any matrices"])
def test_there_is_a_number_wherever_the_portable_one_has_one(name, log_density, fused_programs):
    """Where matrices are nearly singular and rows far out, or there are hardly any."""
    model = mixture(CORRELATED[name])
    data = model.data(ROWS)
    points = free_points(model, data, [2.0, 3.0, 4.0, 5.0])
    few = {**data, "N": 3} | {key: np.array(data[key])[:3] for key in ("y", "Z", "weights")
                              if key in data}  # fmt: skip
    far = np.array(data["y"])
    far[:4] *= [[1e3], [-1e6], [1e12], [1e60]]
    for each in (data, few, {**data, "y": far}):
        portable = interpreted(model, each, points)
        fused = log_density(model, each, points, kernel="fused", among=fused_programs)
        there = np.isfinite(portable).all(axis=1)
        assert there[:2].all()
        assert_same(fused[there], portable[there], 1e-7)  # digits that singular matrices leave


def test_gradients_are_made_of_some_rows(log_density, fused_programs):
    """Three times that of a third of the rows, beside that of the priors."""
    model = mixture(CORRELATED["any matrices"])
    data, N = model.data(ROWS), len(ROWS)
    points = free_points(model, data, [0.3] * 6)
    whole = interpreted(model, data, points)
    blocks = [slice(N * b // 3, N * (b + 1) // 3) for b in range(3)]
    parts = []
    for rows in blocks:
        own = {key: np.array(data[key])[rows] for key in ("y", "Z", "weights")}
        parts.append(interpreted(model, {**data, **own, "N": len(own["y"])}, points))
    priors = (sum(parts) - whole) / 2
    stated = {**data, "batch_size": -(-N // 3)}
    found = log_density(model, stated, points, kernel="fused", among=fused_programs, minibatch=True)
    size = np.abs(whole[:, 1:]).max()
    apart = [np.abs(found - (priors + 3 * (part - priors)))[:, 1:].max(axis=1) for part in parts]
    assert (np.min(apart, axis=0) < 1e-9 * size).all()
    assert len({*np.argmin(apart, axis=0)}) > 1


def test_what_a_row_takes_together_is_computed_once_a_component():
    source = render(lower(mixture(CORRELATED["any matrices"]), "fused"))
    assert "  L_Sigma[k] = diag_pre_multiply(sigma_scaled[k], L_Omega[k]);" in source
    assert "multi_normal_cholesky_mixture_lpdf(y_scaled | mu_scaled, L_Sigma," in source
    in_common = render(lower(mixture(CORRELATED["one matrix"]), "fused"))
    assert "L_Sigma = rep_array(diag_pre_multiply(sigma_scaled, L_Omega), K);" in in_common
    apart = render(lower(mixture(CORRELATED["scales of one ratio"]), "fused"))
    assert "scales[k] = sigma_scaled[k] * of_product_one(shape_scaled);" in apart
    assert "mvnormal_mixture_lpdf(y_scaled | mu_scaled, scales," in apart
    factors = stanmix.Mixture(["a", "b", "c"], 2, family="mvstudent_t", covariance="factor",
                              factors=1)  # fmt: skip
    together = render(lower(factors, "fused"))
    assert "L_Sigma[k] = factor_cholesky(loadings_scaled[k], sigma_scaled[k]);" in together
    assert "matrix factor_cholesky(" in together
    assert "multi_student_t_cholesky_mixture_lpdf(y_scaled | mu_scaled, L_Sigma, nu," in together


def test_blocks_of_columns_beside_others_have_none_yet():
    model = stanmix.Mixture(
        ["a", "b", "y"],
        2,
        family={("a", "b"): "mvnormal", "y": "normal"},
        covariance={("a", "b"): "full"},
    )
    assert lower(model, "auto").kernel == "stan"
    with pytest.raises(InputError, match="no fused likelihood of blocks of columns beside others"):
        lower(model, "fused")
