  // Log probabilities of the tails of the Cauchy distribution, which keep their digits far out.
  real far_reaching_lcdf(real y, real mu, real sigma) {
    return log(atan2(sigma, mu - y)) - log(pi());
  }

  real far_reaching_lccdf(real y, real mu, real sigma) {
    return log(atan2(sigma, y - mu)) - log(pi());
  }
