// The inverse Gaussian distribution: mean mu (log link), shape; its variance is mu^3 / shape.
#ifndef STANMIX_FAMILIES_INVERSE_GAUSSIAN_HPP
#define STANMIX_FAMILIES_INVERSE_GAUSSIAN_HPP

#include "../mills.hpp"
#include "../parameters.hpp"
#include "../simd.hpp"
#include "../tails.hpp"

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

  // With d = sqrt(shape / y), a = d (y / mu - 1) and c = d (y / mu + 1) the probability below is
  // Phi(a) + exp(2 shape / mu) Phi(-c), and the latter is phi(a) R(c), by Mills' ratio. Below the mean
  // that is a sum of such ratios, and the probability above it their difference.
  template <unsigned varying, class Pack>
  static STANMIX_INLINE Sides<2, Pack> sides(const Pack& y, const Pack* eta, const Component& of) {
    Pack shape = fill<Pack>(of.shape), log_shape = fill<Pack>(2.0 * (of.constant + log_sqrt_two_pi));
    if constexpr (varies(varying, 1)) {
      shape = bounded_exponential(eta[1]);
      log_shape = eta[1];
    }
    const Pack inverse = bounded_exponential<Pack>(-eta[0]), t = smaller<Pack>(y * inverse, 1e100);
    const Pack d = exponential_to_709<Pack>(0.5 * smaller<Pack>(log_shape - logarithm(y), 600));
    const Pack a = d * (t - 1.0), c = d * (t + 1.0);
    const auto above = a > 0.0;
    const Pack size = above ? a : -a;
    const Mills<Pack> far = mills(c);
    Pack part = mills(size).ratio + far.ratio;
    if (any(above)) part = above ? mills_fall<Pack>(size, 2.0 * d) : part;
    const Pack of_mean = 2.0 * shape * inverse * far.ratio / part;
    const Pack of_shape = d * (a * far.ratio - far.rest) / part;
    const Pack slope[] = {above ? of_mean : -of_mean, above ? -of_shape : of_shape};
    const Pack log = logarithm(part) - 0.5 * a * a - log_sqrt_two_pi;
    return sides_by<2>(above, log, slope);
  }
};

}  // namespace stanmix

#endif
