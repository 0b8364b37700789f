  // Log probabilities of the tails of the logistic distribution, however small.
  real sigmoid_lcdf(real y, real mu, real sigma) {
    return log_inv_logit((y - mu) / sigma);
  }

  real sigmoid_lccdf(real y, real mu, real sigma) {
    return log_inv_logit((mu - y) / sigma);
  }
