  // Log probabilities of the tails of the skew normal distribution. Far out on the thin side, where
  // the difference has lost its digits, it is an asymptotic series.
  real skewed_normal_lcdf(real y, real mu, real sigma, real alpha) {
    real z = (y - mu) / sigma;
    real p = Phi(z) - 2 * owens_t(z, alpha);
    if (z > 0 || alpha < 0 || p > 1e-9 * Phi(z)) return log(p);
    real x = (1 + square(alpha)) * square(z) / 2;
    real s = 1 / square(alpha * z);
    real series = 1 - s * (1 - 3 * s) - (1 - s * (2 - 9 * s)) / x
                  + (2 - s * (6 - 36 * s)) / square(x) - 6 * (1 - s * (4 - 30 * s)) / x^3;
    return log(series / (2 * pi() * alpha * x)) - x;
  }

  real skewed_normal_lccdf(real y, real mu, real sigma, real alpha) {
    return skewed_normal_lcdf(-y | -mu, sigma, -alpha);
  }
