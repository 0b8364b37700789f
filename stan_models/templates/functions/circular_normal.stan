  // Log density of the von Mises distribution of angles. Stan's own takes cos(y - mu) and the log of
  // a Bessel function of kappa apart, whose difference has few digits where kappa is large.
  real circular_normal_lpdf(real y, real mu, real kappa) {
    real fall = -2 * square(sin((y - mu) / 2));  // cos(y - mu) - 1
    if (kappa < 100) {
      return kappa * (fall + 1) - log(2 * pi() * modified_bessel_first_kind(0, kappa));
    }
    // The Bessel function's asymptotic series, but for exp(kappa) / sqrt(2 pi kappa) and less 1.
    real t = 1 / (8 * kappa);
    real series = t * (1 + 9 * t / 2 * (1 + 25 * t / 3 * (1 + 49 * t / 4 * (1 + 81 * t / 5 * (1 + 121 * t / 6 * (1 + 169 * t / 7))))));
    return kappa * fall + 0.5 * log(kappa / (2 * pi())) - log1p(series);
  }
