// The gamma distribution: mean mu (log link), shape.
//
// With t = y / mu the log density is that at the mean, a function of the shape, plus
// shape (log t - (t - 1)) - log y.
#ifndef STANMIX_FAMILIES_GAMMA_HPP
#define STANMIX_FAMILIES_GAMMA_HPP

#include "../gamma.hpp"
#include "../parameters.hpp"
#include "../quadrature.hpp"
#include "../simd.hpp"
#include "../tails.hpp"

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

  // The probability beyond a response, over the density of its logarithm: by a series, or as the
  // integral of exp(-fall), over which the score of the shape is less by the fall.
  template <unsigned varying, class Pack>
  static STANMIX_INLINE Sides<2, Pack> sides(const Pack& y, const Pack* eta, const Component& of) {
    Pack kept_here[kept<varying>], score[2];
    const Pack density = log_density<varying>(y, eta, of, kept_here);
    scores<varying>(y, kept_here, of, score);
    Pack shape = fill<Pack>(of.shape);
    if constexpr (varies(varying, 1)) shape = kept_here[2];
    const Pack t = smaller<Pack>(y * bounded_exponential<Pack>(-eta[0]), 1e100), x = shape * t;
    const auto upper = t > 1.0, by_series = upper ? x < 1.0 : shape < 5.0;
    Pack ratio = fill<Pack>(1.0), of_shape{};
    if (any(by_series)) ratio = by_series ? series(shape, x, of_shape) : ratio;
    if (!all(by_series)) {
      Pack fall;
      const Pack found = integral<Pack>(shape, shape * (t - 1.0), x, upper, fall);
      ratio = by_series ? ratio : found;
      of_shape = by_series ? of_shape : -fall;
    }
    const auto above = upper & (by_series == 0);
    const Pack of_mean = 1.0 / ratio;
    const Pack slope[] = {above ? of_mean : -of_mean, score[1] + of_shape};
    return sides_by<2>(above, density + logarithm(ratio), slope);
  }

 private:
  // Of what lies below: 1 / shape + x / (shape (shape + 1)) + ..., and the slope of its logarithm in
  // log(shape), of which x is a multiple.
  template <class Pack>
  static STANMIX_INLINE Pack series(const Pack& shape, const Pack& x, Pack& slope) {
    const Pack few = smaller(x, 5);
    Pack term = fill<Pack>(1.0), sum = term, lift{}, lifts{};
    for (int n = 1; n < 30; ++n) {
      const Pack inverse = 1.0 / (shape + n);
      term *= few * inverse;
      lift += n * inverse;
      sum += term;
      lifts += term * lift;
    }
    slope = lifts / sum - 1.0;
    return sum / shape;
  }

  // Of v from the logarithm of a response outward the fall is steep v + x (exp(v) - 1 - v), steep =
  // x - shape, with v and steep negative where that is downward. `mean` is that of the fall.
  template <class Pack, class Mask>
  static STANMIX_INLINE Pack integral(const Pack& shape, const Pack& steep, const Pack& x,
                                      const Mask& upper, Pack& mean) {
    const Pack bend = upper ? x : x * (2 / 3.0), size = larger<Pack>(steep, -steep);
    const Pack sign = upper ? fill<Pack>(1.0) : fill<Pack>(-1.0);
    // No less than where the fall is the deepest; its bend is exp(v) times x.
    Pack length = deepest_at<Pack>(size, bend);
    const Pack inverse = 1.0 / (upper ? x : shape);
    if (any(upper == 0)) {
      const Pack most = (deepest + x) * inverse;
      length = upper ? length : length < 1.0 ? length : most;
    }
    for (int step = 0; step < 2; ++step) {
      const Pack up = (deepest + shape * length) * inverse;
      const Pack down = (deepest + x * (1.0 - exponential_to_709<Pack>(-length))) * inverse;
      const Pack closer = upper ? logarithm<Pack>(1.0 + up, up).value : down;
      length = closer < length ? closer : length;
    }
    Pack sum{}, falls{};
    for (const Node& node : many_nodes) {
      const Pack v = node.at * length * sign;
      const Pack fall = steep * v + x * exponential_excess<Pack>(v);
      const Pack part = node.weight * exponential_to_709<Pack>(-fall);
      sum += part;
      falls += part * fall;
    }
    mean = falls / sum;
    return length * sum;
  }
};

}  // namespace stanmix

#endif
