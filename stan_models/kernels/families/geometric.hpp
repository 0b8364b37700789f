// The geometric distribution: mean mu (log link).
//
// Of y events before one of another kind, where events have the odds mu.
#ifndef STANMIX_FAMILIES_GEOMETRIC_HPP
#define STANMIX_FAMILIES_GEOMETRIC_HPP

#include "../logit.hpp"
#include "../parameters.hpp"
#include "../simd.hpp"

namespace stanmix {

struct Geometric {
  using Response = int;
  static constexpr Parameter parameters[] = {{"mu", Range::positive, Link::log}};

  struct Component {};

  static Component component(const double*) { return {}; }

  static constexpr bool has_data_term = false;
  static double data_term(int) { return 0; }

  // The score.
  template <unsigned varying>
  static constexpr int kept = 1;

  template <unsigned varying, class Pack>
  static STANMIX_INLINE Pack log_density(const Pack& y, const Pack* eta, const Component&,
                                         Pack* kept) {
    const Chance<Pack> event = chance<Pack>(eta[0]);
    const Pack one = 1.0 + Pack{};
    kept[0] = log_power_slope<Pack>(event, y, one);
    return log_power<Pack>(event, eta[0], y, one);
  }

  template <unsigned varying, class Pack>
  static STANMIX_INLINE void scores(const Pack&, const Pack* kept, const Component&, Pack* score) {
    score[0] = kept[0];
  }
};

}  // namespace stanmix

#endif
