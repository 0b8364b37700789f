  // Log probabilities of the tails of the log-normal distribution.
  real log_gaussian_lcdf(real y, real mu, real sigma) {
    return log_Phi((log(y) - mu) / sigma);
  }

  real log_gaussian_lccdf(real y, real mu, real sigma) {
    return log_Phi((mu - log(y)) / sigma);
  }
