// A finite mixture of Poisson distributions: ordered means and frequencies of rows.
//
// Where the prior treats the components alike, the posterior is the same under every
// renumbering of them. Keeping the means in ascending order picks one of the K! numberings:
// expectations that do not depend on the numbering are what they would be without it.
functions {
  // Log probability of y under a mixture of Poisson distributions.
  // The component of an observation is summed out:
  // weights[n] * log sum_k theta[k] poisson(y[n] | mu[k]).
  real poisson_mixture_lpmf(array[] int y, vector mu, vector theta, vector weights) {
    int N = size(y);
    int K = rows(theta);
    array[N] vector[K] log_density;
    for (n in 1:N) {
      for (k in 1:K) {
        log_density[n, k] = poisson_lpmf(y[n] | mu[k]);
      }
    }
    real total = 0;
    for (n in 1:N) {
      total += weights[n] * log_mix(theta, log_density[n]);
    }
    return total;
  }
}
data {
  int<lower=1> N;  // observations
  int<lower=1> K;  // components
  array[N] int<lower=0> y;
  vector<lower=0>[N] weights;  // a row of weight w counts as w equal rows

  vector<lower=0>[K] theta_prior;  // concentration of the Dirichlet prior
  vector[2] mu_prior;  // arguments of the prior
}
parameters {
  simplex[K] theta;  // weights
  positive_ordered[K] mu;  // means
}
model {
  theta ~ dirichlet(theta_prior);
  for (k in 1:K) {
    mu[k] ~ lognormal(mu_prior[1], mu_prior[2]);
  }

  target += poisson_mixture_lpmf(y | mu, theta, weights);
}
