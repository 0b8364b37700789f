// A finite mixture of negative binomial distributions: a precision for each component and
// ordered means.
//
// Where the prior treats the components alike, the posterior is the same under every
// renumbering of them. Keeping the means in ascending order picks one of the K! numberings:
// expectations that do not depend on the numbering are what they would be without it.
functions {
  // Log probability of y under a mixture of negative binomial distributions.
  // The component of an observation is summed out:
  // log sum_k theta[k] neg_binomial_2(y[n] | mu[k], phi[k]).
  real negative_binomial_mixture_lpmf(array[] int y, vector mu, vector phi, vector theta) {
    int N = size(y);
    int K = rows(theta);
    array[N] vector[K] log_density;
    for (n in 1:N) {
      for (k in 1:K) {
        log_density[n, k] = neg_binomial_2_lpmf(y[n] | mu[k], phi[k]);
      }
    }
    return log_mix(theta, log_density);
  }
}
data {
  int<lower=1> N;  // observations
  int<lower=1> K;  // components
  array[N] int<lower=0> y;

  vector<lower=0>[K] theta_prior;  // concentration of the Dirichlet prior
  vector[2] mu_prior;  // arguments of the prior
  vector[2] phi_prior;  // arguments of the prior
}
parameters {
  simplex[K] theta;  // weights
  positive_ordered[K] mu;  // means
  vector<lower=0>[K] phi;  // precisions
}
model {
  theta ~ dirichlet(theta_prior);
  for (k in 1:K) {
    mu[k] ~ lognormal(mu_prior[1], mu_prior[2]);
  }
  for (k in 1:K) {
    phi[k] ~ inv_gamma(phi_prior[1], phi_prior[2]);
  }

  target += negative_binomial_mixture_lpmf(y | mu, phi, theta);
}
