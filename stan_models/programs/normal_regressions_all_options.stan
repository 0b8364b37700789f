// A finite mixture of linear regressions with normal errors, with
// - one scale for all components
// - weights that depend on covariates
// - one ordered coefficient
// - one class for the rows of a group
// - an offset
// - frequencies of rows
//
// Where the prior treats the components alike, the posterior is the same under every
// renumbering of them. Keeping one coefficient in ascending order picks one of the K! numberings:
// expectations that do not depend on the numbering are what they would be without it.
functions {
  // What coefficients of centred covariates are where the covariates themselves are zero: those
  // that make up the constant change, by what the others add up to on the way.
  vector at_zero(vector coefficients, vector centre, vector scale, vector ones) {
    return coefficients - ones .* scale * dot_product(centre ./ scale, coefficients);
  }

  // Log density of y under a mixture of linear regressions with normal errors.
  // The component of a group is summed out:
  // log sum_k theta[g, k] prod_n normal(y[n] | X[n] * beta[k], sigma[k])^weights[n],
  // n the rows of a group g,
  // theta[g] the softmax of Z[g] * gamma[1], ..., Z[g] * gamma[K].
  real normal_mixture_lpdf(vector y, matrix X, array[] vector beta, vector sigma,
                           matrix Z, array[] vector gamma, vector weights, array[] int group) {
    int N = rows(y);
    int K = size(gamma);
    int G = rows(Z);
    array[G] vector[K] log_density = rep_array(rep_vector(0, K), G);
    for (k in 1:K) {
      vector[N] mu = X * beta[k];
      for (n in 1:N) {
        log_density[group[n], k] += weights[n] * normal_lpdf(y[n] | mu[n], sigma[k]);
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
  int<lower=1> P;  // covariates, the intercept among them
  matrix[N, P] X;
  vector[N] y;
  vector[N] offsets;  // added to the mean
  vector<lower=0>[N] weights;  // a row of weight w counts as w equal rows
  int<lower=1> G;  // groups
  array[N] int<lower=1, upper=G> group;  // the rows of a group share one class
  int<lower=1> Q;  // covariates of the weights, the intercept among them
  matrix[G, Q] Z;

  // Parameters are sampled, and have their priors, about these centres and in units of these
  // scales, so that nothing depends on the origins and units of the data. Where the centres are 0
  // and the scales 1, all is in the units of the data.
  real y_centre;
  real<lower=0> y_scale;
  vector[P] X_centre;
  vector<lower=0>[P] X_scale;
  vector[P] X_ones;  // X * X_ones is a column of ones, or X_ones is zero where there is no such
  vector[Q] Z_centre;
  vector<lower=0>[Q] Z_scale;
  vector[Q] Z_ones;  // the same for Z

  int<lower=1, upper=P> ordered_covariate;  // the one whose coefficients are in ascending order
  array[Q] vector[2] gamma_prior;  // arguments of the prior, a covariate at a time
  array[Q] int<lower=0, upper=1> gamma_prior_at_zero;  // 0: holds at the centres of Z, 1: at zero
  array[P] vector[2] beta_prior;  // arguments of the prior, a covariate at a time
  array[P] int<lower=0, upper=1> beta_prior_at_zero;  // 0: holds at the centres of X, 1: at zero
  vector[2] sigma_prior;  // arguments of the prior
}
transformed data {
  vector[N] y_scaled = (y - offsets - y_centre) / y_scale;
  matrix[N, P] X_scaled;
  for (p in 1:P) {
    X_scaled[, p] = (X[, p] - X_centre[p]) / X_scale[p];
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
  ordered[K] beta_ordered;  // coefficients of the ordered covariate
  array[K] vector[P - 1] beta_rest;  // of the others
  real<lower=0> sigma_scaled;  // scale, common to all components
}
transformed parameters {
  // The softmax of the weights does not change when all components' coefficients move together;
  // so they sum to zero over the components, which treats the components alike.
  array[K] vector[Q] gamma_scaled;  // coefficients of the weights
  array[K] vector[P] beta_scaled;  // coefficients in the order of the columns of X
  for (k in 1:K) {
    int j = ordered_covariate;
    beta_scaled[k] = append_row(append_row(head(beta_rest[k], j - 1), beta_ordered[k]),
                                tail(beta_rest[k], P - j));
    // Those that make the constant are ordered where covariates are zero.
    beta_scaled[k, j] += X_ones[j] * X_scale[j] * dot_product(X_centre ./ X_scale, beta_scaled[k]);
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
    vector[P] beta_at_zero = at_zero(beta_scaled[k], X_centre, X_scale, X_ones);
    for (p in 1:P) {
      real coefficient = beta_prior_at_zero[p] ? beta_at_zero[p] : beta_scaled[k, p];
      coefficient ~ normal(beta_prior[p, 1], beta_prior[p, 2]);
    }
  }
  sigma_scaled ~ lognormal(sigma_prior[1], sigma_prior[2]);

  target += normal_mixture_lpdf(y_scaled | X_scaled, beta_scaled, rep_vector(sigma_scaled, K),
                                           Z_scaled, gamma_scaled, weights, group);
}
generated quantities {
  // In the units of the data.
  array[K] vector[Q] gamma;  // coefficients of the weights
  array[K] vector[P] beta;  // coefficients
  real sigma = y_scale * sigma_scaled;  // scale
  for (k in 1:K) {
    gamma[k] = at_zero(gamma_scaled[k], Z_centre, Z_scale, Z_ones) ./ Z_scale;
    beta[k] = at_zero(beta_scaled[k], X_centre, X_scale, X_ones) ./ X_scale;
    beta[k] = y_centre * X_ones + y_scale * beta[k];
  }
}
