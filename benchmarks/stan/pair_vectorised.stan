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
  matrix[N, K] lps;
  vector[N] largest;
  mu ~ normal(0, 10);
  for (k in 1:K) {
    lps[, k] = log(theta[k]) - 0.5 * square((y - mu[k]) / sigma);
  }
  for (n in 1:N) {
    largest[n] = max(lps[n]);
  }
  target += sum(largest)
            + sum(log(exp(lps - rep_matrix(largest, K)) * rep_vector(1, K)))
            - N * (log(sigma) + 0.5 * log(2 * pi()));
}
