// A finite mixture of normal distributions: a scale for each component, ordered means, an
// offset, frequencies of rows.
//
// Where the prior treats the components alike, the posterior is the same under every
// renumbering of them. Keeping the means in ascending order picks one of the K! numberings:
// expectations that do not depend on the numbering are what they would be without it.
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

  // Log density of y under a mixture of normals.
  // The component of an observation is summed out:
  // weights[n] * log sum_k theta[k] normal(y[n] | mu[k], sigma[k]).
  real normal_mixture_lpdf(vector y, vector mu, vector sigma,
                           vector theta, vector weights) {
    int N = rows(y);
    int K = rows(theta);
    array[N] vector[K] log_density;
    for (n in 1:N) {
      for (k in 1:K) {
        log_density[n, k] = normal_lpdf(y[n] | mu[k], sigma[k]);
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
  vector[N] y;
  vector[N] offsets;  // added to the mean
  vector<lower=0>[N] weights;  // a row of weight w counts as w equal rows

  // Parameters are sampled, and have their priors, about these centres and in units of these
  // scales, so that nothing depends on the origins and units of the data. Where the centres are 0
  // and the scales 1, all is in the units of the data.
  real y_centre;
  real<lower=0> y_scale;

  vector<lower=0>[K] theta_prior;  // concentration of the Dirichlet prior
  int<lower=0> mu_prior;  // distribution
  vector[3] mu_prior_arguments;
  int<lower=0> sigma_prior;  // distribution
  vector[3] sigma_prior_arguments;
  real<lower=0> sigma_lower;  // support of the prior
  real<lower=sigma_lower> sigma_upper;
}
transformed data {
  vector[N] y_scaled = (y - offsets - y_centre) / y_scale;
}
parameters {
  simplex[K] theta;  // weights
  ordered[K] mu_scaled;  // means
  vector<lower=sigma_lower, upper=sigma_upper>[K] sigma_scaled;  // scales
}
model {
  target += dirichlet_lpdf(theta | theta_prior);
  for (k in 1:K) {
    target += prior_lpdf(mu_scaled[k] | mu_prior, mu_prior_arguments);
  }
  for (k in 1:K) {
    target += prior_lpdf(sigma_scaled[k] | sigma_prior, sigma_prior_arguments);
  }

  target += normal_mixture_lpdf(y_scaled | mu_scaled, sigma_scaled, theta, weights);
}
generated quantities {
  // In the units of the data.
  vector[K] mu = y_centre + y_scale * mu_scaled;  // means
  vector[K] sigma = y_scale * sigma_scaled;  // scales
}
