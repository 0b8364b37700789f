data {
  int<lower=1> N;
  int<lower=1> K;
  vector[N] y;
}
parameters {
  simplex[K] theta;
  ordered[K] mu;
  vector<lower=0, upper=10>[K] sigma;
}
model {
  matrix[N, K] lps;
  vector[N] largest;
  mu ~ normal(0, 10);
  for (k in 1:K) {
    lps[, k] = log(theta[k]) - log(sigma[k]) - 0.5 * square((y - mu[k]) / sigma[k]);
  }
  for (n in 1:N) {
    largest[n] = max(lps[n]);
  }
  target += sum(largest)
            + sum(log(exp(lps - rep_matrix(largest, K)) * rep_vector(1, K)))
            - N * 0.5 * log(2 * pi());
}
