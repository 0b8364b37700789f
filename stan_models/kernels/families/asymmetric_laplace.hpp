// The asymmetric Laplace distribution: quantile mu, scale sigma, level of the quantile (logit).
//
// With z = (y - mu) / sigma the log density is log(2 q (1 - q) / sigma) - 2 z q above mu, and
// + 2 z (1 - q) below.
#ifndef STANMIX_FAMILIES_ASYMMETRIC_LAPLACE_HPP
#define STANMIX_FAMILIES_ASYMMETRIC_LAPLACE_HPP

#include "../logit.hpp"
#include "../parameters.hpp"
#include "../simd.hpp"
#include "../tails.hpp"
#include "standard.hpp"

#include <cmath>

namespace stanmix {

struct AsymmetricLaplace {
  using Standard = StandardLogistic;
  using Response = double;
  static constexpr Parameter parameters[] = {{"mu", Range::real, Link::identity},
                                             {"sigma", Range::positive, Link::log},
                                             {"quantile", Range::fraction, Link::logit}};

  struct Component {
    double inverse_scale, log_scale;
    double level, rest, log_peak;
    double log_level, log_rest;
  };

  static Component component(const double* eta) {
    const Chance<double> level = chance(eta[2]);
    return {std::exp(-eta[1]), eta[1], level.of, level.rest,
            log_2 - (level.steps + 2 * level.excess),
            log_of(level, eta[2]), log_of(level, -eta[2])};
  }

  static constexpr bool has_data_term = false;
  static double data_term(double) { return 0; }

  // z; then the inverse of sigma, and the level and 1 less it, where they vary.
  template <unsigned varying>
  static constexpr int kept = 1 + varies(varying, 1) + 2 * varies(varying, 2);

  template <unsigned varying, class Pack>
  static STANMIX_INLINE Pack log_density(const Pack& y, const Pack* eta, const Component& of,
                                         Pack* kept) {
    Pack inverse_scale = fill<Pack>(of.inverse_scale), log_scale = fill<Pack>(of.log_scale);
    Pack level = fill<Pack>(of.level), rest = fill<Pack>(of.rest);
    Pack log_peak = fill<Pack>(of.log_peak);
    if constexpr (varies(varying, 1)) {
      kept[1] = inverse_scale = bounded_exponential<Pack>(-eta[1]);
      log_scale = eta[1];
    }
    if constexpr (varies(varying, 2)) {
      const Chance<Pack> found = chance<Pack>(eta[2]);
      kept[kept_level<varying>] = level = found.of;
      kept[kept_level<varying> + 1] = rest = found.rest;
      log_peak = log_2 - (found.steps + 2.0 * found.excess);
    }
    kept[0] = (y - eta[0]) * inverse_scale;
    return log_peak - log_scale - kept[0] * steepness(kept[0], level, rest);
  }

  template <unsigned varying, class Pack>
  static STANMIX_INLINE void scores(const Pack&, const Pack* kept, const Component& of,
                                    Pack* score) {
    Pack inverse_scale = fill<Pack>(of.inverse_scale);
    Pack level = fill<Pack>(of.level), rest = fill<Pack>(of.rest);
    if constexpr (varies(varying, 1)) inverse_scale = kept[1];
    if constexpr (varies(varying, 2)) {
      level = kept[kept_level<varying>];
      rest = kept[kept_level<varying> + 1];
    }
    const Pack z = kept[0], steep = steepness(z, level, rest);
    score[0] = steep * inverse_scale;
    score[1] = z * steep - 1.0;
    score[2] = rest - level - 2.0 * z * level * rest;
  }

  // The logit of the probability below, of which either side has all digits.
  template <unsigned varying, class Pack>
  static STANMIX_INLINE Pack standardised(const Pack& y, const Pack* eta, const Component& of,
                                          Pack* slope) {
    Pack inverse_scale = fill<Pack>(of.inverse_scale);
    Pack level = fill<Pack>(of.level), rest = fill<Pack>(of.rest);
    Pack log_level = fill<Pack>(of.log_level), log_rest = fill<Pack>(of.log_rest);
    if constexpr (varies(varying, 1)) inverse_scale = bounded_exponential<Pack>(-eta[1]);
    if constexpr (varies(varying, 2)) {
      const Chance<Pack> found = chance<Pack>(eta[2]);
      level = found.of;
      rest = found.rest;
      log_level = log_of<Pack>(found, eta[2]);
      log_rest = log_of<Pack>(found, -eta[2]);
    }
    const Pack z = bounded<Pack>((y - eta[0]) * inverse_scale);
    const auto left = z < 0.0;
    const Pack side = left ? log_level + 2.0 * rest * z : log_rest - 2.0 * level * z;
    const Pack in_z = left ? 2.0 * rest : -2.0 * level;
    const Pack in_level =
        left ? rest * (1.0 - 2.0 * level * z) : -level * (1.0 + 2.0 * rest * z);
    const Complement<Pack> other = complement<Pack>(side);
    const Pack logit = left ? side - other.log : other.log - side;
    const Pack steep = (left ? fill<Pack>(1.0) : fill<Pack>(-1.0)) / other.rest;
    slope[0] = -steep * in_z * inverse_scale;
    slope[1] = -steep * in_z * z;
    slope[2] = steep * in_level;
    // An end without bound stays one.
    const Pack size = larger<Pack>(z, -z);
    return size >= farthest ? z : logit;
  }

 private:
  static constexpr double log_2 = 0.69314718055994530942;

  // The log of the level; at minus its logit, of what it leaves of 1.
  template <class X>
  static STANMIX_INLINE X log_of(const Chance<X>& level, const X& logit) {
    return logit > 0.0 ? -level.excess : -(level.steps + level.excess);
  }

  template <unsigned varying>
  static constexpr int kept_level = 1 + varies(varying, 1);

  // How fast the log density falls with z; at its peak, where it has no derivative, 0.
  template <class Pack>
  static STANMIX_INLINE Pack steepness(const Pack& z, const Pack& level, const Pack& rest) {
    const Pack above = 2.0 * level, below = -2.0 * rest;
    return z > 0.0 ? above : z < 0.0 ? below : Pack{};
  }
};

}  // namespace stanmix

#endif
