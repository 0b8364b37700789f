// A finite mixture of Student t distributions: a scale for each component and known degrees of
// freedom.
//
// Nothing orders the components: where the prior treats them alike, the posterior has K!
// equivalent modes, and draws must be relabelled before a component's parameters mean anything.
functions {
  // Log density of y under a mixture of Student t distributions.
  // The component of an observation is summed out:
  // log sum_k theta[k] student_t(y[n] | nu[k], mu[k], sigma[k]).
  real student_t_mixture_lpdf(vector y, vector mu, vector sigma, vector nu, vector theta) {
    int N = rows(y);
    int K = rows(theta);
    array[N] vector[K] log_density;
    for (n in 1:N) {
      for (k in 1:K) {
        log_density[n, k] = student_t_lpdf(y[n] | nu[k], mu[k], sigma[k]);
      }
    }
    return log_mix(theta, log_density);
  }
}
data {
  int<lower=1> N;  // observations
  int<lower=1> K;  // components
  vector[N] y;
  vector<lower=0>[K] nu;  // known degrees of freedom

  // Parameters are sampled, and have their priors, about these centres and in units of these
  // scales, so that nothing depends on the origins and units of the data. Where the centres are 0
  // and the scales 1, all is in the units of the data.
  real y_centre;
  real<lower=0> y_scale;

  vector<lower=0>[K] theta_prior;  // concentration of the Dirichlet prior
  vector[2] mu_prior;  // arguments of the prior
  vector[2] sigma_prior;  // arguments of the prior
}
transformed data {
  vector[N] y_scaled = (y - y_centre) / y_scale;
}
parameters {
  simplex[K] theta;  // weights
  vector[K] mu_scaled;  // means
  vector<lower=0>[K] sigma_scaled;  // scales
}
model {
  theta ~ dirichlet(theta_prior);
  for (k in 1:K) {
    mu_scaled[k] ~ normal(mu_prior[1], mu_prior[2]);
  }
  for (k in 1:K) {
    sigma_scaled[k] ~ lognormal(sigma_prior[1], sigma_prior[2]);
  }

  target += student_t_mixture_lpdf(y_scaled | mu_scaled, sigma_scaled, nu, theta);
}
generated quantities {
  // In the units of the data.
  vector[K] mu = y_centre + y_scale * mu_scaled;  // means
  vector[K] sigma = y_scale * sigma_scaled;  // scales
}
