// The Poisson distribution: mean mu (log link).
#ifndef STANMIX_FAMILIES_POISSON_HPP
#define STANMIX_FAMILIES_POISSON_HPP

#include "../gamma.hpp"
#include "../parameters.hpp"
#include "../simd.hpp"

namespace stanmix {

struct Poisson {
  using Response = int;
  static constexpr Parameter parameters[] = {{"mu", Range::positive, Link::log}};

  struct Component {};

  static Component component(const double*) { return {}; }

  static constexpr bool has_data_term = true;
  static double data_term(int y) { return -log_factorial(y); }

  // The mean.
  template <unsigned varying>
  static constexpr int kept = 1;

  template <unsigned varying, class Pack>
  static STANMIX_INLINE Pack log_density(const Pack& y, const Pack* eta, const Component&,
                                         Pack* kept) {
    kept[0] = exponential(eta[0]);
    return y * eta[0] - kept[0];
  }

  template <unsigned varying, class Pack>
  static STANMIX_INLINE void scores(const Pack& y, const Pack* kept, const Component&,
                                    Pack* score) {
    score[0] = y - kept[0];
  }
};

}  // namespace stanmix

#endif
