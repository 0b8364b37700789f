// Student's t distribution: location mu, scale sigma, nu degrees of freedom.
//
// With the standardised residual z and t = z^2 / nu the log density is that at mu, a function of
// sigma and nu, less (nu + 1) / 2 log(1 + t). Residuals whose square is no double count as
// impossible.
#ifndef STANMIX_FAMILIES_STUDENT_T_HPP
#define STANMIX_FAMILIES_STUDENT_T_HPP

#include "../gamma.hpp"
#include "../parameters.hpp"
#include "../quadrature.hpp"
#include "../simd.hpp"
#include "../tails.hpp"

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

  // With |z| = sqrt(nu) sinh(w) the probability beyond z is the integral of c cosh(w)^-nu from w on:
  // with many degrees of freedom by quadrature, and with few by a series, or near 0 by what the
  // integral up to w leaves of 1 / 2. `ratio` is the probability over the density of w.
  template <unsigned varying, class Pack>
  static STANMIX_INLINE Sides<3, Pack> sides(const Pack& y, const Pack* eta, const Component& of) {
    Pack inverse_scale = fill<Pack>(of.inverse_scale), nu = fill<Pack>(of.nu);
    Pack peak = fill<Pack>(of.peak), peak_slope = fill<Pack>(of.peak_slope);
    if constexpr (varies(varying, 1)) inverse_scale = bounded_exponential<Pack>(-eta[1]);
    if constexpr (varies(varying, 2)) {
      nu = bounded_exponential(eta[2]);
      peak = log_peak(nu);
      peak_slope = log_peak_slope(nu);
    }
    const Pack z = bounded<Pack>((y - eta[0]) * inverse_scale), size = larger<Pack>(z, -z);
    const Pack root = square_root<Pack>(nu + z * z), steep = size / root;  // tanh(w)
    const Pack log_nu = logarithm(nu), square = z * z / nu;
    const Pack log_cosh = 0.5 * logarithm<Pack>(1.0 + square, square).value;
    const Pack density = peak + 0.5 * log_nu - nu * log_cosh;  // of w
    const auto many = nu >= 10.0;
    Pack ratio = fill<Pack>(1.0), falls{};  // nu times the mean of log cosh beyond w, less that at w
    if (any(many)) ratio = many ? beyond(nu, steep, falls) : ratio;
    if (!all(many)) {
      Pack own_falls;
      const Pack few = smaller<Pack>(nu, 10);
      const Pack w = log_cosh + logarithm<Pack>(1.0 + steep, steep).value;
      const Pack found = few_degrees(few, w, density, log_cosh, peak_slope, own_falls);
      ratio = many ? ratio : found;
      falls = many ? falls : own_falls;
    }
    const Pack of_w = 1.0 / ratio, of_z = of_w / root;
    const Pack of_nu = peak_slope + 0.5 - nu * log_cosh - falls + 0.5 * steep * of_w;
    const auto above = z > 0.0;
    const Pack of_mu = of_z * inverse_scale;
    const Pack slope[] = {above ? of_mu : -of_mu, size * of_z, of_nu};
    return sides_by<3>(above, density + logarithm(ratio), slope);
  }

 private:
  // The integral of (cosh(w + v) / cosh(w))^-nu over positive v.
  template <class Pack>
  static STANMIX_INLINE Pack beyond(const Pack& nu, const Pack& steep, Pack& mean) {
    const Pack level = 1.0 - steep * steep;
    const Pack near = deepest_at<Pack>(nu * steep, 0.5 * nu * level);
    const Pack all_of = (deepest + 0.69314718055994530942 * nu) / nu;
    const Pack length = near < 1.0 ? near : all_of;
    Pack sum{}, falls{};
    for (const Node& node : many_nodes) {
      const Pack v = node.at * length;
      const Pack up = exponential_excess<Pack>(v), down = exponential_excess<Pack>(-v);
      const Pack more = 0.5 * (up + down) + steep * (v + 0.5 * (up - down));
      const Pack fall = nu * logarithm<Pack>(1.0 + more, more).value;
      const Pack part = node.weight * exponential_to_709<Pack>(-fall);
      sum += part;
      falls += part * fall;
    }
    mean = falls / sum;
    return length * sum;
  }

  // The same for few degrees of freedom, where `density` is the log density of w.
  template <class Pack>
  static STANMIX_INLINE Pack few_degrees(const Pack& nu, const Pack& w, const Pack& density,
                                         const Pack& log_cosh, const Pack& peak_slope,
                                         Pack& mean) {
    // c 2^nu exp(-nu w) times the sum of binomial coefficients of -nu, q^k / (nu + 2 k), q =
    // exp(-2 w), and its derivative in nu.
    const auto far = w > 1.0;
    const Pack q = exponential_to_709<Pack>(-2.0 * (far ? w : fill<Pack>(1.0)));
    Pack term = fill<Pack>(1.0), term_slope{}, sum = 1.0 / nu, sum_slope = -sum * sum;
    for (int k = 1; k < 24; ++k) {
      const Pack step = q * (-1.0 / k);
      term_slope = (term_slope * (nu + (k - 1.0)) + term) * step;
      term *= (nu + (k - 1.0)) * step;
      const Pack inverse = 1.0 / (nu + 2.0 * k);
      sum += term * inverse;
      sum_slope += (term_slope - term * inverse) * inverse;
    }
    const Pack log_ends = logarithm<Pack>(1.0 + q, q).value;  // w - log(2) less from log cosh(w)
    const Pack of_series = sum * exponential_to_709<Pack>(nu * log_ends);
    // Up to w, in units of the density there.
    Pack near_sum{}, near_falls{};
    const Pack length = smaller(w, 1);
    for (const Node& node : ten_nodes) {
      const Pack v = node.at * length, up = exponential_excess<Pack>(v);
      const Pack more = 0.5 * (up + exponential_excess<Pack>(-v));
      const Pack log = logarithm<Pack>(1.0 + more, more).value;
      const Pack part = node.weight * length * exponential_to_709<Pack>(-nu * (log - log_cosh));
      near_sum += part;
      near_falls += part * nu * log;
    }
    const Pack half = 0.5 * exponential_to_709<Pack>(-larger<Pack>(density, fill<Pack>(-600.0)));
    const Pack of_near = half - near_sum;
    // Of 1 / 2 the derivative is none: the mean is over all, less that up to w.
    const Pack of_all = half * (peak_slope + 0.5);
    const Pack near_mean = (of_all - near_falls) / of_near;
    mean = far ? -nu * (log_ends + sum_slope / sum) : near_mean - nu * log_cosh;
    return far ? of_series : of_near;
  }

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
