  // Logs of the probabilities below and above x of a beta distribution, where `rest` is 1 - x, by a
  // continued fraction (Abramowitz & Stegun, 1964, 26.5.8). Stan's own lose digits, and have wrong
  // slopes, where a or b is large or a tail is small.
  vector beta_tails(real x, real rest, real a, real b) {
    int beyond = x * (a + b + 2) > a + 1;
    real p = beyond ? b : a;
    real q = beyond ? a : b;
    real s = beyond ? rest : x;
    real c = 1;
    real d = 1 / (1 - (p + q) * s / (p + 1));
    real fraction = d;
    real change = 0;
    int n = 0;
    while (abs(change - 1) > 1e-14) {
      n += 1;
      real numerator = n * (q - n) * s / ((p + 2 * n - 1) * (p + 2 * n));
      c = 1 + numerator / c;
      d = 1 / (1 + numerator * d);
      fraction *= c * d;
      numerator = -(p + n) * (p + q + n) * s / ((p + 2 * n) * (p + 2 * n + 1));
      c = 1 + numerator / c;
      d = 1 / (1 + numerator * d);
      change = c * d;
      fraction *= change;
    }
    real tail = a * log(x) + b * log(rest) - lbeta(a, b) - log(p) + log(fraction);
    return beyond ? [log1m_exp(tail), tail]' : [tail, log1m_exp(tail)]';
  }
