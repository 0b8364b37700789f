// A finite mixture of linear regressions with Student t errors: a scale for each component and
// a number of degrees of freedom for each component.
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
  // log sum_k theta[k] student_t(y[n] | nu[k], X[n] * beta[k], sigma[k]).
  real student_t_mixture_lpdf(vector y, matrix X, array[] vector beta, vector sigma, vector nu,
                              vector theta) {
    int N = rows(y);
    int K = rows(theta);
    array[N] vector[K] log_density;
    for (k in 1:K) {
      vector[N] mu = X * beta[k];
      for (n in 1:N) {
        log_density[n, k] = student_t_lpdf(y[n] | nu[k], mu[n], sigma[k]);
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
  vector[N] y;

  // Parameters are sampled, and have their priors, about these centres and in units of these
  // scales, so that nothing depends on the origins and units of the data. Where the centres are 0
  // and the scales 1, all is in the units of the data.
  real y_centre;
  real<lower=0> y_scale;
  vector[P] X_centre;
  vector<lower=0>[P] X_scale;
  vector[P] X_ones;  // X * X_ones is a column of ones, or X_ones is zero where there is no such

  vector<lower=0>[K] theta_prior;  // concentration of the Dirichlet prior
  array[P] vector[2] beta_prior;  // arguments of the prior, a covariate at a time
  array[P] int<lower=0, upper=1> beta_prior_at_zero;  // 0: holds at the centres of X, 1: at zero
  vector[2] sigma_prior;  // arguments of the prior
  vector[2] nu_prior;  // arguments of the prior
}
transformed data {
  vector[N] y_scaled = (y - y_centre) / y_scale;
  matrix[N, P] X_scaled;
  for (p in 1:P) {
    X_scaled[, p] = (X[, p] - X_centre[p]) / X_scale[p];
  }
}
parameters {
  simplex[K] theta;  // weights
  array[K] vector[P] beta_scaled;  // coefficients
  vector<lower=0>[K] sigma_scaled;  // scales
  vector<lower=0>[K] nu;  // degrees of freedom
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
    sigma_scaled[k] ~ lognormal(sigma_prior[1], sigma_prior[2]);
  }
  for (k in 1:K) {
    nu[k] ~ gamma(nu_prior[1], nu_prior[2]);
  }

  target += student_t_mixture_lpdf(y_scaled | X_scaled, beta_scaled, sigma_scaled, nu, theta);
}
generated quantities {
  // In the units of the data.
  array[K] vector[P] beta;  // coefficients
  vector[K] sigma = y_scale * sigma_scaled;  // scales
  for (k in 1:K) {
    beta[k] = at_zero(beta_scaled[k], X_centre, X_scale, X_ones) ./ X_scale;
    beta[k] = y_centre * X_ones + y_scale * beta[k];
  }
}
