// Probabilities by their logits, with all digits of both ends.
#ifndef STANMIX_LOGIT_HPP
#define STANMIX_LOGIT_HPP

#include "simd.hpp"

#include <cmath>

namespace stanmix {

// The probability whose logit is x.
template <class X>
struct Chance {
  X of, rest;       // exp(x) / (1 + exp(x)), and 1 less it
  X steps, excess;  // |x|, and log(1 + exp(-|x|)): -log of the larger one is the excess, of the
                    // smaller one their sum
};

template <class Pack>
STANMIX_INLINE Chance<Pack> chance(const Pack& x) {
  const Pack steps = larger<Pack>(x, -x), e = exponential<Pack>(-steps);
  const Pack large = 1.0 / (1.0 + e), small = e * large;
  const auto up = x > 0.0;
  return {up ? large : small, up ? small : large, steps, logarithm<Pack>(1.0 + e, e).value};
}

inline Chance<double> chance(double x) {
  const double steps = std::fabs(x), e = std::exp(-steps);
  const double large = 1 / (1 + e), small = e * large;
  return {x > 0 ? large : small, x > 0 ? small : large, steps, std::log1p(e)};
}

// The log probability of so many successes and failures, in one order; x is the logit.
template <class Pack>
STANMIX_INLINE Pack log_power(const Chance<Pack>& chance, const Pack& x, const Pack& successes,
                              const Pack& failures) {
  const Pack rarer = x > 0.0 ? failures : successes;
  return -(chance.steps * rarer + chance.excess * (successes + failures));
}

// Its derivative in the logit.
template <class Pack>
STANMIX_INLINE Pack log_power_slope(const Chance<Pack>& chance, const Pack& successes,
                                    const Pack& failures) {
  return successes * chance.rest - failures * chance.of;
}

}  // namespace stanmix

#endif
