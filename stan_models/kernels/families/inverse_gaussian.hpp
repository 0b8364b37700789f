// The inverse Gaussian distribution: mean mu (log link), shape; its variance is mu^3 / shape.
#ifndef STANMIX_FAMILIES_INVERSE_GAUSSIAN_HPP
#define STANMIX_FAMILIES_INVERSE_GAUSSIAN_HPP

#include "../parameters.hpp"
#include "../simd.hpp"

#include <cmath>

namespace stanmix {

struct InverseGaussian {
  using Response = double;
  static constexpr Range support = Range::positive;
  static constexpr Parameter parameters[] = {{"mu", Range::positive, Link::log},
                                             {"shape", Range::positive, Link::log}};

  struct Component {
    double shape, constant;
  };

  static Component component(const double* eta) {
    return {bounded_exponential(eta[1]), 0.5 * eta[1] - log_sqrt_two_pi};
  }

  static constexpr bool has_data_term = true;
  template <class Pack>
  static STANMIX_INLINE Pack data_term(const Pack& y) {
    return -1.5 * logarithm(y);
  }

  // 1 / mu and y / mu - 1; then the shape where it varies.
  template <unsigned varying>
  static constexpr int kept = 2 + varies(varying, 1);

  template <unsigned varying, class Pack>
  static STANMIX_INLINE Pack log_density(const Pack& y, const Pack* eta, const Component& of,
                                         Pack* kept) {
    Pack shape = fill<Pack>(of.shape), constant = fill<Pack>(of.constant);
    if constexpr (varies(varying, 1)) {
      kept[2] = shape = bounded_exponential(eta[1]);
      constant = 0.5 * eta[1] - log_sqrt_two_pi;
    }
    kept[0] = bounded_exponential<Pack>(-eta[0]);
    kept[1] = y * kept[0] - 1.0;
    return constant - 0.5 * shape * (kept[1] * kept[1] / y);
  }

  template <unsigned varying, class Pack>
  static STANMIX_INLINE void scores(const Pack& y, const Pack* kept, const Component& of,
                                    Pack* score) {
    Pack shape = fill<Pack>(of.shape);
    if constexpr (varies(varying, 1)) shape = kept[2];
    score[0] = shape * kept[1] * kept[0];
    score[1] = 0.5 - 0.5 * shape * (kept[1] * kept[1] / y);
  }

 private:
  static constexpr double log_sqrt_two_pi = 0.91893853320467274178;
};

}  // namespace stanmix

#endif
