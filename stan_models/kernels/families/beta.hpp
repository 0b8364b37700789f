// The beta distribution: mean mu (logit link), precision phi = a + b.
#ifndef STANMIX_FAMILIES_BETA_HPP
#define STANMIX_FAMILIES_BETA_HPP

#include "../gamma.hpp"
#include "../parameters.hpp"
#include "../simd.hpp"

#include <cmath>

namespace stanmix {

struct Beta {
  using Response = double;
  static constexpr Parameter parameters[] = {{"mu", Range::fraction, Link::logit},
                                             {"phi", Range::positive, Link::log}};

  struct Component {
    double phi, log_gamma_phi, digamma_phi;
  };

  static Component component(const double* eta) {
    const double phi = bounded_exponential(eta[1]);
    return {phi, log_gamma<double>(phi), digamma<double>(phi)};
  }

  static constexpr bool has_data_term = true;
  static double data_term(double y) { return -std::log(y) - std::log1p(-y); }

  // The mean, and 1 less it; then phi where it varies.
  template <unsigned varying>
  static constexpr int kept = 2 + varies(varying, 1);

  template <unsigned varying, class Pack>
  static STANMIX_INLINE Pack log_density(const Pack& y, const Pack* eta, const Component& of,
                                         Pack* kept) {
    Pack phi = fill<Pack>(of.phi), log_gamma_phi = fill<Pack>(of.log_gamma_phi), log_total;
    if constexpr (varies(varying, 1)) {
      kept[2] = phi = bounded_exponential(eta[1]);
      log_gamma_phi = log_gamma<Pack>(phi);
    }
    kept[0] = inverse_logit<Pack>(eta[0], log_total);
    kept[1] = inverse_logit<Pack>(-eta[0], log_total);
    const Pack a = phi * kept[0], b = phi * kept[1];
    return log_gamma_phi - log_gamma<Pack>(a) - log_gamma<Pack>(b) + a * logarithm(y)
           + b * logarithm<Pack>(1.0 - y, -y).value;
  }

  template <unsigned varying, class Pack>
  static STANMIX_INLINE void scores(const Pack& y, const Pack* kept, const Component& of,
                                    Pack* score) {
    Pack phi = fill<Pack>(of.phi), digamma_phi = fill<Pack>(of.digamma_phi);
    if constexpr (varies(varying, 1)) {
      phi = kept[2];
      digamma_phi = digamma<Pack>(phi);
    }
    const Pack up = logarithm(y) - digamma<Pack>(phi * kept[0]);
    const Pack down = logarithm<Pack>(1.0 - y, -y).value - digamma<Pack>(phi * kept[1]);
    score[0] = phi * kept[0] * kept[1] * (up - down);
    score[1] = phi * (kept[0] * up + kept[1] * down + digamma_phi);
  }
};

}  // namespace stanmix

#endif
