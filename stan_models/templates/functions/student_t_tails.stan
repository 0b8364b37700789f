  // Log probabilities of the tails of Student's t distribution; with very many degrees of freedom
  // by a normal deviate (Wallace, 1959, Ann. Math. Stat. 30, 1121-1130).
  real long_tailed_lcdf(real y, real nu, real mu, real sigma) {
    real z = (y - mu) / sigma;
    if (nu > 1e6) {
      real t = sqrt(nu * log1p(square(z) / nu)) * (8 * nu + 1) / (8 * nu + 3);
      return log_Phi(z < 0 ? -t : t);
    }
    real square_z = square(z) + 1e-300;  // of which there is a slope at zero
    real tail = beta_tails(nu / (nu + square_z), square_z / (nu + square_z), nu / 2, 0.5)[1] - log2();
    return z < 0 ? tail : log1m_exp(tail);
  }

  real long_tailed_lccdf(real y, real nu, real mu, real sigma) {
    return long_tailed_lcdf(-y | nu, -mu, sigma);
  }
