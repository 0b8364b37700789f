// The binomial distribution: probability mu (logit link).
#ifndef STANMIX_FAMILIES_BINOMIAL_HPP
#define STANMIX_FAMILIES_BINOMIAL_HPP

#include "../gamma.hpp"
#include "../parameters.hpp"
#include "../simd.hpp"

namespace stanmix {

struct Binomial {
  using Response = int;
  static constexpr bool trials = true;
  static constexpr Parameter parameters[] = {{"mu", Range::fraction, Link::logit}};

  struct Component {};

  static Component component(const double*) { return {}; }

  static constexpr bool has_data_term = true;
  static double data_term(int y, int n) { return log_choose(n, y); }

  // The expected count.
  template <unsigned varying>
  static constexpr int kept = 1;

  template <unsigned varying, class Pack>
  static STANMIX_INLINE Pack log_density(const Pack& y, const Pack* eta, const Component&,
                                         Pack* kept) {
    Pack log_total;
    kept[0] = eta[1] * inverse_logit<Pack>(eta[0], log_total);
    return y * eta[0] - eta[1] * log_total;
  }

  template <unsigned varying, class Pack>
  static STANMIX_INLINE void scores(const Pack& y, const Pack* kept, const Component&,
                                    Pack* score) {
    score[0] = y - kept[0];
  }
};

}  // namespace stanmix

#endif
