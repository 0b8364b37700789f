// The exponential distribution: mean mu (log link).
#ifndef STANMIX_FAMILIES_EXPONENTIAL_HPP
#define STANMIX_FAMILIES_EXPONENTIAL_HPP

#include "../parameters.hpp"
#include "../simd.hpp"
#include "../tails.hpp"
#include "standard.hpp"

namespace stanmix {

struct Exponential {
  using Standard = StandardMinimum;  // of the logarithm
  using Response = double;
  static constexpr Range support = Range::positive;
  static constexpr Parameter parameters[] = {{"mu", Range::positive, Link::log}};

  struct Component {};

  static Component component(const double*) { return {}; }

  static constexpr bool has_data_term = false;
  static double data_term(double) { return 0; }

  // y / mu.
  template <unsigned varying>
  static constexpr int kept = 1;

  template <unsigned varying, class Pack>
  static STANMIX_INLINE Pack log_density(const Pack& y, const Pack* eta, const Component&,
                                         Pack* kept) {
    kept[0] = y * exponential<Pack>(-eta[0]);
    return -eta[0] - kept[0];
  }

  template <unsigned varying, class Pack>
  static STANMIX_INLINE void scores(const Pack&, const Pack* kept, const Component&, Pack* score) {
    score[0] = kept[0] - 1.0;
  }

  template <unsigned varying, class Pack>
  static STANMIX_INLINE Pack standardised(const Pack& y, const Pack* eta, const Component&,
                                          Pack* slope) {
    slope[0] = fill<Pack>(-1);
    return bounded<Pack>(logarithm(y) - eta[0]);
  }
};

}  // namespace stanmix

#endif
