  // Logs of the probabilities below and above z of a gamma distribution with shape a and scale 1: by
  // a series, a continued fraction (Abramowitz & Stegun, 1964, 6.5.29 and 6.5.31), and for large a
  // by Temme's expansion (1979, SIAM J. Math. Anal. 10, 757-766). Stan's own have no slope where a
  // is large or a tail is small.
  vector gamma_tails(real a, real z) {
    real tail;
    if (a > 1e6) {
      real x = (z - a) / a;
      int near = abs(x) < 1e-3;
      int side = x < 0 ? -1 : 1;
      real eta = near ? x * (1 - x * (1 / 3.0 - x * (7 / 36.0 - x * 73 / 540.0)))
                      : side * sqrt(2 * (x - log1p(x)));
      real added = near ? -1 / 3.0 + eta * (1 / 12.0 - eta * 2 / 135.0) : 1 / x - 1 / eta;
      real t = eta * sqrt(a);
      tail = log_Phi(-side * t);
      tail += log1p(side * added * exp(-0.5 * (square(t) + log(2 * pi() * a)) - tail));
      return side < 0 ? [tail, log1m_exp(tail)]' : [log1m_exp(tail), tail]';
    }
    real log_front = a * log(z) - z - lgamma(a);
    int n = 0;
    if (z < a + 1) {
      real term = 1 / a;
      real total = term;
      while (term > 1e-17 * total) {
        n += 1;
        term *= z / (a + n);
        total += term;
      }
      tail = log_front + log(total);
      return [tail, log1m_exp(tail)]';
    }
    real b = z + 1 - a;
    real c = 1e300;
    real d = 1 / b;
    real fraction = d;
    real change = 0;
    while (abs(change - 1) > 1e-14) {
      n += 1;
      b += 2;
      real numerator = n * (a - n);
      c = b + numerator / c;
      d = 1 / (b + numerator * d);
      change = c * d;
      fraction *= change;
    }
    tail = log_front + log(fraction);
    return [log1m_exp(tail), tail]';
  }
