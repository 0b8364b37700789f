  // Log probabilities of the tails of the gamma distribution.
  real incomplete_gamma_lcdf(real y, real a, real b) {
    return gamma_tails(a, b * y)[1];
  }

  real incomplete_gamma_lccdf(real y, real a, real b) {
    return gamma_tails(a, b * y)[2];
  }
