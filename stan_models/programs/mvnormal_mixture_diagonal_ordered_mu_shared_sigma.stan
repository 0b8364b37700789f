// A finite mixture of multivariate normal distributions: a scale for each coordinate, scales
// for all components, ordered means of one coordinate.
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

  // Log density of the rows of y under a mixture of multivariate normals, whose coordinates are
  // independent within a component. The component of a row is summed out:
  // log sum_k theta[k] prod_d normal(y[n, d] | mu[k, d], sigma[k, d]).
  real mvnormal_mixture_lpdf(matrix y, array[] vector mu, array[] vector sigma,
                             vector theta) {
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
  array[D] int<lower=0> mu_prior;  // distribution, a coordinate at a time
  array[D] vector[3] mu_prior_arguments;
  array[D] int<lower=0> sigma_prior;  // distribution, a coordinate at a time
  array[D] vector[3] sigma_prior_arguments;
  vector<lower=0>[D] sigma_lower;  // supports of the priors
  vector<lower=sigma_lower>[D] sigma_upper;
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
  vector<lower=sigma_lower, upper=sigma_upper>[D] sigma_scaled;  // scales, common to all components
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
  target += dirichlet_lpdf(theta | theta_prior);
  for (k in 1:K) {
    for (d in 1:D) {
      target += prior_lpdf(mu_scaled[k, d] | mu_prior[d], mu_prior_arguments[d]);
    }
  }
  for (d in 1:D) {
    target += prior_lpdf(sigma_scaled[d] | sigma_prior[d], sigma_prior_arguments[d]);
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
