// A finite mixture of Poisson distributions: an offset.
//
// Nothing orders the components: where the prior treats them alike, the posterior has K!
// equivalent modes, and draws must be relabelled before a component's parameters mean anything.
functions {
  // Log density of a prior that the data choose by number, with arguments a in Stan's order.
  real prior_lpdf(real x, int distribution, vector a) {
    if (distribution == 0) return 0;  // flat
    if (distribution == 1) return normal_lpdf(x | a[1], a[2]);
    if (distribution == 2) return student_t_lpdf(x | a[1], a[2], a[3]);
    if (distribution == 3) return cauchy_lpdf(x | a[1], a[2]);
    if (distribution == 4) return double_exponential_lpdf(x | a[1], a[2]);
    if (distribution == 5) return logistic_lpdf(x | a[1], a[2]);
    if (distribution == 6) return normal_lpdf(x | 0, a[1]) + log2();  // half-normal
    if (distribution == 7) return student_t_lpdf(x | a[1], 0, a[2]) + log2();  // half-t
    if (distribution == 8) return exponential_lpdf(x | a[1]);
    if (distribution == 9) return gamma_lpdf(x | a[1], a[2]);
    if (distribution == 10) return inv_gamma_lpdf(x | a[1], a[2]);
    if (distribution == 11) return lognormal_lpdf(x | a[1], a[2]);
    if (distribution == 12) return uniform_lpdf(x | a[1], a[2]);
    reject("unknown prior distribution ", distribution);
  }

  // Log probability of y under a mixture of Poisson distributions.
  // The component of an observation is summed out:
  // log sum_k theta[k] poisson(y[n] | mu[k] * exp(offsets[n])).
  real poisson_mixture_lpmf(array[] int y, vector mu,
                            vector theta, vector offsets) {
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
  int<lower=0> mu_prior;  // distribution
  vector[3] mu_prior_arguments;
}
transformed data {
  vector[N] offsets_centred = offsets - offset_centre;
}
parameters {
  simplex[K] theta;  // weights
  vector<lower=0>[K] mu_scaled;  // means
}
model {
  target += dirichlet_lpdf(theta | theta_prior);
  for (k in 1:K) {
    target += prior_lpdf(mu_scaled[k] | mu_prior, mu_prior_arguments);
  }

  target += poisson_mixture_lpmf(y | mu_scaled, theta, offsets_centred);
}
generated quantities {
  // In the units of the data.
  vector[K] mu = mu_scaled * exp(-offset_centre);  // means
}
