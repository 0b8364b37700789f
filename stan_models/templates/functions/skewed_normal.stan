  // Log density of the skew normal distribution. Far on the thin side Stan's own loses erfc(x) below
  // 1e-308; there it is exp(-x^2) times its asymptotic series.
  real skewed_normal_lpdf(real y, real mu, real sigma, real alpha) {
    real x = -alpha * (y - mu) / (sigma * sqrt2());
    if (x < 14) return skew_normal_lpdf(y | mu, sigma, alpha);
    real t = 1 / (2 * square(x));
    real series = 1 - t * (1 - 3 * t * (1 - 5 * t * (1 - 7 * t * (1 - 9 * t * (1 - 11 * t * (1 - 13 * t))))));
    return normal_lpdf(y | mu, sigma) + log(series / (x * sqrt(pi()))) - square(x);
  }
