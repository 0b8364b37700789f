  // Log probabilities of the tails of the Cauchy distribution, which keep their digits far out.
  real far_reaching_lcdf(real y, real mu, real sigma) {
    real z = (y - mu) / sigma;
    return log(z < -1 ? atan(-1 / z) : pi() / 2 + atan(z)) - log(pi());
  }

  real far_reaching_lccdf(real y, real mu, real sigma) {
    return far_reaching_lcdf(-y | -mu, sigma);
  }
