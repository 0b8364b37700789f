data {
  int<lower=1> N;
  int<lower=1> K;
  int<lower=1> P;
  matrix[N, P] x;
  array[N] int<lower=0> y;
}
transformed data {
  vector[N] counts = to_vector(y);
  real constant = sum(lgamma(counts + 1));
}
parameters {
  simplex[K] theta;
  ordered[K] intercept;
  array[K] vector[P] slope;
}
model {
  matrix[N, K] lps;
  vector[N] largest;
  intercept ~ normal(0, 2);
  for (k in 1:K) {
    vector[N] eta = intercept[k] + x * slope[k];
    slope[k] ~ normal(0, 2);
    lps[, k] = log(theta[k]) + counts .* eta - exp(eta);
  }
  for (n in 1:N) {
    largest[n] = max(lps[n]);
  }
  target += sum(largest)
            + sum(log(exp(lps - rep_matrix(largest, K)) * rep_vector(1, K)))
            - constant;
}
