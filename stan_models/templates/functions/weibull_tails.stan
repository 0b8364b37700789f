  // Log probabilities of the tails of the Weibull distribution, which keep their digits.
  real least_of_positive_lccdf(real y, real alpha, real sigma) {
    real z = alpha * (log(y) - log(sigma));
    return -exp(z < 700 ? z : 700);
  }

  real least_of_positive_lcdf(real y, real alpha, real sigma) {
    return log1m_exp(least_of_positive_lccdf(y | alpha, sigma));
  }
