// The asymmetric Laplace distribution: quantile mu, scale sigma, level of the quantile (logit link).
//
// With z = (y - mu) / sigma the log density is log(2 q (1 - q) / sigma) - 2 z q above mu, and
// + 2 z (1 - q) below.
#ifndef STANMIX_FAMILIES_ASYMMETRIC_LAPLACE_HPP
#define STANMIX_FAMILIES_ASYMMETRIC_LAPLACE_HPP

#include "../parameters.hpp"
#include "../simd.hpp"

#include <cmath>

namespace stanmix {

struct AsymmetricLaplace {
  using Response = double;
  static constexpr Parameter parameters[] = {{"mu", Range::real, Link::identity},
                                             {"sigma", Range::positive, Link::log},
                                             {"quantile", Range::fraction, Link::logit}};

  struct Component {
    double inverse_scale, log_scale, level, log_peak;
  };

  static Component component(const double* eta) {
    const double level = 1 / (1 + std::exp(-eta[2])), rest = 1 / (1 + std::exp(eta[2]));
    return {std::exp(-eta[1]), eta[1], level, std::log(2 * level * rest)};
  }

  static constexpr bool has_data_term = false;
  static double data_term(double) { return 0; }

  // z; then the inverse of sigma and the level where they vary.
  template <unsigned varying>
  static constexpr int kept = 1 + varies(varying, 1) + varies(varying, 2);

  template <unsigned varying, class Pack>
  static STANMIX_INLINE Pack log_density(const Pack& y, const Pack* eta, const Component& of,
                                         Pack* kept) {
    Pack inverse_scale = fill<Pack>(of.inverse_scale), log_scale = fill<Pack>(of.log_scale);
    Pack level = fill<Pack>(of.level), log_peak = fill<Pack>(of.log_peak);
    if constexpr (varies(varying, 1)) {
      kept[1] = inverse_scale = bounded_exponential<Pack>(-eta[1]);
      log_scale = eta[1];
    }
    if constexpr (varies(varying, 2)) {
      Pack log_total;
      kept[1 + varies(varying, 1)] = level = inverse_logit<Pack>(eta[2], log_total);
      log_peak = 0.69314718055994530942 + eta[2] - 2.0 * log_total;
    }
    kept[0] = (y - eta[0]) * inverse_scale;
    return log_peak - log_scale - loss(kept[0], level);
  }

  template <unsigned varying, class Pack>
  static STANMIX_INLINE void scores(const Pack&, const Pack* kept, const Component& of,
                                    Pack* score) {
    Pack inverse_scale = fill<Pack>(of.inverse_scale), level = fill<Pack>(of.level);
    if constexpr (varies(varying, 1)) inverse_scale = kept[1];
    if constexpr (varies(varying, 2)) level = kept[1 + varies(varying, 1)];
    const Pack z = kept[0], above = 2.0 * level, below = above - 2.0;
    const Pack steep = z > 0.0 ? above : below;
    score[0] = (z == 0.0 ? Pack{} : steep) * inverse_scale;
    score[1] = z * steep - 1.0;
    score[2] = 1.0 - 2.0 * level - 2.0 * z * level * (1.0 - level);
  }

 private:
  template <class Pack>
  static STANMIX_INLINE Pack loss(const Pack& z, const Pack& level) {
    return 2.0 * z * (z > 0.0 ? level : level - 1.0);
  }
};

}  // namespace stanmix

#endif
