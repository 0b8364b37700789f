data {
  int<lower=1> N;
  int<lower=1> K;
  vector[N] x;
  vector[N] y;
}
parameters {
  simplex[K] theta;
  ordered[K] beta;
  real<lower=0, upper=1> sigma;
}
model {
  vector[K] log_theta = log(theta);
  beta ~ normal(0, 2);
  for (n in 1:N) {
    vector[K] lps = log_theta;
    for (k in 1:K) {
      lps[k] += normal_lpdf(y[n] | beta[k] * x[n], sigma);
    }
    target += log_sum_exp(lps);
  }
}
