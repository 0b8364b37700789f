  // Log probabilities of the tails of the Gumbel distribution, which keep their digits.
  real largest_lcdf(real y, real mu, real sigma) {
    real z = (mu - y) / sigma;
    return -exp(z < 700 ? z : 700);
  }

  real largest_lccdf(real y, real mu, real sigma) {
    return log1m_exp(largest_lcdf(y | mu, sigma));
  }
