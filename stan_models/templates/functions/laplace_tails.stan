  // Log probabilities of the tails of the Laplace distribution.
  real peaked_lcdf(real y, real mu, real sigma) {
    real z = (y - mu) / sigma;
    return z < 0 ? z - log2() : log1m_exp(-z - log2());
  }

  real peaked_lccdf(real y, real mu, real sigma) {
    return peaked_lcdf(-y | -mu, sigma);
  }
