// A finite mixture of multivariate normal distributions, with
// - a scale for each coordinate
// - scales for each component
// - weights that depend on covariates
// - ordered means of one coordinate
// - one class for the rows of a group
// - frequencies of rows
//
// Where the prior treats the components alike, the posterior is the same under every
// renumbering of them. Keeping the means of one coordinate in ascending order picks one
// of the K! numberings:
// expectations that do not depend on the numbering are what they would be without it.
functions {
  // What coefficients of centred covariates are where the covariates themselves are zero: those
  // that make up the constant change, by what the others add up to on the way.
  vector at_zero(vector coefficients, vector centre, vector scale, vector ones) {
    return coefficients - ones .* scale * dot_product(centre ./ scale, coefficients);
  }

  // Log density of the rows of y under a mixture of multivariate normals, whose coordinates are
  // independent within a component. The component of a group is summed out:
  // log sum_k theta[g, k] prod_n prod_d normal(y[n, d] | mu[k, d], sigma[k, d])^weights[n],
  // n the rows of a group g,
  // theta[g] the softmax of Z[g] * gamma[1], ..., Z[g] * gamma[K].
  real mvnormal_mixture_lpdf(matrix y, array[] vector mu, array[] vector sigma,
                             matrix Z, array[] vector gamma, vector weights, array[] int group) {
    int N = rows(y);
    int K = size(mu);
    int G = rows(Z);
    array[G] vector[K] log_density = rep_array(rep_vector(0, K), G);
    for (n in 1:N) {
      for (k in 1:K) {
        log_density[group[n], k] += weights[n] * normal_lpdf(y[n] | mu[k], sigma[k]);
      }
    }
    real total = 0;
    for (g in 1:G) {
      vector[K] logit_theta;
      for (k in 1:K) {
        logit_theta[k] = Z[g] * gamma[k];
      }
      total += log_sum_exp(log_softmax(logit_theta) + log_density[g]);
    }
    return total;
  }
}
data {
  int<lower=1> N;  // observations
  int<lower=1> K;  // components
  int<lower=1> D;  // coordinates of an observation
  matrix[N, D] y;
  vector<lower=0>[N] weights;  // a row of weight w counts as w equal rows
  int<lower=1> G;  // groups
  array[N] int<lower=1, upper=G> group;  // the rows of a group share one class
  int<lower=1> Q;  // covariates of the weights, the intercept among them
  matrix[G, Q] Z;

  // Parameters are sampled, and have their priors, about these centres and in units of these
  // scales, so that nothing depends on the origins and units of the data. Where the centres are 0
  // and the scales 1, all is in the units of the data.
  vector[D] y_centre;
  vector<lower=0>[D] y_scale;
  vector[Q] Z_centre;
  vector<lower=0>[Q] Z_scale;
  vector[Q] Z_ones;  // Z * Z_ones is a column of ones, or Z_ones is zero where there is no such

  int<lower=1, upper=D> ordered_coordinate;  // the one whose means are in ascending order
  array[Q] vector[2] gamma_prior;  // arguments of the prior, a covariate at a time
  array[Q] int<lower=0, upper=1> gamma_prior_at_zero;  // 0: holds at the centres of Z, 1: at zero
  array[D] vector[2] mu_prior;  // arguments of the prior, a coordinate at a time
  array[D] vector[2] sigma_prior;  // arguments of the prior, a coordinate at a time
  vector<lower=0>[D] sigma_lower;  // supports of the priors
  vector<lower=sigma_lower>[D] sigma_upper;
}
transformed data {
  matrix[N, D] y_scaled;
  for (d in 1:D) {
    y_scaled[, d] = (y[, d] - y_centre[d]) / y_scale[d];
  }
  matrix[G, Q] Z_scaled;
  for (q in 1:Q) {
    Z_scaled[, q] = (Z[, q] - Z_centre[q]) / Z_scale[q];
  }

  // Orthonormal contrasts (Helmert's): each column sums to zero.
  matrix[K, K - 1] contrast = rep_matrix(0, K, K - 1);
  for (j in 1:(K - 1)) {
    contrast[1:j, j] = rep_vector(1 / sqrt(j * (j + 1)), j);
    contrast[j + 1, j] = -j / sqrt(j * (j + 1));
  }
}
parameters {
  array[K - 1] vector[Q] gamma_free;  // coefficients of the weights, along the contrasts
  ordered[K] mu_ordered;  // means of the ordered coordinate
  array[K] vector[D - 1] mu_rest;  // of the others
  // scales
  array[K] vector<lower=rep_array(sigma_lower, K), upper=rep_array(sigma_upper, K)>[D] sigma_scaled;
}
transformed parameters {
  // The softmax of the weights does not change when all components' coefficients move together;
  // so they sum to zero over the components, which treats the components alike.
  array[K] vector[Q] gamma_scaled;  // coefficients of the weights
  array[K] vector[D] mu_scaled;  // means in the order of the columns of y
  for (k in 1:K) {
    int d = ordered_coordinate;
    mu_scaled[k] = append_row(append_row(head(mu_rest[k], d - 1), mu_ordered[k]),
                              tail(mu_rest[k], D - d));
  }
  for (k in 1:K) {
    gamma_scaled[k] = rep_vector(0, Q);
    for (j in 1:(K - 1)) {
      gamma_scaled[k] += contrast[k, j] * gamma_free[j];
    }
  }
}
model {
  for (k in 1:K) {
    vector[Q] gamma_at_zero = at_zero(gamma_scaled[k], Z_centre, Z_scale, Z_ones);
    for (q in 1:Q) {
      real coefficient = gamma_prior_at_zero[q] ? gamma_at_zero[q] : gamma_scaled[k, q];
      coefficient ~ normal(gamma_prior[q, 1], gamma_prior[q, 2]);
    }
  }
  for (k in 1:K) {
    for (d in 1:D) {
      mu_scaled[k, d] ~ normal(mu_prior[d, 1], mu_prior[d, 2]);
    }
  }
  for (k in 1:K) {
    for (d in 1:D) {
      sigma_scaled[k, d] ~ uniform(sigma_prior[d, 1], sigma_prior[d, 2]);
    }
  }

  target += mvnormal_mixture_lpdf(y_scaled | mu_scaled, sigma_scaled,
                                             Z_scaled, gamma_scaled, weights, group);
}
generated quantities {
  // In the units of the data.
  array[K] vector[Q] gamma;  // coefficients of the weights
  array[K] vector[D] mu;  // means
  array[K] vector[D] sigma;  // scales
  for (k in 1:K) {
    gamma[k] = at_zero(gamma_scaled[k], Z_centre, Z_scale, Z_ones) ./ Z_scale;
    mu[k] = y_centre + y_scale .* mu_scaled[k];
    sigma[k] = y_scale .* sigma_scaled[k];
  }
}
