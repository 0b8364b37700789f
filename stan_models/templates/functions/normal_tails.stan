  // Log probabilities of the tails of the normal distribution.
  real gaussian_lcdf(real y, real mu, real sigma) {
    return log_Phi((y - mu) / sigma);
  }

  real gaussian_lccdf(real y, real mu, real sigma) {
    return log_Phi((mu - y) / sigma);
  }
