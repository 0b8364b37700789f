  // Log of the standard normal distribution function. Stan's own has the same value, but a slope of
  // five digits. Far out by Mills' ratio (Abramowitz & Stegun, 1964, 26.2.12).
  real log_Phi(real z) {
    if (z > 0) return log1m(erfc(z / sqrt2()) / 2);
    if (z > -36) return log(erfc(-z / sqrt2()) / 2);
    real s = 1 / square(z);
    return log1p(-s * (1 - 3 * s * (1 - 5 * s * (1 - 7 * s)))) - log(-z)
           - 0.5 * (square(z) + log(2 * pi()));
  }
