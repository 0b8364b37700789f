// A finite mixture of negative binomial regressions with a log link: precisions that depend on
// covariates.
//
// Nothing orders the components: where the prior treats them alike, the posterior has K!
// equivalent modes, and draws must be relabelled before a component's parameters mean anything.
functions {
  // What coefficients of centred covariates are where the covariates themselves are zero: those
  // that make up the constant change, by what the others add up to on the way.
  vector at_zero(vector coefficients, vector centre, vector scale, vector ones) {
    return coefficients - ones .* scale * dot_product(centre ./ scale, coefficients);
  }

  // Log probability of y under a mixture of negative binomial regressions.
  // The component of an observation is summed out:
  // log sum_k theta[k] neg_binomial_2(y[n] | exp(X[n] * beta[k]), exp(X_phi[n] * beta_phi[k])).
  real negative_binomial_mixture_lpmf(array[] int y, matrix X, array[] vector beta, matrix X_phi,
                                      array[] vector beta_phi,
                                      vector theta) {
    int N = size(y);
    int K = rows(theta);
    array[N] vector[K] log_density;
    for (k in 1:K) {
      vector[N] log_mu = X * beta[k];
      vector[N] phi = exp(X_phi * beta_phi[k]);
      for (n in 1:N) {
        log_density[n, k] = neg_binomial_2_log_lpmf(y[n] | log_mu[n], phi[n]);
      }
    }
    return log_mix(theta, log_density);
  }
}
data {
  int<lower=1> N;  // observations
  int<lower=1> K;  // components
  int<lower=1> P;  // covariates, the intercept among them
  matrix[N, P] X;
  int<lower=1> P_phi;  // covariates of the precisions, the intercept among them
  matrix[N, P_phi] X_phi;
  array[N] int<lower=0> y;

  // Parameters are sampled, and have their priors, about these centres and in units of these
  // scales, so that nothing depends on the origins and units of the data. Where the centres are 0
  // and the scales 1, all is in the units of the data.
  vector[P] X_centre;
  vector<lower=0>[P] X_scale;
  vector[P] X_ones;  // X * X_ones is a column of ones, or X_ones is zero where there is no such
  vector[P_phi] X_phi_centre;
  vector<lower=0>[P_phi] X_phi_scale;
  vector[P_phi] X_phi_ones;  // the same for X_phi

  vector<lower=0>[K] theta_prior;  // concentration of the Dirichlet prior
  array[P] vector[2] beta_prior;  // arguments of the prior, a covariate at a time
  array[P] int<lower=0, upper=1> beta_prior_at_zero;  // 0: holds at the centres of X, 1: at zero
  array[P_phi] vector[2] beta_phi_prior;  // arguments of the prior, a covariate at a time
  // 0: holds at the centres of X_phi, 1: at zero
  array[P_phi] int<lower=0, upper=1> beta_phi_prior_at_zero;
}
transformed data {
  matrix[N, P] X_scaled;
  for (p in 1:P) {
    X_scaled[, p] = (X[, p] - X_centre[p]) / X_scale[p];
  }
  matrix[N, P_phi] X_phi_scaled;
  for (p in 1:P_phi) {
    X_phi_scaled[, p] = (X_phi[, p] - X_phi_centre[p]) / X_phi_scale[p];
  }
}
parameters {
  simplex[K] theta;  // weights
  array[K] vector[P] beta_scaled;  // coefficients
  array[K] vector[P_phi] beta_phi_scaled;  // coefficients of the precisions
}
model {
  theta ~ dirichlet(theta_prior);
  for (k in 1:K) {
    vector[P] beta_at_zero = at_zero(beta_scaled[k], X_centre, X_scale, X_ones);
    for (p in 1:P) {
      real coefficient = beta_prior_at_zero[p] ? beta_at_zero[p] : beta_scaled[k, p];
      coefficient ~ normal(beta_prior[p, 1], beta_prior[p, 2]);
    }
  }
  for (k in 1:K) {
    vector[P_phi] beta_phi_at_zero = at_zero(beta_phi_scaled[k], X_phi_centre, X_phi_scale,
                                             X_phi_ones);
    for (p in 1:P_phi) {
      real coefficient = beta_phi_prior_at_zero[p] ? beta_phi_at_zero[p] : beta_phi_scaled[k, p];
      coefficient ~ normal(beta_phi_prior[p, 1], beta_phi_prior[p, 2]);
    }
  }

  target += negative_binomial_mixture_lpmf(y | X_scaled, beta_scaled, X_phi_scaled,
                                               beta_phi_scaled,
                                               theta);
}
generated quantities {
  // In the units of the data.
  array[K] vector[P] beta;  // coefficients
  array[K] vector[P_phi] beta_phi;  // coefficients of the precisions
  for (k in 1:K) {
    beta[k] = at_zero(beta_scaled[k], X_centre, X_scale, X_ones) ./ X_scale;
    beta_phi[k] = at_zero(beta_phi_scaled[k], X_phi_centre, X_phi_scale, X_phi_ones) ./ X_phi_scale;
  }
}
