"""What is computed after the draws, held to Stan's own generated quantities for the same draws."""

from __future__ import annotations

import dataclasses

import cmdstanpy
import numpy as np
import pytest
from rendered import EXAMPLES

import stanmix

SOURCE = """
data {
  int<lower=1> N;
  int<lower=1> K;
  vector[N] y;
}
parameters {
  simplex[K] theta;
  vector[K] mu;
  vector<lower=0>[K] sigma;
}
generated quantities {
  vector[N] log_likelihood;
  matrix[N, K] responsibility;
  real expected = dot_product(theta, mu);
  for (n in 1:N) {
    vector[K] joint;
    for (k in 1:K) joint[k] = log(theta[k]) + normal_lpdf(y[n] | mu[k], sigma[k]);
    log_likelihood[n] = log_sum_exp(joint);
    responsibility[n] = softmax(joint)';
  }
}
"""


GATED_COUNTS = """
data {
  int<lower=1> N;
  int<lower=1> K;
  int<lower=1> P;
  int<lower=1> Q;
  array[N] int<lower=0> y;
  matrix[N, P] X;
  matrix[N, Q] Z;
}
parameters {
  array[K] vector[Q] gamma;
  array[K] vector[P] beta;
}
generated quantities {
  vector[N] log_likelihood;
  matrix[N, K] responsibility;
  vector[N] expected;
  for (n in 1:N) {
    vector[K] weight;
    vector[K] joint;
    vector[K] mean;
    for (k in 1:K) weight[k] = Z[n] * gamma[k];
    weight = softmax(weight);
    for (k in 1:K) {
      mean[k] = exp(X[n] * beta[k]);
      joint[k] = log(weight[k]) + poisson_lpmf(y[n] | mean[k]);
    }
    log_likelihood[n] = log_sum_exp(joint);
    responsibility[n] = softmax(joint)';
    expected[n] = dot_product(weight, mean);
  }
}
"""


def with_quantities(model, frame, source, data, cmdstan, folder):
    """A fit, and what Stan generates from its draws."""
    fit = model.fit(
        frame, seed=1, chains=2, draws=50, warmup=200, progress=False, output_dir=folder
    )
    files = [str(path) for path in sorted(folder.glob("**/*.csv")) if "metric" not in path.name]
    built = stanmix.cmdstan.build(source, name="after_draws", cmdstan=cmdstan, progress=False)
    program = cmdstanpy.CmdStanModel(exe_file=str(built.exe_file))
    stan = program.generate_quantities(
        data=data, previous_fit=files, sig_figs=18, gq_output_dir=str(folder / "quantities")
    )
    return fit, {name: stan.stan_variable(name) for name in stan.stan_variables()}


@pytest.fixture(scope="module")
def both(pair, cmdstan, tmp_path_factory):
    """A fit of two normals, and Stan's quantities of its draws."""
    data = {"N": len(pair), "K": 2, "y": pair["y"].tolist()}
    model, folder = stanmix.Mixture("y", 2, order=None), tmp_path_factory.mktemp("draws")
    return with_quantities(model, pair, SOURCE, data, cmdstan, folder)


def test_counts_with_gating_are_those_of_stan(cmdstan, tmp_path):
    model, frame = EXAMPLES["poisson_regressions_gating"]
    model = dataclasses.replace(model, order=None)  # under the labels of the files
    read = ("N", "K", "P", "Q", "y", "X", "Z")
    data = {name: np.asarray(model.data(frame)[name]).tolist() for name in read}
    fit, stan = with_quantities(model, frame, GATED_COUNTS, data, cmdstan, tmp_path)
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
