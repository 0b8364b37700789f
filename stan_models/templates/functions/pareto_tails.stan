  // Log probabilities of the tails of the Pareto distribution.
  real power_law_lcdf(real y, real y_min, real alpha) {
    return y > y_min ? log1m_exp(alpha * log(y_min / y)) : negative_infinity();
  }

  real power_law_lccdf(real y, real y_min, real alpha) {
    return y > y_min ? alpha * log(y_min / y) : 0;
  }
