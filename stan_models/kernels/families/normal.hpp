// The normal distribution: location eta (identity link), scale sigma.
#ifndef STANMIX_FAMILIES_NORMAL_HPP
#define STANMIX_FAMILIES_NORMAL_HPP

#include "../simd.hpp"

#include <cmath>

namespace stanmix {

struct Normal {
  using Response = double;
  static constexpr int auxiliaries = 1;
  static const char* auxiliary_name(int) { return "sigma"; }

  // The linear predictor that has a given mean, and its derivative.
  static double link(double mu) { return mu; }
  static double link_slope(double) { return 1; }

  struct Component {
    double inverse_scale;
    double constant;  // of the log density
  };

  static Component component(const double* auxiliary) {
    const double log_sqrt_two_pi = 0.91893853320467274178;
    return {1 / auxiliary[0], -std::log(auxiliary[0]) - log_sqrt_two_pi};
  }

  static constexpr bool has_data_term = false;
  static double data_term(double) { return 0; }

  // `kept` is what the scores need of this evaluation: the standardised residual.
  template <class Pack>
  static STANMIX_INLINE Pack log_density(const Pack& y, const Pack& eta, const Component& of, Pack& kept) {
    kept = (y - eta) * of.inverse_scale;
    return of.constant - 0.5 * kept * kept;
  }

  // Derivative of the log density with respect to eta.
  template <class Pack>
  static STANMIX_INLINE Pack location_score(const Pack&, const Pack& kept, const Component& of) {
    return kept * of.inverse_scale;
  }

  // Derivative of the log density with respect to log sigma.
  template <class Pack>
  static STANMIX_INLINE Pack auxiliary_score(int, const Pack&, const Pack& kept, const Component&) {
    return kept * kept - 1.0;
  }
};

}  // namespace stanmix

#endif
