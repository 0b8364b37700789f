  // Log density of the von Mises distribution at its mean direction, a function of kappa. From 100
  // on kappa and the log of a Bessel function would cancel: there it is the asymptotic series of
  // that function, but for its leading factors and less 1.
  real circular_normal_height(real kappa) {
    if (kappa < 100) return kappa - log(2 * pi() * modified_bessel_first_kind(0, kappa));
    real t = 1 / (8 * kappa);
    real series = t * (1 + 9 * t / 2 * (1 + 25 * t / 3 * (1 + 49 * t / 4 * (1 + 81 * t / 5 * (1 + 121 * t / 6 * (1 + 169 * t / 7))))));
    return 0.5 * log(kappa / (2 * pi())) - log1p(series);
  }

  // Log density of the von Mises distribution of angles, of that height: cos(y - mu) - 1 lower.
  real circular_normal_lpdf(real y, real mu, real kappa, real height) {
    return height - 2 * kappa * square(sin((y - mu) / 2));
  }
