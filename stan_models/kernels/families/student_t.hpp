// Student's t distribution: location mu, scale sigma, nu degrees of freedom.
//
// With the standardised residual z and t = z^2 / nu the log density is that at mu, a function of
// sigma and nu, less (nu + 1) / 2 log(1 + t). Residuals whose square is no double count as
// impossible.
#ifndef STANMIX_FAMILIES_STUDENT_T_HPP
#define STANMIX_FAMILIES_STUDENT_T_HPP

#include "../gamma.hpp"
#include "../parameters.hpp"
#include "../simd.hpp"

#include <cmath>

namespace stanmix {

struct StudentT {
  using Response = double;
  static constexpr Parameter parameters[] = {{"mu", Range::real, Link::identity},
                                             {"sigma", Range::positive, Link::log},
                                             {"nu", Range::positive, Link::log}};

  struct Component {
    double inverse_scale, log_scale;
    double nu, inverse_nu;
    double peak, peak_slope;
  };

  static Component component(const double* eta) {
    const double nu = bounded_exponential(eta[2]);
    return {std::exp(-eta[1]), eta[1], nu, 1 / nu, log_peak(nu), log_peak_slope(nu)};
  }

  static constexpr bool has_data_term = false;
  static double data_term(double) { return 0; }

  // z, 1 / (1 + t) and log(1 + t) - t / (1 + t); then, where they vary, the inverse of sigma and
  // nu.
  template <unsigned varying>
  static constexpr int kept = 3 + varies(varying, 1) + varies(varying, 2);

  template <unsigned varying, class Pack>
  static STANMIX_INLINE Pack log_density(const Pack& y, const Pack* eta, const Component& of,
                                         Pack* kept) {
    Pack inverse_scale = fill<Pack>(of.inverse_scale), log_scale = fill<Pack>(of.log_scale);
    Pack nu = fill<Pack>(of.nu), inverse_nu = fill<Pack>(of.inverse_nu);
    Pack peak = fill<Pack>(of.peak);
    if constexpr (varies(varying, 1)) {
      kept[3] = inverse_scale = bounded_exponential<Pack>(-eta[1]);
      log_scale = eta[1];
    }
    if constexpr (varies(varying, 2)) {
      kept[kept_nu<varying>] = nu = bounded_exponential(eta[2]);
      inverse_nu = 1.0 / nu;
      peak = log_peak(nu);
    }
    const Pack z = (y - eta[0]) * inverse_scale, t = z * z * inverse_nu;
    const Logarithm<Pack> log = logarithm<Pack>(1.0 + t, t);
    const Pack inverse = 1.0 / (1.0 + t), part = t * inverse;
    kept[0] = z;
    kept[1] = inverse;
    kept[2] = t < 0.25 ? log.excess + t * part : log.value - part;
    return peak - log_scale - 0.5 * (nu + 1.0) * log.value;
  }

  template <unsigned varying, class Pack>
  static STANMIX_INLINE void scores(const Pack&, const Pack* kept, const Component& of,
                                    Pack* score) {
    Pack inverse_scale = fill<Pack>(of.inverse_scale);
    Pack nu = fill<Pack>(of.nu), inverse_nu = fill<Pack>(of.inverse_nu);
    Pack peak_slope = fill<Pack>(of.peak_slope);
    if constexpr (varies(varying, 1)) inverse_scale = kept[3];
    if constexpr (varies(varying, 2)) {
      nu = kept[kept_nu<varying>];
      inverse_nu = 1.0 / nu;
      peak_slope = log_peak_slope(nu);
    }
    const Pack z = kept[0];
    score[0] = (1.0 + inverse_nu) * z * kept[1] * inverse_scale;
    score[1] = (z * z - 1.0) * kept[1];
    score[2] = peak_slope - 0.5 * nu * kept[2] + 0.5 * z * z * inverse_nu * kept[1];
  }

 private:
  template <unsigned varying>
  static constexpr int kept_nu = 3 + varies(varying, 1);

  // The log density at mu for sigma = 1, and its derivative with respect to log nu.
  template <class X>
  static STANMIX_INLINE X log_peak(const X& nu) {
    const double log_sqrt_two_pi = 0.91893853320467274178;
    return log_gamma_half_step<X>(0.5 * nu) - log_sqrt_two_pi;
  }

  template <class X>
  static STANMIX_INLINE X log_peak_slope(const X& nu) {
    return log_gamma_half_step_slope<X>(0.5 * nu);
  }
};

}  // namespace stanmix

#endif
