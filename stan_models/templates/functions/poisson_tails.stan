  // Log probabilities of the tails of the Poisson distribution.
  real poisson_count_lcdf(int y, real mu) {
    return gamma_tails(y + 1, mu)[2];
  }

  real poisson_count_lccdf(int y, real mu) {
    return gamma_tails(y + 1, mu)[1];
  }
