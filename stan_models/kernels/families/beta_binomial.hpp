// The beta-binomial distribution: mean probability mu (logit link), precision phi = a + b.
//
// Of y successes and f failures, with a = mu phi, b = (1 - mu) phi and the deficit D of log gamma
// as for the beta distribution. With p = (a + y) / (phi + y + f), p / mu = 1 + u and
// (1 - p) / (1 - mu) = 1 + v, where a u + b v = 0, the log probability is
//   y log(p) + f log(1 - p) + a (log(1 + u) - u) + b (log(1 + v) - v),
// by how much the deficits of a and b fall to a + y and b + f, less how far that of phi falls, and
// the ways to choose. Nothing large cancels, and where phi is large it is nearly a binomial's.
#ifndef STANMIX_FAMILIES_BETA_BINOMIAL_HPP
#define STANMIX_FAMILIES_BETA_BINOMIAL_HPP

#include "../gamma.hpp"
#include "../logit.hpp"
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

  static Component component(const double* eta) { return {std::exp(moderate(eta[1]))}; }

  static constexpr bool has_data_term = true;
  static double data_term(int y, int n) { return log_choose(n, y); }

  // a, b, f, log(1 + u) - log(1 + v), and a (log(1 + u) - u) + b (log(1 + v) - v).
  template <unsigned varying>
  static constexpr int kept = 5;

  template <unsigned varying, class Pack>
  static STANMIX_INLINE Pack log_density(const Pack& y, const Pack* eta, const Component& of,
                                         Pack* kept) {
    Pack phi = fill<Pack>(of.phi);
    if constexpr (varies(varying, 1)) phi = exponential_to_709<Pack>(moderate<Pack>(eta[1]));
    const Pack n = eta[2], f = n - y;
    const Chance<Pack> mu = chance<Pack>(moderate<Pack>(eta[0]));
    const Pack gap = log_power_slope<Pack>(mu, y, f), inverse = 1.0 / (phi + n);
    const Logarithm<Pack> up =
        logarithm<Pack>((phi + y / mu.of) * inverse, gap / mu.of * inverse);
    const Logarithm<Pack> down =
        logarithm<Pack>((phi + f / mu.rest) * inverse, -gap / mu.rest * inverse);
    const Pack a = phi * mu.of, b = phi * mu.rest;
    kept[0] = a;
    kept[1] = b;
    kept[2] = f;
    kept[3] = up.value - down.value;
    kept[4] = a * up.excess + b * down.excess;
    const Pack p = (a + y) * inverse, q = (b + f) * inverse;
    const Pack binomial =
        y * logarithm<Pack>(p, -q).value + f * logarithm<Pack>(q, -p).value;
    return binomial + kept[4] + deficit_fall<Pack>(a, y) + deficit_fall<Pack>(b, f)
           - deficit_fall<Pack>(phi, n);
  }

  template <unsigned varying, class Pack>
  static STANMIX_INLINE void scores(const Pack& y, const Pack* kept, const Component&,
                                    Pack* score) {
    const Pack a = kept[0], b = kept[1], f = kept[2], phi = a + b;
    const Pack fall_a = deficit_slope_fall<Pack>(a, y), fall_b = deficit_slope_fall<Pack>(b, f);
    score[0] = a * (b / phi) * (kept[3] + fall_a - fall_b);
    score[1] = kept[4] + a * fall_a + b * fall_b - phi * deficit_slope_fall<Pack>(phi, y + f);
  }
};

}  // namespace stanmix

#endif
