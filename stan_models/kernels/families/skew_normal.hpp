// The skew normal distribution: location mu, scale sigma, skewness alpha.
//
// With the standardised residual z the log density is that of a normal distribution, and
// log 2 + log Phi(alpha z). Residuals whose square is no double count as impossible.
#ifndef STANMIX_FAMILIES_SKEW_NORMAL_HPP
#define STANMIX_FAMILIES_SKEW_NORMAL_HPP

#include "../mills.hpp"
#include "../parameters.hpp"
#include "../tails.hpp"

#include <cmath>

namespace stanmix {

struct SkewNormal {
  using Response = double;
  static constexpr Parameter parameters[] = {{"mu", Range::real, Link::identity},
                                             {"sigma", Range::positive, Link::log},
                                             {"alpha", Range::real, Link::identity}};

  struct Component {
    double inverse_scale, constant, alpha;
  };

  static Component component(const double* eta) {
    return {std::exp(-eta[1]), log_2 - log_sqrt_two_pi - eta[1], eta[2]};
  }

  static constexpr bool has_data_term = false;
  static double data_term(double) { return 0; }

  // z and the slope of log Phi at alpha z; then, where they vary, the inverse of sigma and alpha.
  template <unsigned varying>
  static constexpr int kept = 2 + varies(varying, 1) + varies(varying, 2);

  template <unsigned varying, class Pack>
  static STANMIX_INLINE Pack log_density(const Pack& y, const Pack* eta, const Component& of,
                                         Pack* kept) {
    Pack inverse_scale = fill<Pack>(of.inverse_scale), constant = fill<Pack>(of.constant);
    Pack alpha = fill<Pack>(of.alpha);
    if constexpr (varies(varying, 1)) {
      kept[2] = inverse_scale = bounded_exponential<Pack>(-eta[1]);
      constant = of.constant - eta[1];
    }
    if constexpr (varies(varying, 2)) kept[kept_alpha<varying>] = alpha = eta[2];
    const Pack z = (y - eta[0]) * inverse_scale, w = alpha * z;
    const LogPhi<Pack> log = log_phi(w);
    const auto below = w < 0.0;
    kept[0] = z;
    kept[1] = below ? log.slope - w : log.slope;
    const Pack square = below ? z * z + w * w : z * z;
    return constant + log.value - 0.5 * square;
  }

  template <unsigned varying, class Pack>
  static STANMIX_INLINE void scores(const Pack&, const Pack* kept, const Component& of,
                                    Pack* score) {
    Pack inverse_scale = fill<Pack>(of.inverse_scale), alpha = fill<Pack>(of.alpha);
    if constexpr (varies(varying, 1)) inverse_scale = kept[2];
    if constexpr (varies(varying, 2)) alpha = kept[kept_alpha<varying>];
    const Pack z = kept[0], down = z - alpha * kept[1];
    score[0] = down * inverse_scale;
    score[1] = z * down - 1.0;
    score[2] = z * kept[1];
  }

  // By symmetry z counts as negative, with the sign of alpha changed where it is not. With h = |z|
  // and w = |alpha| h the probability beyond is J = 2 (T(h, inf) - T(h, |alpha|)), of Owen's T, or
  // 2 Phi(-h) - J where it is the longer tail; what that leaves of 1 is erf(h / sqrt(2)) + J.
  template <unsigned varying, class Pack>
  static STANMIX_INLINE Sides<3, Pack> sides(const Pack& y, const Pack* eta, const Component& of) {
    Pack inverse_scale = fill<Pack>(of.inverse_scale), alpha = fill<Pack>(of.alpha);
    if constexpr (varies(varying, 1)) inverse_scale = bounded_exponential<Pack>(-eta[1]);
    if constexpr (varies(varying, 2)) alpha = eta[2];
    const Pack z = bounded<Pack>((y - eta[0]) * inverse_scale), h = larger<Pack>(z, -z);
    const Pack steep = larger<Pack>(alpha, -alpha), w = smaller<Pack>(steep * h, farthest);
    const auto up = z > 0.0, is_short = (up ? -alpha : alpha) >= 0.0;

    // In units of the normal density at h.
    const Mills<Pack> own = mills(h), beside = mills(w);
    const Pack e = sqrt_2_over_pi * exponential_to_709<Pack>(-0.5 * w * w);
    const Pack core = odd_series(smaller(h, 1.5));
    Pack k{};
    const auto near = (h < 1.5) & (w < 1.5);
    if (any(near)) k = near_excess(h, w, steep, own.ratio, beside.ratio * e, core) / e;
    if (!all(near)) k = near ? k : far_excess(h, w);
    const Pack long_tail = 2.0 * own.ratio - e * k, rest = 2.0 * core + e * k;
    const auto by_rest = (is_short == 0) & (h < 1.5) & (rest < long_tail);
    const Pack part = by_rest ? rest : long_tail;
    const Pack log_of_part = logarithm<Pack>(is_short ? sqrt_2_over_pi * k : part);
    const Pack square = is_short ? h * h + w * w : h * h;
    const Pack log = log_of_part - 0.5 * square - log_sqrt_two_pi;

    // The density over the probability, and the derivative in alpha.
    const Pack below_w = 2.0 - beside.ratio * e;  // 2 Phi(w)
    const Pack flat = 1.0 / (1.0 + steep * steep);
    const Pack density = is_short ? beside.ratio / k : below_w / part;
    const Pack turn = is_short ? flat / k : e * flat / part;
    const auto above = up ? by_rest == 0 : by_rest;
    const Pack of_z = above ? -density : density, of_alpha = above ? turn : -turn;
    const Pack slope[] = {-of_z * inverse_scale, -of_z * z, of_alpha};
    return sides_by<3>(above, log, slope);
  }

 private:
  static constexpr double sqrt_2_over_pi = 0.79788456080286535588;

  // The normal probability between 0 and h, over the density at h: h + h^3 / 3 + h^5 / 15 + ...
  template <class Pack>
  static STANMIX_INLINE Pack odd_series(const Pack& h) {
    const Pack square = h * h;
    Pack sum{};
    for (int n = 37; n > 1; n -= 2) sum = (1.0 + sum) * square / n;
    return h * (1.0 + sum);
  }

  // J over the normal density at h, which and w are small, by the integral that Owen's T is of the
  // smaller one of alpha and its inverse. `beside` is 2 Phi(-w).
  template <class Pack>
  static STANMIX_INLINE Pack near_excess(const Pack& h, const Pack& w, const Pack& steep,
                                         const Pack& ratio, const Pack& beside, const Pack& core) {
    const auto over = steep > 1.0;
    const Pack flat = over ? 1.0 / steep : steep, other = over ? h : w;
    Pack sum{};
    for (const Node& node : ten_nodes) {
      const Pack s = node.at * other, t = node.at * flat;
      sum += node.weight * exponential_to_709<Pack>(-0.5 * s * s) / (1.0 + t * t);
    }
    const Pack twice = sqrt_2_over_pi * flat * sum;  // 2 T over the density
    const Pack lift = exponential_to_709<Pack>(0.5 * smaller<Pack>(h * h - w * w, 3));
    return over ? lift * twice - beside * core : ratio - twice;
  }

  // The integral of exp(-w t - t^2 / 2) h / (h^2 + (w + t)^2): J over that density and exp(-w^2 / 2)
  // sqrt(2 / pi).
  template <class Pack>
  static STANMIX_INLINE Pack far_excess(const Pack& h, const Pack& w) {
    const Pack length = deepest_at<Pack>(w, fill<Pack>(1.0)), inverse = 1.0 / larger<Pack>(h, fill<Pack>(1e-300));
    Pack sum{};
    for (const Node& node : many_nodes) {
      const Pack t = node.at * length, ratio = (w + t) * inverse;
      sum += node.weight * exponential_to_709<Pack>(-t * (w + 0.5 * t)) / (1.0 + ratio * ratio);
    }
    return length * inverse * sum;
  }

  static constexpr double log_2 = 0.69314718055994530942;

  template <unsigned varying>
  static constexpr int kept_alpha = 2 + varies(varying, 1);
};

}  // namespace stanmix

#endif
