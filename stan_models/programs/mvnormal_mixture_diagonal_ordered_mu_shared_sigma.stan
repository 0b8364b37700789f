// A finite mixture of multivariate normal distributions, with
// - a scale for each coordinate
// - scales for all components
// - ordered means of one coordinate
//
// Where the prior treats the components alike, the posterior is the same under every
// renumbering of them. Keeping the means of one coordinate in ascending order picks one
// of the K! numberings:
// expectations that do not depend on the numbering are what they would be without it.
functions {
  // Log density of the rows of y under a mixture of multivariate normals, whose coordinates are
  // independent within a component. The component of a row is summed out:
  // log sum_k theta[k] prod_d normal(y[n, d] | mu[k, d], sigma[k, d]).
  real mvnormal_mixture_lpdf(matrix y, array[] vector mu, array[] vector sigma, vector theta) {
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
  vector<lower=0>[D] y_scale;

  int<lower=1, upper=D> ordered_coordinate;  // the one whose means are in ascending order
  vector<lower=0>[K] theta_prior;  // concentration of the Dirichlet prior
  array[D] vector[2] mu_prior;  // arguments of the prior, a coordinate at a time
  array[D] vector[2] sigma_prior;  // arguments of the prior, a coordinate at a time
}
transformed data {
  matrix[N, D] y_scaled;
  for (d in 1:D) {
    y_scaled[, d] = (y[, d] - y_centre[d]) / y_scale[d];
  }
}
parameters {
  simplex[K] theta;  // weights
  ordered[K] mu_ordered;  // means of the ordered coordinate
  array[K] vector[D - 1] mu_rest;  // of the others
  vector<lower=0>[D] sigma_scaled;  // scales, common to all components
}
transformed parameters {
  array[K] vector[D] mu_scaled;  // means in the order of the columns of y
  for (k in 1:K) {
    int d = ordered_coordinate;
    mu_scaled[k] = append_row(append_row(head(mu_rest[k], d - 1), mu_ordered[k]),
                              tail(mu_rest[k], D - d));
  }
}
model {
  theta ~ dirichlet(theta_prior);
  for (k in 1:K) {
    for (d in 1:D) {
      mu_scaled[k, d] ~ normal(mu_prior[d, 1], mu_prior[d, 2]);
    }
  }
  for (d in 1:D) {
    sigma_scaled[d] ~ lognormal(sigma_prior[d, 1], sigma_prior[d, 2]);
  }

  target += mvnormal_mixture_lpdf(y_scaled | mu_scaled, rep_array(sigma_scaled, K), theta);
}
generated quantities {
  // In the units of the data.
  array[K] vector[D] mu;  // means
  vector[D] sigma = y_scale .* sigma_scaled;  // scales
  for (k in 1:K) {
    mu[k] = y_centre + y_scale .* mu_scaled[k];
  }
}
