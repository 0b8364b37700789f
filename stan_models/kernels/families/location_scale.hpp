// Distributions of mu + sigma Z, where Z has a standard distribution, and their logarithms.
//
// A standard distribution has a constant and `log_density(z, slope)`: the log density without that
// constant, and its derivative; and two tails. Residuals whose square is no double count as
// impossible.
#ifndef STANMIX_FAMILIES_LOCATION_SCALE_HPP
#define STANMIX_FAMILIES_LOCATION_SCALE_HPP

#include "../parameters.hpp"
#include "../simd.hpp"
#include "../tails.hpp"

#include <cmath>

namespace stanmix {

// What responses are standardised from: themselves, or their logarithms.
struct Itself {
  static constexpr Range support = Range::real;
  static constexpr bool has_data_term = false, changed = false;
  template <class Pack>
  static STANMIX_INLINE Pack data_term(const Pack&) {
    return Pack{};
  }
  template <class Pack>
  static STANMIX_INLINE Pack of(const Pack& y) {
    return y;
  }
};

struct ItsLogarithm {
  static constexpr Range support = Range::positive;
  static constexpr bool has_data_term = true, changed = true;
  template <class Pack>
  static STANMIX_INLINE Pack data_term(const Pack& y) {
    return -logarithm(y);
  }
  template <class Pack>
  static STANMIX_INLINE Pack of(const Pack& y) {
    return logarithm(y);
  }
};

template <class Distribution, class Of>
struct LocationScaleOf {
  using Standard = Distribution;
  using Response = double;
  static constexpr Range support = Of::support;
  static constexpr Parameter parameters[] = {{"mu", Range::real, Link::identity},
                                             {"sigma", Range::positive, Link::log}};

  struct Component {
    double inverse_scale, constant;
  };

  static Component component(const double* eta) {
    return {std::exp(-eta[1]), Standard::constant - eta[1]};
  }

  static constexpr bool has_data_term = Of::has_data_term;
  template <class Pack>
  static STANMIX_INLINE Pack data_term(const Pack& y) {
    return Of::template data_term<Pack>(y);
  }

  static constexpr bool has_statistic = Of::changed;
  template <class Pack>
  static STANMIX_INLINE Pack statistic(const Pack& y) {
    return Of::template of<Pack>(y);
  }

  // The standardised residual, the slope there, and the inverse of sigma where it varies.
  template <unsigned varying>
  static constexpr int kept = 2 + varies(varying, 1);

  template <unsigned varying, class Pack>
  static STANMIX_INLINE Pack log_density(const Pack& from, const Pack* eta, const Component& of,
                                         Pack* kept) {
    Pack inverse_scale = fill<Pack>(of.inverse_scale), constant = fill<Pack>(of.constant);
    if constexpr (varies(varying, 1)) {
      kept[2] = inverse_scale = bounded_exponential<Pack>(-eta[1]);
      constant = of.constant - eta[1];
    }
    kept[0] = (from - eta[0]) * inverse_scale;
    return constant + Standard::template log_density<Pack>(kept[0], kept[1]);
  }

  template <unsigned varying, class Pack>
  static STANMIX_INLINE void scores(const Pack&, const Pack* kept, const Component& of,
                                    Pack* score) {
    Pack inverse_scale = fill<Pack>(of.inverse_scale);
    if constexpr (varies(varying, 1)) inverse_scale = kept[2];
    score[0] = -kept[1] * inverse_scale;
    score[1] = -kept[0] * kept[1] - 1.0;
  }

  template <unsigned varying, class Pack>
  static STANMIX_INLINE Pack standardised(const Pack& y, const Pack* eta, const Component& of,
                                          Pack* slope) {
    Pack inverse_scale = fill<Pack>(of.inverse_scale);
    if constexpr (varies(varying, 1)) inverse_scale = bounded_exponential<Pack>(-eta[1]);
    const Pack z = bounded<Pack>((Of::template of<Pack>(y) - eta[0]) * inverse_scale);
    slope[0] = -inverse_scale;
    slope[1] = -z;
    return z;
  }
};

template <class Standard>
using LocationScale = LocationScaleOf<Standard, Itself>;

// Positive responses whose logarithm has a standard distribution about log(mu), with scale 1 /
// shape.
template <class Distribution>
struct LogLocationShape {
  using Standard = Distribution;
  using Response = double;
  static constexpr Range support = Range::positive;
  static constexpr Parameter parameters[] = {{"mu", Range::positive, Link::log},
                                             {"shape", Range::positive, Link::log}};

  struct Component {
    double shape, constant;
  };

  static Component component(const double* eta) {
    return {bounded_exponential(eta[1]), Standard::constant + eta[1]};
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

  template <unsigned varying>
  static constexpr int kept = 2 + varies(varying, 1);

  template <unsigned varying, class Pack>
  static STANMIX_INLINE Pack log_density(const Pack& log_y, const Pack* eta, const Component& of,
                                         Pack* kept) {
    Pack shape = fill<Pack>(of.shape), constant = fill<Pack>(of.constant);
    if constexpr (varies(varying, 1)) {
      kept[2] = shape = bounded_exponential(eta[1]);
      constant = of.constant + eta[1];
    }
    kept[0] = shape * (log_y - eta[0]);
    return constant + Standard::template log_density<Pack>(kept[0], kept[1]);
  }

  template <unsigned varying, class Pack>
  static STANMIX_INLINE void scores(const Pack&, const Pack* kept, const Component& of,
                                    Pack* score) {
    Pack shape = fill<Pack>(of.shape);
    if constexpr (varies(varying, 1)) shape = kept[2];
    score[0] = -shape * kept[1];
    score[1] = 1.0 + kept[0] * kept[1];
  }

  template <unsigned varying, class Pack>
  static STANMIX_INLINE Pack standardised(const Pack& y, const Pack* eta, const Component& of,
                                          Pack* slope) {
    Pack shape = fill<Pack>(of.shape);
    if constexpr (varies(varying, 1)) shape = bounded_exponential(eta[1]);
    const Pack z = bounded<Pack>(shape * (logarithm(y) - eta[0]));
    slope[0] = -shape;
    slope[1] = z;
    return z;
  }
};

}  // namespace stanmix

#endif
