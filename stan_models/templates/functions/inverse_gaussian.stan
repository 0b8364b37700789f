  // Log density of the inverse Gaussian distribution with mean mu and variance mu^3 / lambda.
  real inverse_gaussian_lpdf(real y, real mu, real lambda) {
    return 0.5 * (log(lambda / (2 * pi())) - 3 * log(y)) - lambda * square((y - mu) / mu) / (2 * y);
  }
