data {
  int<lower=1> N;
  int<lower=1> K;
  vector[N] y;
  simplex[K] theta;
  real<lower=0> sigma;
}
parameters {
  ordered[K] mu;
}
model {
  vector[K] log_theta = log(theta);
  mu ~ normal(0, 10);
  for (n in 1:N) {
    vector[K] lps = log_theta;
    for (k in 1:K) {
      lps[k] += normal_lpdf(y[n] | mu[k], sigma);
    }
    target += log_sum_exp(lps);
  }
}
