// A finite mixture of Poisson distributions: an offset.
//
// Nothing orders the components: where the prior treats them alike, the posterior has K!
// equivalent modes, and draws must be relabelled before a component's parameters mean anything.
functions {
  // Log probability of y under a mixture of Poisson distributions.
  // The component of an observation is summed out:
  // log sum_k theta[k] poisson(y[n] | mu[k] * exp(offsets[n])).
  real poisson_mixture_lpmf(array[] int y, vector mu, vector theta, vector offsets) {
    int N = size(y);
    int K = rows(theta);
    array[N] vector[K] log_density;
    for (n in 1:N) {
      for (k in 1:K) {
        log_density[n, k] = poisson_log_lpmf(y[n] | log(mu[k]) + offsets[n]);
      }
    }
    return log_mix(theta, log_density);
  }
}
data {
  int<lower=1> N;  // observations
  int<lower=1> K;  // components
  array[N] int<lower=0> y;
  vector[N] offsets;  // added to the log of the mean

  real offset_centre;  // mu_scaled, and its prior, are of means at this offset

  vector<lower=0>[K] theta_prior;  // concentration of the Dirichlet prior
  vector[2] mu_prior;  // arguments of the prior
}
transformed data {
  vector[N] offsets_centred = offsets - offset_centre;
}
parameters {
  simplex[K] theta;  // weights
  vector<lower=0>[K] mu_scaled;  // means
}
model {
  theta ~ dirichlet(theta_prior);
  for (k in 1:K) {
    mu_scaled[k] ~ lognormal(mu_prior[1], mu_prior[2]);
  }

  target += poisson_mixture_lpmf(y | mu_scaled, theta, offsets_centred);
}
generated quantities {
  // In the units of the data.
  vector[K] mu = mu_scaled * exp(-offset_centre);  // means
}
