  // Log probabilities of the tails of the ex-Gaussian distribution. It is normal, but for the mean of
  // the tail times the density.
  real exgaussian_lcdf(real y, real mu, real sigma, real tau) {
    return log_diff_exp(log_Phi((y - mu) / sigma), log(tau) + exgaussian_lpdf(y | mu, sigma, tau));
  }

  real exgaussian_lccdf(real y, real mu, real sigma, real tau) {
    return log_sum_exp(log_Phi((mu - y) / sigma), log(tau) + exgaussian_lpdf(y | mu, sigma, tau));
  }
