// The multivariate t distribution: location mu, Cholesky factor L_Sigma of the scale matrix, nu
// degrees of freedom.
//
// With t = q / nu the log density is that at mu less (nu + D) / 2 log(1 + t). That at mu takes the
// log of gamma((nu + D) / 2) / gamma(nu / 2), in D steps of a half.
#ifndef STANMIX_FAMILIES_MULTI_STUDENT_T_CHOLESKY_HPP
#define STANMIX_FAMILIES_MULTI_STUDENT_T_CHOLESKY_HPP

#include "../gamma.hpp"
#include "elliptical.hpp"

#include <cmath>

namespace stanmix {

struct RadialStudentT {
  static constexpr Parameter parameters[] = {
      {"mu", Range::real, Link::identity},
      {"L_Sigma", Range::real, Link::identity, Extent::lower_triangle},
      {"nu", Range::positive, Link::log, Extent::component}};
  static constexpr int own = 1;
  static constexpr int kept = 3;  // 1 / (1 + t), t / (1 + t) and log(1 + t) - t / (1 + t)

  struct Component {
    double nu, inverse_nu, D;
    double constant, slope;  // the log density at mu, and its derivative in log nu
  };

  static Component component(const double* const* values, int D) {
    const double log_sqrt_two_pi = 0.91893853320467274178;
    const double nu = bounded_exponential(values[0][0]);
    Component of{nu, 1 / nu, static_cast<double>(D), -D * log_sqrt_two_pi, 0};
    for (int d = 0; d < D; ++d) {
      const double share = nu / (nu + d);
      of.constant += log_gamma_half_step(0.5 * (nu + d)) + 0.5 * std::log1p(d / nu);
      of.slope += share * log_gamma_half_step_slope(0.5 * (nu + d)) - 0.5 * d / (nu + d);
    }
    return of;
  }

  template <class Pack>
  static STANMIX_INLINE Pack log_density(const Pack& squares, const Component& of, Pack* kept) {
    const Pack t = squares * of.inverse_nu;
    const Logarithm<Pack> log = logarithm<Pack>(1.0 + t, t);
    const Pack inverse = 1.0 / (1.0 + t), part = t * inverse;
    kept[0] = inverse;
    kept[1] = part;
    kept[2] = t < 0.25 ? log.excess + t * part : log.value - part;
    return -0.5 * (of.nu + of.D) * log.value;
  }

  template <class Pack>
  static STANMIX_INLINE Pack stretch(const Pack* kept, const Component& of, Pack& score) {
    score = 0.5 * (of.D * kept[1] - of.nu * kept[2]);
    return (1.0 + of.D * of.inverse_nu) * kept[0];
  }
};

using MultiStudentTCholesky = Elliptical<RadialStudentT>;

}  // namespace stanmix

#endif
