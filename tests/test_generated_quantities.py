"""What is computed after the draws, held to Stan's own generated quantities for the same draws."""

from __future__ import annotations

import cmdstanpy
import numpy as np
import pytest

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


@pytest.fixture(scope="module")
def both(pair, cmdstan, tmp_path_factory):
    """A fit of two normals, and Stan's quantities of its draws."""
    folder = tmp_path_factory.mktemp("draws")
    model = stanmix.Mixture("y", 2, order=None)
    fit = model.fit(pair, seed=1, chains=2, draws=50, warmup=200, progress=False, output_dir=folder)
    files = [str(path) for path in sorted(folder.glob("**/*.csv")) if "metric" not in path.name]
    built = stanmix.cmdstan.build(SOURCE, name="after_draws", cmdstan=cmdstan, progress=False)
    program = cmdstanpy.CmdStanModel(exe_file=str(built.exe_file))
    data = {"N": len(pair), "K": 2, "y": pair["y"].tolist()}
    stan = program.generate_quantities(
        data=data, previous_fit=files, sig_figs=18, gq_output_dir=str(folder / "quantities")
    )
    return fit, {name: stan.stan_variable(name) for name in stan.stan_variables()}


def test_log_likelihood_is_that_of_stan(both):
    fit, stan = both
    found = fit.log_likelihood(pointwise=True).to_numpy().reshape(100, -1)
    np.testing.assert_allclose(found, stan["log_likelihood"], rtol=1e-10)


def test_responsibilities_are_those_of_stan(both):
    fit, stan = both
    expected = stan["responsibility"]
    np.testing.assert_allclose(fit.responsibilities(), expected.mean(axis=0), rtol=1e-10)
    summary = fit.responsibility_summary()
    np.testing.assert_allclose(summary["lower"], np.quantile(expected, 0.05, axis=0), rtol=1e-10)


def test_expected_responses_are_those_of_stan(both):
    fit, stan = both
    np.testing.assert_allclose(fit.predict().to_numpy()[0], stan["expected"].mean(), rtol=1e-10)
    ends = fit.predict(quantiles=(0.1, 0.9)).to_numpy()[:, 0]
    np.testing.assert_allclose(ends, np.quantile(stan["expected"], (0.1, 0.9)), rtol=1e-10)
