// A finite mixture of multivariate normal distributions: one scale for all coordinates and
// scales for each component.
//
// Nothing orders the components: where the prior treats them alike, the posterior has K!
// equivalent modes, and draws must be relabelled before a component's parameters mean anything.
functions {
  // Log density of the rows of y under a mixture of multivariate normals, whose coordinates are
  // independent within a component. The component of a row is summed out:
  // log sum_k theta[k] prod_d normal(y[n, d] | mu[k, d], sigma[k]).
  real mvnormal_mixture_lpdf(matrix y, array[] vector mu, vector sigma, vector theta) {
    int N = rows(y);
    int K = size(mu);
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
  int<lower=1> D;  // coordinates of an observation
  matrix[N, D] y;

  // Parameters are sampled, and have their priors, about these centres and in units of these
  // scales, so that nothing depends on the origins and units of the data. Where the centres are 0
  // and the scales 1, all is in the units of the data.
  vector[D] y_centre;
  real<lower=0> y_scale;

  vector<lower=0>[K] theta_prior;  // concentration of the Dirichlet prior
  array[D] vector[2] mu_prior;  // arguments of the prior, a coordinate at a time
  vector[2] sigma_prior;  // arguments of the prior
}
transformed data {
  matrix[N, D] y_scaled;
  for (d in 1:D) {
    y_scaled[, d] = (y[, d] - y_centre[d]) / y_scale;
  }
}
parameters {
  simplex[K] theta;  // weights
  array[K] vector[D] mu_scaled;  // means
  vector<lower=0>[K] sigma_scaled;  // scales
}
model {
  theta ~ dirichlet(theta_prior);
  for (k in 1:K) {
    for (d in 1:D) {
      mu_scaled[k, d] ~ normal(mu_prior[d, 1], mu_prior[d, 2]);
    }
  }
  for (k in 1:K) {
    sigma_scaled[k] ~ lognormal(sigma_prior[1], sigma_prior[2]);
  }

  target += mvnormal_mixture_lpdf(y_scaled | mu_scaled, sigma_scaled, theta);
}
generated quantities {
  // In the units of the data.
  array[K] vector[D] mu;  // means
  vector[K] sigma = y_scale * sigma_scaled;  // scales
  for (k in 1:K) {
    mu[k] = y_centre + y_scale * mu_scaled[k];
  }
}
