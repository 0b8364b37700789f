// The beta distribution: mean mu (logit link), precision phi = a + b.
//
// With a = mu phi and b = (1 - mu) phi, y / mu = 1 + u and (1 - y) / (1 - mu) = 1 + v, where
// a u + b v = 0. By what log gamma falls short of x log x - x, the deficit D, the log density is
//   D(a) + D(b) - D(phi) + a (log(1 + u) - u) + b (log(1 + v) - v) - log y - log(1 - y),
// in which nothing large cancels.
#ifndef STANMIX_FAMILIES_BETA_HPP
#define STANMIX_FAMILIES_BETA_HPP

#include "../gamma.hpp"
#include "../logit.hpp"
#include "../parameters.hpp"
#include "../simd.hpp"

#include <cmath>

namespace stanmix {

struct Beta {
  using Response = double;
  static constexpr Range support = Range::fraction;
  static constexpr Parameter parameters[] = {{"mu", Range::fraction, Link::logit},
                                             {"phi", Range::positive, Link::log}};

  struct Component {
    double phi, deficit, deficit_slope;
  };

  static Component component(const double* eta) {
    const double phi = std::exp(moderate(eta[1]));
    return {phi, log_gamma_deficit<double>(phi), log_gamma_deficit_slope<double>(phi)};
  }

  static constexpr bool has_data_term = true;
  template <class Pack>
  static STANMIX_INLINE Pack data_term(const Pack& y) {
    return -logarithm(y) - logarithm<Pack>(1.0 - y, -y).value;
  }

  // a, b, log(1 + u) - log(1 + v), and what the log density has of u and v.
  template <unsigned varying>
  static constexpr int kept = 4;

  template <unsigned varying, class Pack>
  static STANMIX_INLINE Pack log_density(const Pack& y, const Pack* eta, const Component& of,
                                         Pack* kept) {
    Pack phi = fill<Pack>(of.phi), deficit = fill<Pack>(of.deficit);
    if constexpr (varies(varying, 1)) {
      phi = exponential_to_709<Pack>(moderate<Pack>(eta[1]));
      deficit = log_gamma_deficit<Pack>(phi);
    }
    const Chance<Pack> mu = chance<Pack>(moderate<Pack>(eta[0]));
    const Pack beyond = 1.0 - y, gap = mu.of < 0.5 ? y - mu.of : mu.rest - beyond;
    const Logarithm<Pack> up = logarithm<Pack>(y / mu.of, gap / mu.of);
    const Logarithm<Pack> down = logarithm<Pack>(beyond / mu.rest, -gap / mu.rest);
    const Pack a = phi * mu.of, b = phi * mu.rest;
    kept[0] = a;
    kept[1] = b;
    kept[2] = up.value - down.value;
    kept[3] = a * up.excess + b * down.excess;
    return log_gamma_deficit<Pack>(a) + log_gamma_deficit<Pack>(b) - deficit + kept[3];
  }

  template <unsigned varying, class Pack>
  static STANMIX_INLINE void scores(const Pack&, const Pack* kept, const Component& of,
                                    Pack* score) {
    const Pack a = kept[0], b = kept[1], phi = a + b;
    Pack slope = fill<Pack>(of.deficit_slope);
    if constexpr (varies(varying, 1)) slope = log_gamma_deficit_slope<Pack>(phi);
    const Pack slope_a = log_gamma_deficit_slope<Pack>(a);
    const Pack slope_b = log_gamma_deficit_slope<Pack>(b);
    score[0] = a * (b / phi) * (slope_a - slope_b + kept[2]);
    score[1] = a * slope_a + b * slope_b - phi * slope + kept[3];
  }
};

}  // namespace stanmix

#endif
