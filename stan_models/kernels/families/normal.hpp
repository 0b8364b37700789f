// The normal distribution: mean mu, standard deviation sigma.
#ifndef STANMIX_FAMILIES_NORMAL_HPP
#define STANMIX_FAMILIES_NORMAL_HPP

#include "../parameters.hpp"
#include "../simd.hpp"
#include "../tails.hpp"
#include "standard.hpp"

#include <cmath>

namespace stanmix {

struct Normal {
  using Standard = StandardNormal;
  using Response = double;
  static constexpr Parameter parameters[] = {{"mu", Range::real, Link::identity},
                                             {"sigma", Range::positive, Link::log}};

  struct Component {
    double inverse_scale;
    double constant;  // of the log density
  };

  static Component component(const double* eta) {
    const double log_sqrt_two_pi = 0.91893853320467274178;
    return {std::exp(-eta[1]), -eta[1] - log_sqrt_two_pi};
  }

  static constexpr bool has_data_term = false;
  static double data_term(double) { return 0; }

  // The standardised residual, and the inverse of sigma where it varies.
  template <unsigned varying>
  static constexpr int kept = varies(varying, 1) ? 2 : 1;

  template <unsigned varying, class Pack>
  static STANMIX_INLINE Pack log_density(const Pack& y, const Pack* eta, const Component& of,
                                         Pack* kept) {
    if constexpr (varies(varying, 1)) {
      kept[1] = bounded_exponential<Pack>(-eta[1]);
      kept[0] = (y - eta[0]) * kept[1];
      return of.constant - eta[1] - 0.5 * kept[0] * kept[0];
    } else {
      kept[0] = (y - eta[0]) * of.inverse_scale;
      return of.constant - 0.5 * kept[0] * kept[0];
    }
  }

  template <unsigned varying, class Pack>
  static STANMIX_INLINE void scores(const Pack&, const Pack* kept, const Component& of,
                                    Pack* score) {
    if constexpr (varies(varying, 1))
      score[0] = kept[0] * kept[1];
    else
      score[0] = kept[0] * of.inverse_scale;
    score[1] = kept[0] * kept[0] - 1.0;
  }

  template <unsigned varying, class Pack>
  static STANMIX_INLINE Pack standardised(const Pack& y, const Pack* eta, const Component& of,
                                          Pack* slope) {
    Pack inverse_scale = fill<Pack>(of.inverse_scale);
    if constexpr (varies(varying, 1)) inverse_scale = bounded_exponential<Pack>(-eta[1]);
    const Pack z = bounded<Pack>((y - eta[0]) * inverse_scale);
    slope[0] = -inverse_scale;
    slope[1] = -z;
    return z;
  }
};

}  // namespace stanmix

#endif
