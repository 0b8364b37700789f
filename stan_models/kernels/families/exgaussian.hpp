// The sum of a normal number, of mean mu and standard deviation sigma, and an exponential one of
// mean tau.
//
// With the standardised residual z, r = sigma / tau and u = z - r the log density is
// r^2 / 2 - z r + log Phi(u) - log tau. Below u = 0 the first two terms and that of Phi that is
// -u^2 / 2 are -z^2 / 2.
#ifndef STANMIX_FAMILIES_EXGAUSSIAN_HPP
#define STANMIX_FAMILIES_EXGAUSSIAN_HPP

#include "../mills.hpp"
#include "../parameters.hpp"
#include "../tails.hpp"

#include <cmath>

namespace stanmix {

struct ExGaussian {
  using Response = double;
  static constexpr Parameter parameters[] = {{"mu", Range::real, Link::identity},
                                             {"sigma", Range::positive, Link::log},
                                             {"tau", Range::positive, Link::log}};

  struct Component {
    double inverse_scale, log_scale, log_tau;
  };

  static Component component(const double* eta) {
    return {std::exp(-eta[1]), eta[1], eta[2]};
  }

  static constexpr bool has_data_term = false;
  static double data_term(double) { return 0; }

  // r, and the slopes in z and r; z; then the inverse of sigma where it varies.
  template <unsigned varying>
  static constexpr int kept = 4 + varies(varying, 1);

  template <unsigned varying, class Pack>
  static STANMIX_INLINE Pack log_density(const Pack& y, const Pack* eta, const Component& of,
                                         Pack* kept) {
    Pack inverse_scale = fill<Pack>(of.inverse_scale), log_scale = fill<Pack>(of.log_scale);
    Pack log_tau = fill<Pack>(of.log_tau);
    if constexpr (varies(varying, 1)) {
      kept[4] = inverse_scale = bounded_exponential<Pack>(-eta[1]);
      log_scale = eta[1];
    }
    if constexpr (varies(varying, 2)) log_tau = eta[2];
    const Pack z = (y - eta[0]) * inverse_scale;
    const Pack r = exponential_to_709<Pack>(smaller<Pack>(log_scale - log_tau, 300));
    const Pack u = z - r;
    const LogPhi<Pack> log = log_phi(u);
    const auto below = u < 0.0;
    kept[0] = r;
    kept[1] = below ? log.slope - z : log.slope - r;
    kept[2] = below ? -log.slope : -u - log.slope;
    kept[3] = z;
    return (below ? -0.5 * z * z : r * (0.5 * r - z)) + log.value - log_tau;
  }

  template <unsigned varying, class Pack>
  static STANMIX_INLINE void scores(const Pack&, const Pack* kept, const Component& of,
                                    Pack* score) {
    Pack inverse_scale = fill<Pack>(of.inverse_scale);
    if constexpr (varies(varying, 1)) inverse_scale = kept[4];
    const Pack of_tail = kept[0] * kept[2];
    score[0] = -kept[1] * inverse_scale;
    score[1] = of_tail - kept[3] * kept[1];
    score[2] = -of_tail - 1.0;
  }

  // The probability above is Phi(-z) + E with E = exp(r^2 / 2 - z r) Phi(u), which below u = 0 is
  // phi(z) R(-u) by Mills' ratio; so is the probability below of negative z a difference of such.
  // Its derivatives are r E in z and u E + phi(z) in r.
  template <unsigned varying, class Pack>
  static STANMIX_INLINE Sides<3, Pack> sides(const Pack& y, const Pack* eta, const Component& of) {
    Pack inverse_scale = fill<Pack>(of.inverse_scale), log_scale = fill<Pack>(of.log_scale);
    Pack log_tau = fill<Pack>(of.log_tau);
    if constexpr (varies(varying, 1)) {
      inverse_scale = bounded_exponential<Pack>(-eta[1]);
      log_scale = eta[1];
    }
    if constexpr (varies(varying, 2)) log_tau = eta[2];
    const Pack z = bounded<Pack>((y - eta[0]) * inverse_scale);
    const Pack r = exponential_to_709<Pack>(smaller<Pack>(log_scale - log_tau, 300));
    const Pack u = z - r, size = larger<Pack>(z, -z);
    const auto above = z > 0.0, short_tail = u < 0.0;
    const Mills<Pack> beyond = mills<Pack>(short_tail ? -u : u);
    const Pack own = mills(size).ratio;
    Pack part = own + beyond.ratio;
    if (!all(above)) part = above ? part : mills_fall(size, r);
    const LogPhi<Pack> log_below = log_phi(u);
    const Pack rho = short_tail ? Pack{} : own * log_below.slope;  // Phi(-z) / E
    const Pack log = short_tail ? logarithm(part) - 0.5 * z * z - log_sqrt_two_pi
                                : r * (0.5 * r - z) + log_below.value
                                      + logarithm<Pack>(1.0 + rho, rho).value;
    // phi(z), E, u E + phi(z) and phi(z) - r E, over the probability.
    const Pack phi = short_tail ? 1.0 / part : log_below.slope / (1.0 + rho);
    const Pack e = short_tail ? beyond.ratio * phi : 1.0 / (1.0 + rho);
    const Pack of_ratio = short_tail ? beyond.rest * phi : u * e + phi;
    const Pack of_scale = short_tail ? (beyond.rest - z * beyond.ratio) * phi : phi - r * e;
    const Pack sign = above ? -r : r;
    const Pack slope[] = {-sign * e * inverse_scale, sign * of_scale, -sign * of_ratio};
    return sides_by<3>(above, log, slope);
  }
};

}  // namespace stanmix

#endif
