// The gamma distribution: mean mu (log link), shape.
//
// With t = y / mu the log density is that at the mean, a function of the shape, plus
// shape (log t - (t - 1)) - log y.
#ifndef STANMIX_FAMILIES_GAMMA_HPP
#define STANMIX_FAMILIES_GAMMA_HPP

#include "../gamma.hpp"
#include "../parameters.hpp"
#include "../simd.hpp"

#include <cmath>

namespace stanmix {

struct Gamma {
  using Response = double;
  static constexpr Range support = Range::positive;
  static constexpr Parameter parameters[] = {{"mu", Range::positive, Link::log},
                                             {"shape", Range::positive, Link::log}};

  struct Component {
    double shape, peak, peak_slope;
  };

  static Component component(const double* eta) {
    const double shape = std::exp(moderate(eta[1]));
    return {shape, log_gamma_deficit<double>(shape), log_gamma_deficit_slope<double>(shape)};
  }

  static constexpr bool has_data_term = true;
  template <class Pack>
  static STANMIX_INLINE Pack data_term(const Pack& y) {
    return -logarithm(y);
  }

  // t - 1 and log t - (t - 1); then the shape where it varies.
  template <unsigned varying>
  static constexpr int kept = 2 + varies(varying, 1);

  template <unsigned varying, class Pack>
  static STANMIX_INLINE Pack log_density(const Pack& y, const Pack* eta, const Component& of,
                                         Pack* kept) {
    Pack shape = fill<Pack>(of.shape), peak = fill<Pack>(of.peak);
    if constexpr (varies(varying, 1)) {
      kept[2] = shape = exponential_to_709<Pack>(moderate<Pack>(eta[1]));
      peak = log_gamma_deficit<Pack>(shape);
    }
    const Pack t = y * bounded_exponential<Pack>(-eta[0]);
    kept[0] = t - 1.0;
    kept[1] = logarithm<Pack>(t, kept[0]).excess;
    return peak + shape * kept[1];
  }

  template <unsigned varying, class Pack>
  static STANMIX_INLINE void scores(const Pack&, const Pack* kept, const Component& of,
                                    Pack* score) {
    Pack shape = fill<Pack>(of.shape), peak_slope = fill<Pack>(of.peak_slope);
    if constexpr (varies(varying, 1)) {
      shape = kept[2];
      peak_slope = log_gamma_deficit_slope<Pack>(shape);
    }
    score[0] = shape * kept[0];
    score[1] = shape * (peak_slope + kept[1]);
  }
};

}  // namespace stanmix

#endif
