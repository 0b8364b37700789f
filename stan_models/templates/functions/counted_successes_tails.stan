  // Log probabilities of the tails of the beta-binomial distribution, as sums: Stan's own loses digits.
  real counted_successes_lcdf(int y, int n, real a, real b) {
    if (y >= n) return 0;
    vector[y + 1] terms;
    for (j in 0:y) terms[j + 1] = counted_successes_lpmf(j | n, a, b);
    return log_sum_exp(terms);
  }

  real counted_successes_lccdf(int y, int n, real a, real b) {
    if (y >= n) return negative_infinity();
    vector[n - y] terms;
    for (j in (y + 1):n) terms[j - y] = counted_successes_lpmf(j | n, a, b);
    return log_sum_exp(terms);
  }
