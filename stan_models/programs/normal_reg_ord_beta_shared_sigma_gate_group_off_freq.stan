// A finite mixture of linear regressions with normal errors: one scale for all components,
// weights that depend on covariates, one ordered coefficient, one class for the rows of a
// group, an offset, frequencies of rows.
//
// Where the prior treats the components alike, the posterior is the same under every
// renumbering of them. Keeping one coefficient in ascending order picks one of the K! numberings:
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

  // Log density of y under a mixture of linear regressions with normal errors.
  // The component of a group is summed out:
  // log sum_k theta[g, k] prod_n normal(y[n] | X[n] * beta[k] + offsets[n], sigma[k])^weights[n],
  // n the rows of a group g,
  // theta[g] the softmax of Z[g] * gamma[1], ..., Z[g] * gamma[K].
  real normal_mixture_lpdf(vector y, matrix X, array[] vector beta, vector sigma,
                           matrix Z, array[] vector gamma,
                           vector offsets, vector weights, array[] int group) {
    int N = rows(y);
    int K = size(gamma);
    int G = rows(Z);
    array[G] vector[K] log_density = rep_array(rep_vector(0, K), G);
    for (k in 1:K) {
      vector[N] mu = X * beta[k] + offsets;
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

  array[Q] int<lower=0> gamma_prior;  // distribution, a covariate at a time
  array[Q] vector[3] gamma_prior_arguments;
  int<lower=1, upper=P> ordered_covariate;  // the one whose coefficients are in ascending order
  array[P] int<lower=0> beta_prior;  // distribution, a covariate at a time
  array[P] vector[3] beta_prior_arguments;
  int<lower=0> sigma_prior;  // distribution
  vector[3] sigma_prior_arguments;
  real<lower=0> sigma_lower;  // support of the prior
  real<lower=sigma_lower> sigma_upper;
}
transformed data {
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
  real<lower=sigma_lower, upper=sigma_upper> sigma;  // scale, common to all components
}
transformed parameters {
  // The softmax of the weights does not change when all components' coefficients move together;
  // so they sum to zero over the components, which treats the components alike.
  array[K] vector[Q] gamma;  // coefficients of the weights
  array[K] vector[P] beta;  // coefficients in the order of the columns of X
  for (k in 1:K) {
    for (p in 1:P) {
      if (p == ordered_covariate) {
        beta[k, p] = beta_ordered[k];
      } else {
        beta[k, p] = beta_rest[k, p < ordered_covariate ? p : p - 1];
      }
    }
  }
  for (k in 1:K) {
    gamma[k] = rep_vector(0, Q);
    for (j in 1:(K - 1)) {
      gamma[k] += contrast[k, j] * gamma_free[j];
    }
  }
}
model {
  for (k in 1:K) {
    for (q in 1:Q) {
      target += prior_lpdf(gamma[k, q] | gamma_prior[q], gamma_prior_arguments[q]);
    }
  }
  for (k in 1:K) {
    for (p in 1:P) {
      target += prior_lpdf(beta[k, p] | beta_prior[p], beta_prior_arguments[p]);
    }
  }
  target += prior_lpdf(sigma | sigma_prior, sigma_prior_arguments);

  target += normal_mixture_lpdf(y | X, beta, rep_vector(sigma, K),
                                    Z, gamma, offsets, weights, group);
}
