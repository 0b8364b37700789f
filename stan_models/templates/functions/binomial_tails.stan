  // Log probabilities of the tails of the binomial distribution.
  real binomial_count_lcdf(int y, int n, real p) {
    return y >= n ? 0 : beta_tails(p, 1 - p, y + 1, n - y)[2];
  }

  real binomial_count_lccdf(int y, int n, real p) {
    return y >= n ? negative_infinity() : beta_tails(p, 1 - p, y + 1, n - y)[1];
  }
