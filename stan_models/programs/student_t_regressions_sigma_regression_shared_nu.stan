// A finite mixture of linear regressions with Student t errors: scales that depend on
// covariates and one number of degrees of freedom for all components.
//
// Nothing orders the components: where the prior treats them alike, the posterior has K!
// equivalent modes, and draws must be relabelled before a component's parameters mean anything.
functions {
  // What coefficients of centred covariates are where the covariates themselves are zero: those
  // that make up the constant change, by what the others add up to on the way.
  vector at_zero(vector coefficients, vector centre, vector scale, vector ones) {
    return coefficients - ones .* scale * dot_product(centre ./ scale, coefficients);
  }

  // Log density of y under a mixture of linear regressions with Student t errors.
  // The component of an observation is summed out:
  // log sum_k theta[k] student_t(y[n] | nu[k], X[n] * beta[k], exp(X_sigma[n] * beta_sigma[k])).
  real student_t_mixture_lpdf(vector y, matrix X, array[] vector beta, matrix X_sigma,
                              array[] vector beta_sigma, vector nu,
                              vector theta) {
    int N = rows(y);
    int K = rows(theta);
    array[N] vector[K] log_density;
    for (k in 1:K) {
      vector[N] mu = X * beta[k];
      vector[N] sigma = exp(X_sigma * beta_sigma[k]);
      for (n in 1:N) {
        log_density[n, k] = student_t_lpdf(y[n] | nu[k], mu[n], sigma[n]);
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
  int<lower=1> P_sigma;  // covariates of the scales, the intercept among them
  matrix[N, P_sigma] X_sigma;
  vector[N] y;

  // Parameters are sampled, and have their priors, about these centres and in units of these
  // scales, so that nothing depends on the origins and units of the data. Where the centres are 0
  // and the scales 1, all is in the units of the data.
  real y_centre;
  real<lower=0> y_scale;
  vector[P] X_centre;
  vector<lower=0>[P] X_scale;
  vector[P] X_ones;  // X * X_ones is a column of ones, or X_ones is zero where there is no such
  vector[P_sigma] X_sigma_centre;
  vector<lower=0>[P_sigma] X_sigma_scale;
  vector[P_sigma] X_sigma_ones;  // the same for X_sigma

  vector<lower=0>[K] theta_prior;  // concentration of the Dirichlet prior
  array[P] vector[2] beta_prior;  // arguments of the prior, a covariate at a time
  array[P] int<lower=0, upper=1> beta_prior_at_zero;  // 0: holds at the centres of X, 1: at zero
  array[P_sigma] vector[2] beta_sigma_prior;  // arguments of the prior, a covariate at a time
  // 0: holds at the centres of X_sigma, 1: at zero
  array[P_sigma] int<lower=0, upper=1> beta_sigma_prior_at_zero;
  vector[2] nu_prior;  // arguments of the prior
}
transformed data {
  vector[N] y_scaled = (y - y_centre) / y_scale;
  matrix[N, P] X_scaled;
  for (p in 1:P) {
    X_scaled[, p] = (X[, p] - X_centre[p]) / X_scale[p];
  }
  matrix[N, P_sigma] X_sigma_scaled;
  for (p in 1:P_sigma) {
    X_sigma_scaled[, p] = (X_sigma[, p] - X_sigma_centre[p]) / X_sigma_scale[p];
  }
}
parameters {
  simplex[K] theta;  // weights
  array[K] vector[P] beta_scaled;  // coefficients
  array[K] vector[P_sigma] beta_sigma_scaled;  // coefficients of the scales
  real<lower=0> nu;  // number of degrees of freedom, common to all components
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
    vector[P_sigma] beta_sigma_at_zero = at_zero(beta_sigma_scaled[k], X_sigma_centre,
                                                 X_sigma_scale, X_sigma_ones);
    for (p in 1:P_sigma) {
      real coefficient = beta_sigma_prior_at_zero[p] ? beta_sigma_at_zero[p] : beta_sigma_scaled[k,
                                                                                                 p];
      coefficient ~ normal(beta_sigma_prior[p, 1], beta_sigma_prior[p, 2]);
    }
  }
  nu ~ gamma(nu_prior[1], nu_prior[2]);

  target += student_t_mixture_lpdf(y_scaled | X_scaled, beta_scaled, X_sigma_scaled,
                                              beta_sigma_scaled, rep_vector(nu, K),
                                              theta);
}
generated quantities {
  // In the units of the data.
  array[K] vector[P] beta;  // coefficients
  array[K] vector[P_sigma] beta_sigma;  // coefficients of the scales
  for (k in 1:K) {
    beta[k] = at_zero(beta_scaled[k], X_centre, X_scale, X_ones) ./ X_scale;
    beta[k] = y_centre * X_ones + y_scale * beta[k];
    beta_sigma[k] = at_zero(beta_sigma_scaled[k], X_sigma_centre, X_sigma_scale,
                            X_sigma_ones) ./ X_sigma_scale;
    beta_sigma[k] += log(y_scale) * X_sigma_ones;
  }
}
