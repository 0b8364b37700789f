  // Log probabilities of the tails of the Frechet distribution, which keep their digits.
  real largest_of_positive_lcdf(real y, real alpha, real sigma) {
    real z = alpha * (log(sigma) - log(y));
    return -exp(z < 700 ? z : 700);
  }

  real largest_of_positive_lccdf(real y, real alpha, real sigma) {
    return log1m_exp(largest_of_positive_lcdf(y | alpha, sigma));
  }
