  // Log probabilities of the tails of the negative binomial distribution.
  real neg_binomial_count_lcdf(int y, real mu, real phi) {
    return beta_tails(phi / (mu + phi), mu / (mu + phi), phi, y + 1)[1];
  }

  real neg_binomial_count_lccdf(int y, real mu, real phi) {
    return beta_tails(phi / (mu + phi), mu / (mu + phi), phi, y + 1)[2];
  }
