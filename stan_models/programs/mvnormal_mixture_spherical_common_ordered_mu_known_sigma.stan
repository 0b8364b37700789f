// A finite mixture of multivariate normal distributions, with
// - one mean for all coordinates
// - one scale for all coordinates
// - known scales
// - ordered means
//
// Where the prior treats the components alike, the posterior is the same under every
// renumbering of them. Keeping the means in ascending order picks one of the K! numberings:
// expectations that do not depend on the numbering are what they would be without it.
functions {
  // Log density of the rows of y under a mixture of multivariate normals, whose coordinates are
  // independent within a component. The component of a row is summed out:
  // log sum_k theta[k] prod_d normal(y[n, d] | mu[k], sigma[k]).
  real mvnormal_mixture_lpdf(matrix y, vector mu, vector sigma, vector theta) {
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
  vector<lower=0>[K] sigma;  // known scales

  // Parameters are sampled, and have their priors, about these centres and in units of these
  // scales, so that nothing depends on the origins and units of the data. Where the centres are 0
  // and the scales 1, all is in the units of the data.
  real y_centre;
  real<lower=0> y_scale;

  vector<lower=0>[K] theta_prior;  // concentration of the Dirichlet prior
  vector[2] mu_prior;  // arguments of the prior
}
transformed data {
  matrix[N, D] y_scaled = (y - y_centre) / y_scale;
  vector[K] sigma_scaled = sigma / y_scale;
}
parameters {
  simplex[K] theta;  // weights
  ordered[K] mu_scaled;  // means, each of all coordinates
}
model {
  theta ~ dirichlet(theta_prior);
  for (k in 1:K) {
    mu_scaled[k] ~ normal(mu_prior[1], mu_prior[2]);
  }

  target += mvnormal_mixture_lpdf(y_scaled | mu_scaled, sigma_scaled, theta);
}
generated quantities {
  // In the units of the data.
  vector[K] mu = y_centre + y_scale * mu_scaled;  // means
}
