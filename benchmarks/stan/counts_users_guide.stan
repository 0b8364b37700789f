data {
  int<lower=1> N;
  int<lower=1> K;
  int<lower=1> P;
  matrix[N, P] x;
  array[N] int<lower=0> y;
}
parameters {
  simplex[K] theta;
  ordered[K] intercept;
  array[K] vector[P] slope;
}
model {
  vector[K] log_theta = log(theta);
  intercept ~ normal(0, 2);
  for (k in 1:K) {
    slope[k] ~ normal(0, 2);
  }
  for (n in 1:N) {
    vector[K] lps = log_theta;
    for (k in 1:K) {
      lps[k] += poisson_log_lpmf(y[n] | intercept[k] + x[n] * slope[k]);
    }
    target += log_sum_exp(lps);
  }
}
