// A finite mixture of Poisson regressions with a log link: weights that depend on covariates.
//
// Nothing orders the components: where the prior treats them alike, the posterior has K!
// equivalent modes, and draws must be relabelled before a component's parameters mean anything.
functions {
  // What coefficients of centred covariates are where the covariates themselves are zero: those
  // that make up the constant change, by what the others add up to on the way.
  vector at_zero(vector coefficients, vector centre, vector scale, vector ones) {
    return coefficients - ones .* scale * dot_product(centre ./ scale, coefficients);
  }

  // Log probability of y under a mixture of Poisson regressions.
  // The component of an observation is summed out:
  // log sum_k theta[n, k] poisson(y[n] | exp(X[n] * beta[k])),
  // theta[n] the softmax of Z[n] * gamma[1], ..., Z[n] * gamma[K].
  real poisson_mixture_lpmf(array[] int y, matrix X, array[] vector beta,
                            matrix Z, array[] vector gamma) {
    int N = size(y);
    int K = size(gamma);
    array[N] vector[K] log_density;
    for (k in 1:K) {
      vector[N] log_mu = X * beta[k];
      for (n in 1:N) {
        log_density[n, k] = poisson_log_lpmf(y[n] | log_mu[n]);
      }
    }
    real total = 0;
    for (n in 1:N) {
      vector[K] logit_theta;
      for (k in 1:K) {
        logit_theta[k] = Z[n] * gamma[k];
      }
      total += log_sum_exp(log_softmax(logit_theta) + log_density[n]);
    }
    return total;
  }
}
data {
  int<lower=1> N;  // observations
  int<lower=1> K;  // components
  int<lower=1> P;  // covariates, the intercept among them
  matrix[N, P] X;
  array[N] int<lower=0> y;
  int<lower=1> Q;  // covariates of the weights, the intercept among them
  matrix[N, Q] Z;

  // Parameters are sampled, and have their priors, about these centres and in units of these
  // scales, so that nothing depends on the origins and units of the data. Where the centres are 0
  // and the scales 1, all is in the units of the data.
  vector[P] X_centre;
  vector<lower=0>[P] X_scale;
  vector[P] X_ones;  // X * X_ones is a column of ones, or X_ones is zero where there is no such
  vector[Q] Z_centre;
  vector<lower=0>[Q] Z_scale;
  vector[Q] Z_ones;  // the same for Z

  array[Q] vector[2] gamma_prior;  // arguments of the prior, a covariate at a time
  array[Q] int<lower=0, upper=1> gamma_prior_at_zero;  // 0: holds at the centres of Z, 1: at zero
  array[P] vector[2] beta_prior;  // arguments of the prior, a covariate at a time
  array[P] int<lower=0, upper=1> beta_prior_at_zero;  // 0: holds at the centres of X, 1: at zero
}
transformed data {
  matrix[N, P] X_scaled;
  for (p in 1:P) {
    X_scaled[, p] = (X[, p] - X_centre[p]) / X_scale[p];
  }
  matrix[N, Q] Z_scaled;
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
  array[K] vector[P] beta_scaled;  // coefficients
}
transformed parameters {
  // The softmax of the weights does not change when all components' coefficients move together;
  // so they sum to zero over the components, which treats the components alike.
  array[K] vector[Q] gamma_scaled;  // coefficients of the weights
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

  target += poisson_mixture_lpmf(y | X_scaled, beta_scaled, Z_scaled, gamma_scaled);
}
generated quantities {
  // In the units of the data.
  array[K] vector[Q] gamma;  // coefficients of the weights
  array[K] vector[P] beta;  // coefficients
  for (k in 1:K) {
    gamma[k] = at_zero(gamma_scaled[k], Z_centre, Z_scale, Z_ones) ./ Z_scale;
    beta[k] = at_zero(beta_scaled[k], X_centre, X_scale, X_ones) ./ X_scale;
  }
}
