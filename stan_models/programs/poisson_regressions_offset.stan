// A finite mixture of Poisson regressions with a log link: an offset.
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
  // log sum_k theta[k] poisson(y[n] | exp(X[n] * beta[k] + offsets[n])).
  real poisson_mixture_lpmf(array[] int y, matrix X, array[] vector beta,
                            vector theta, vector offsets) {
    int N = size(y);
    int K = rows(theta);
    array[N] vector[K] log_density;
    for (k in 1:K) {
      vector[N] log_mu = X * beta[k] + offsets;
      for (n in 1:N) {
        log_density[n, k] = poisson_log_lpmf(y[n] | log_mu[n]);
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
  array[N] int<lower=0> y;
  vector[N] offsets;  // added to the log of the mean

  // Parameters are sampled, and have their priors, about these centres and in units of these
  // scales, so that nothing depends on the origins and units of the data. Where the centres are 0
  // and the scales 1, all is in the units of the data.
  real offset_centre;
  vector[P] X_centre;
  vector<lower=0>[P] X_scale;
  vector[P] X_ones;  // X * X_ones is a column of ones, or X_ones is zero where there is no such

  vector<lower=0>[K] theta_prior;  // concentration of the Dirichlet prior
  array[P] vector[2] beta_prior;  // arguments of the prior, a covariate at a time
  array[P] int<lower=0, upper=1> beta_prior_at_zero;  // 0: holds at the centres of X, 1: at zero
}
transformed data {
  vector[N] offsets_centred = offsets - offset_centre;
  matrix[N, P] X_scaled;
  for (p in 1:P) {
    X_scaled[, p] = (X[, p] - X_centre[p]) / X_scale[p];
  }
}
parameters {
  simplex[K] theta;  // weights
  array[K] vector[P] beta_scaled;  // coefficients
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

  target += poisson_mixture_lpmf(y | X_scaled, beta_scaled, theta, offsets_centred);
}
generated quantities {
  // In the units of the data.
  array[K] vector[P] beta;  // coefficients
  for (k in 1:K) {
    beta[k] = at_zero(beta_scaled[k], X_centre, X_scale, X_ones) ./ X_scale;
    beta[k] -= offset_centre * X_ones;
  }
}
