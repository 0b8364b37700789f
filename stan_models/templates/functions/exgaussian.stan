  // Log density of the sum of a normal number and an exponential one of mean tau. Where the tail is
  // short, Stan's own loses erfc(x) below 1e-308; there it is exp(-x^2) times its asymptotic series.
  real exgaussian_lpdf(real y, real mu, real sigma, real tau) {
    real z = (y - mu) / sigma;
    real x = (sigma / tau - z) / sqrt2();
    if (x < 14) return exp_mod_normal_lpdf(y | mu, sigma, 1 / tau);
    real t = 1 / (2 * square(x));
    real series = 1 - t * (1 - 3 * t * (1 - 5 * t * (1 - 7 * t * (1 - 9 * t * (1 - 11 * t * (1 - 13 * t))))));
    return log(series / (2 * x * sqrt(pi()))) - log(tau) - square(z) / 2;
  }
