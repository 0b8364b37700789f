  // Log probabilities of the tails of the inverse Gaussian distribution (Giner & Smyth, 2016, R J. 8,
  // 339-351).
  real inverse_gaussian_lcdf(real y, real mu, real lambda) {
    real root = sqrt(lambda / y);
    return log_sum_exp(log_Phi(root * (y / mu - 1)),
                       2 * lambda / mu + log_Phi(-root * (y / mu + 1)));
  }

  real inverse_gaussian_lccdf(real y, real mu, real lambda) {
    real root = sqrt(lambda / y);
    return log_diff_exp(log_Phi(root * (1 - y / mu)),
                        2 * lambda / mu + log_Phi(-root * (y / mu + 1)));
  }
