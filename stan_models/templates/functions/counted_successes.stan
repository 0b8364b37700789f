  // Log probability of y of n trials whose probability is beta distributed. Stan's own
  // (beta_binomial) loses its digits where a + b is large: logarithms of gamma functions cancel.
  real counted_successes_lpmf(int y, int n, real a, real b) {
    if (a + b < 1e5) return beta_binomial_lpmf(y | n, a, b);
    real total = lchoose(n, y);
    for (i in 1:y) total += log((a + i - 1) / (a + b + i - 1));
    for (i in 1:(n - y)) total += log((b + i - 1) / (a + b + y + i - 1));
    return total;
  }
