  // Log probabilities of the tails of the asymmetric Laplace distribution.
  real skewed_peaked_lcdf(real y, real mu, real sigma, real tau) {
    real z = (y - mu) / sigma;
    return z < 0 ? log(tau) + 2 * (1 - tau) * z : log1m_exp(log1m(tau) - 2 * tau * z);
  }

  real skewed_peaked_lccdf(real y, real mu, real sigma, real tau) {
    return skewed_peaked_lcdf(-y | -mu, sigma, 1 - tau);
  }
