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
  matrix[N, K] lps;
  vector[N] largest;
  beta ~ normal(0, 2);
  for (k in 1:K) {
    lps[, k] = log(theta[k]) - 0.5 * square((y - beta[k] * x) / sigma);
  }
  for (n in 1:N) {
    largest[n] = max(lps[n]);
  }
  target += sum(largest)
            + sum(log(exp(lps - rep_matrix(largest, K)) * rep_vector(1, K)))
            - N * (log(sigma) + 0.5 * log(2 * pi()));
}
