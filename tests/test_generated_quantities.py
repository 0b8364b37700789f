"""What is computed after the draws, held to functions of Stan's language at the same draws."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import stanli
from rendered import EXAMPLES

import stanmix

NORMALS = """
functions {
  vector joint(real y, vector theta, vector mu, vector sigma) {
    vector[size(theta)] result;
    for (k in 1:size(theta)) result[k] = log(theta[k]) + normal_lpdf(y | mu[k], sigma[k]);
    return result;
  }
  vector log_likelihood(vector y, vector theta, vector mu, vector sigma) {
    vector[size(y)] result;
    for (n in 1:size(y)) result[n] = log_sum_exp(joint(y[n], theta, mu, sigma));
    return result;
  }
  matrix responsibility(vector y, vector theta, vector mu, vector sigma) {
    matrix[size(y), size(theta)] result;
    for (n in 1:size(y)) result[n] = softmax(joint(y[n], theta, mu, sigma))';
    return result;
  }
  real expected(vector y, vector theta, vector mu, vector sigma) {
    return dot_product(theta, mu);
  }
}
"""


GATED_COUNTS = """
functions {
  vector weight(row_vector z, array[] vector gamma) {
    vector[size(gamma)] result;
    for (k in 1:size(gamma)) result[k] = z * gamma[k];
    return softmax(result);
  }
  vector mean_of(row_vector x, array[] vector beta) {
    vector[size(beta)] result;
    for (k in 1:size(beta)) result[k] = exp(x * beta[k]);
    return result;
  }
  vector joint(int y, row_vector x, row_vector z, array[] vector gamma, array[] vector beta) {
    vector[size(beta)] mean = mean_of(x, beta);
    vector[size(beta)] result = log(weight(z, gamma));
    for (k in 1:size(beta)) result[k] += poisson_lpmf(y | mean[k]);
    return result;
  }
  vector log_likelihood(array[] int y, matrix X, matrix Z, array[] vector gamma,
                        array[] vector beta) {
    vector[size(y)] result;
    for (n in 1:size(y)) result[n] = log_sum_exp(joint(y[n], X[n], Z[n], gamma, beta));
    return result;
  }
  matrix responsibility(array[] int y, matrix X, matrix Z, array[] vector gamma,
                        array[] vector beta) {
    matrix[size(y), size(beta)] result;
    for (n in 1:size(y)) result[n] = softmax(joint(y[n], X[n], Z[n], gamma, beta))';
    return result;
  }
  vector expected(array[] int y, matrix X, matrix Z, array[] vector gamma, array[] vector beta) {
    vector[size(y)] result;
    for (n in 1:size(y)) result[n] = dot_product(weight(Z[n], gamma), mean_of(X[n], beta));
    return result;
  }
}
"""


def with_quantities(model, frame, source, data):
    """A fit, and what Stan's functions give at its draws."""
    fit = model.fit(frame, seed=1, chains=2, draws=50, warmup=200, progress=False)
    draws = fit.draws()
    found = {}
    for name in ("log_likelihood", "responsibility", "expected"):
        of_stan = stanli.Function(name, stan_code=source)
        at = (dict(zip(draws, values, strict=True)) for values in zip(*draws.values(), strict=True))
        found[name] = np.array([of_stan({**data, **values}) for values in at])
    return fit, found


@pytest.fixture(scope="module")
def both(pair):
    """A fit of two normals, and Stan's quantities of its draws."""
    model = stanmix.Mixture("y", 2, order=None)
    return with_quantities(model, pair, NORMALS, {"y": pair["y"].to_numpy()})


def test_counts_with_gating_are_those_of_stan():
    model, frame = EXAMPLES["poisson_regressions_gating"]
    model = dataclasses.replace(model, order=None)
    data = {name: np.asarray(model.data(frame)[name]) for name in ("y", "X", "Z")}
    fit, stan = with_quantities(model, frame, GATED_COUNTS, data)
    found = fit.log_likelihood(pointwise=True).to_numpy().reshape(100, -1)
    np.testing.assert_allclose(found, stan["log_likelihood"], rtol=1e-10)
    p = stan["responsibility"].mean(axis=0)
    np.testing.assert_allclose(fit.responsibilities(), p, rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(fit.predict(), stan["expected"].mean(axis=0), rtol=1e-10)


def test_log_likelihood_is_that_of_stan(both):
    fit, stan = both
    found = fit.log_likelihood(pointwise=True).to_numpy().reshape(100, -1)
    np.testing.assert_allclose(found, stan["log_likelihood"], rtol=1e-10)


def test_responsibilities_are_those_of_stan(both):
    fit, stan = both
    expected = stan["responsibility"]
    np.testing.assert_allclose(fit.responsibilities(), expected.mean(axis=0), rtol=1e-10)
    summary = fit.responsibility_summary()
    least = np.finfo(float).tiny  # smaller numbers have fewer digits
    lower = np.quantile(expected, 0.05, axis=0)
    np.testing.assert_allclose(summary["lower"], lower, rtol=1e-10, atol=least)


def test_expected_responses_are_those_of_stan(both):
    fit, stan = both
    np.testing.assert_allclose(fit.predict().to_numpy()[0], stan["expected"].mean(), rtol=1e-10)
    ends = fit.predict(quantiles=(0.1, 0.9)).to_numpy()[:, 0]
    np.testing.assert_allclose(ends, np.quantile(stan["expected"], (0.1, 0.9)), rtol=1e-10)
