// The beta-binomial distribution: mean probability mu (logit link), precision phi = a + b.
#ifndef STANMIX_FAMILIES_BETA_BINOMIAL_HPP
#define STANMIX_FAMILIES_BETA_BINOMIAL_HPP

#include "../gamma.hpp"
#include "../parameters.hpp"
#include "../simd.hpp"

#include <cmath>

namespace stanmix {

struct BetaBinomial {
  using Response = int;
  static constexpr bool trials = true;
  static constexpr Parameter parameters[] = {{"mu", Range::fraction, Link::logit},
                                             {"phi", Range::positive, Link::log}};

  struct Component {
    double phi;
  };

  static Component component(const double* eta) { return {bounded_exponential(eta[1])}; }

  static constexpr bool has_data_term = true;
  static double data_term(int y, int n) { return log_choose(n, y); }

  // The mean, 1 less it, and the trials; then phi where it varies.
  template <unsigned varying>
  static constexpr int kept = 3 + varies(varying, 1);

  template <unsigned varying, class Pack>
  static STANMIX_INLINE Pack log_density(const Pack& y, const Pack* eta, const Component& of,
                                         Pack* kept) {
    Pack phi = fill<Pack>(of.phi), log_total;
    if constexpr (varies(varying, 1)) kept[3] = phi = bounded_exponential(eta[1]);
    kept[0] = inverse_logit<Pack>(eta[0], log_total);
    kept[1] = inverse_logit<Pack>(-eta[0], log_total);
    kept[2] = eta[2];
    return log_rising<Pack>(phi * kept[0], y) + log_rising<Pack>(phi * kept[1], kept[2] - y)
           - log_rising<Pack>(phi, kept[2]);
  }

  template <unsigned varying, class Pack>
  static STANMIX_INLINE void scores(const Pack& y, const Pack* kept, const Component& of,
                                    Pack* score) {
    Pack phi = fill<Pack>(of.phi);
    if constexpr (varies(varying, 1)) phi = kept[3];
    const Pack up = log_rising_slope<Pack>(phi * kept[0], y);
    const Pack down = log_rising_slope<Pack>(phi * kept[1], kept[2] - y);
    score[0] = phi * kept[0] * kept[1] * (up - down);
    score[1] = phi * (kept[0] * up + kept[1] * down - log_rising_slope<Pack>(phi, kept[2]));
  }
};

}  // namespace stanmix

#endif
