  // Log probabilities of the tails of the log-logistic distribution.
  real log_logistic_lcdf(real y, real alpha, real beta) {
    return log_inv_logit(beta * (log(y) - log(alpha)));
  }

  real log_logistic_lccdf(real y, real alpha, real beta) {
    return log1m_inv_logit(beta * (log(y) - log(alpha)));
  }
