// The binomial distribution: probability mu (logit link).
#ifndef STANMIX_FAMILIES_BINOMIAL_HPP
#define STANMIX_FAMILIES_BINOMIAL_HPP

#include "../gamma.hpp"
#include "../logit.hpp"
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

  // The score.
  template <unsigned varying>
  static constexpr int kept = 1;

  template <unsigned varying, class Pack>
  static STANMIX_INLINE Pack log_density(const Pack& y, const Pack* eta, const Component&,
                                         Pack* kept) {
    const Chance<Pack> mu = chance<Pack>(eta[0]);
    const Pack failures = eta[1] - y;
    kept[0] = log_power_slope<Pack>(mu, y, failures);
    return log_power<Pack>(mu, eta[0], y, failures);
  }

  template <unsigned varying, class Pack>
  static STANMIX_INLINE void scores(const Pack&, const Pack* kept, const Component&, Pack* score) {
    score[0] = kept[0];
  }
};

}  // namespace stanmix

#endif
