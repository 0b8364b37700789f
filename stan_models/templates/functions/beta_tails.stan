  // Log probabilities of the tails of the beta distribution.
  real incomplete_beta_lcdf(real y, real mu, real phi) {
    return beta_tails(y, 1 - y, mu * phi, (1 - mu) * phi)[1];
  }

  real incomplete_beta_lccdf(real y, real mu, real phi) {
    return beta_tails(y, 1 - y, mu * phi, (1 - mu) * phi)[2];
  }
