// A finite mixture of normal distributions: a scale for each component and ordered scales.
//
// Where the prior treats the components alike, the posterior is the same under every
// renumbering of them. Keeping the scales in ascending order picks one of the K! numberings:
// expectations that do not depend on the numbering are what they would be without it.
functions {
  // Log density of y under a mixture of normals.
  // The component of an observation is summed out:
  // log sum_k theta[k] normal(y[n] | mu[k], sigma[k]).
  real normal_mixture_lpdf(vector y, vector mu, vector sigma, vector theta) {
    int N = rows(y);
    int K = rows(theta);
    array[N] vector[K] log_density;
    for (n in 1:N) {
      for (k in 1:K) {
        log_density[n, k] = normal_lpdf(y[n] | mu[k], sigma[k]);
      }
    }
    return log_mix(theta, log_density);
  }
}
data {
  int<lower=1> N;  // observations
  int<lower=1> K;  // components
  vector[N] y;

  // Parameters are sampled, and have their priors, about these centres and in units of these
  // scales, so that nothing depends on the origins and units of the data. Where the centres are 0
  // and the scales 1, all is in the units of the data.
  real y_centre;
  real<lower=0> y_scale;

  vector<lower=0>[K] theta_prior;  // concentration of the Dirichlet prior
  vector[2] mu_prior;  // arguments of the prior
  vector[2] sigma_prior;  // arguments of the prior
}
transformed data {
  vector[N] y_scaled = (y - y_centre) / y_scale;
}
parameters {
  simplex[K] theta;  // weights
  vector[K] mu_scaled;  // means
  positive_ordered[K] sigma_scaled;  // scales
}
model {
  theta ~ dirichlet(theta_prior);
  for (k in 1:K) {
    mu_scaled[k] ~ normal(mu_prior[1], mu_prior[2]);
  }
  for (k in 1:K) {
    sigma_scaled[k] ~ lognormal(sigma_prior[1], sigma_prior[2]);
  }

  target += normal_mixture_lpdf(y_scaled | mu_scaled, sigma_scaled, theta);
}
generated quantities {
  // In the units of the data.
  vector[K] mu = y_centre + y_scale * mu_scaled;  // means
  vector[K] sigma = y_scale * sigma_scaled;  // scales
}
