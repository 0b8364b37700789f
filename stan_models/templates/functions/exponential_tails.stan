  // Log probabilities of the tails of the exponential distribution.
  real waiting_lcdf(real y, real beta) {
    return log1m_exp(-beta * y);
  }

  real waiting_lccdf(real y, real beta) {
    return -beta * y;
  }
