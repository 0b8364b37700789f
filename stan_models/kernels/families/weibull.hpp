// The Weibull distribution: mean mu (log link), shape.
//
// Its scale is mu / gamma(1 + 1 / shape). With w = shape (log y - log scale) the log density is
// log shape + w - exp(w) - log y, and w the log of a standard exponential.
#ifndef STANMIX_FAMILIES_WEIBULL_HPP
#define STANMIX_FAMILIES_WEIBULL_HPP

#include "../gamma.hpp"
#include "../parameters.hpp"
#include "../simd.hpp"
#include "../tails.hpp"
#include "standard.hpp"

#include <cmath>

namespace stanmix {

struct Weibull {
  using Standard = StandardMinimum;
  using Response = double;
  static constexpr Range support = Range::positive;
  static constexpr Parameter parameters[] = {{"mu", Range::positive, Link::log},
                                             {"shape", Range::positive, Link::log}};

  // What follows from the shape alone: log gamma(1 + 1 / shape), and digamma there.
  template <class X>
  struct Shape {
    X shape, lift, lift_slope;
  };

  struct Component {
    Shape<double> of;
    double log_shape;
  };

  static Component component(const double* eta) {
    return {of_shape(std::exp(moderate(eta[1]))), eta[1]};
  }

  static constexpr bool has_data_term = true;
  template <class Pack>
  static STANMIX_INLINE Pack data_term(const Pack& y) {
    return -logarithm(y);
  }

  static constexpr bool has_statistic = true;
  template <class Pack>
  static STANMIX_INLINE Pack statistic(const Pack& y) {
    return logarithm(y);
  }

  // w and exp(w) - 1; then the shape where it varies.
  template <unsigned varying>
  static constexpr int kept = 2 + varies(varying, 1);

  template <unsigned varying, class Pack>
  static STANMIX_INLINE Pack log_density(const Pack& log_y, const Pack* eta, const Component& of,
                                         Pack* kept) {
    Pack shape = fill<Pack>(of.of.shape), lift = fill<Pack>(of.of.lift);
    Pack log_shape = fill<Pack>(of.log_shape);
    if constexpr (varies(varying, 1)) {
      kept[2] = shape = exponential_to_709<Pack>(moderate<Pack>(eta[1]));
      lift = log_gamma_above_one<Pack>(1.0 / shape);
      log_shape = eta[1];
    }
    kept[0] = shape * (log_y - eta[0] + lift);
    const Pack e = exponential<Pack>(kept[0]);
    kept[1] = e - 1.0;
    return log_shape + kept[0] - e;
  }

  template <unsigned varying, class Pack>
  static STANMIX_INLINE void scores(const Pack&, const Pack* kept, const Component& of,
                                    Pack* score) {
    Pack shape = fill<Pack>(of.of.shape), lift_slope = fill<Pack>(of.of.lift_slope);
    if constexpr (varies(varying, 1)) {
      shape = kept[2];
      lift_slope = digamma<Pack>(1.0 + 1.0 / shape);
    }
    score[0] = shape * kept[1];
    score[1] = 1.0 - (kept[0] - lift_slope) * kept[1];
  }

  template <unsigned varying, class Pack>
  static STANMIX_INLINE Pack standardised(const Pack& y, const Pack* eta, const Component& of,
                                          Pack* slope) {
    Pack shape = fill<Pack>(of.of.shape), lift = fill<Pack>(of.of.lift);
    Pack lift_slope = fill<Pack>(of.of.lift_slope);
    if constexpr (varies(varying, 1)) {
      shape = exponential_to_709<Pack>(moderate<Pack>(eta[1]));
      lift = log_gamma_above_one<Pack>(1.0 / shape);
      lift_slope = digamma<Pack>(1.0 + 1.0 / shape);
    }
    const Pack z = bounded<Pack>(shape * (logarithm(y) - eta[0] + lift));
    slope[0] = -shape;
    slope[1] = z - lift_slope;
    return z;
  }

 private:
  static Shape<double> of_shape(double shape) {
    return {shape, log_gamma_above_one<double>(1 / shape), digamma<double>(1 + 1 / shape)};
  }
};

}  // namespace stanmix

#endif
