// A finite mixture of linear regressions with normal errors: a scale for each component.
//
// Nothing orders the components: where the prior treats them alike, the posterior has K!
// equivalent modes, and draws must be relabelled before a component's parameters mean anything.
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
  // The component of an observation is summed out:
  // log sum_k theta[k] normal(y[n] | X[n] * beta[k], sigma[k]).
  real normal_mixture_lpdf(vector y, matrix X, array[] vector beta, vector sigma,
                           vector theta) {
    int N = rows(y);
    int K = rows(theta);
    array[N] vector[K] log_density;
    for (k in 1:K) {
      vector[N] mu = X * beta[k];
      for (n in 1:N) {
        log_density[n, k] = normal_lpdf(y[n] | mu[n], sigma[k]);
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

  vector<lower=0>[K] theta_prior;  // concentration of the Dirichlet prior
  array[P] int<lower=0> beta_prior;  // distribution, a covariate at a time
  array[P] vector[3] beta_prior_arguments;
  int<lower=0> sigma_prior;  // distribution
  vector[3] sigma_prior_arguments;
  real<lower=0> sigma_lower;  // support of the prior
  real<lower=sigma_lower> sigma_upper;
}
parameters {
  simplex[K] theta;  // weights
  array[K] vector[P] beta;  // coefficients
  vector<lower=sigma_lower, upper=sigma_upper>[K] sigma;  // scales
}
model {
  target += dirichlet_lpdf(theta | theta_prior);
  for (k in 1:K) {
    for (p in 1:P) {
      target += prior_lpdf(beta[k, p] | beta_prior[p], beta_prior_arguments[p]);
    }
  }
  for (k in 1:K) {
    target += prior_lpdf(sigma[k] | sigma_prior, sigma_prior_arguments);
  }

  target += normal_mixture_lpdf(y | X, beta, sigma, theta);
}
