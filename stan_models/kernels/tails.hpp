// What a standard distribution gives to an interval: the log probability, and its slopes in both
// ends. A family with tails has a standard distribution (families/standard.hpp), `Standard`, and
// `standardised`: z of a response, which grows with it, and the derivatives of z.
#ifndef STANMIX_TAILS_HPP
#define STANMIX_TAILS_HPP

#include "simd.hpp"

namespace stanmix {

// The log probability of one side of z, and the density at z over that probability.
template <class Pack>
struct Tail {
  Pack log, hazard;
};

// The log probability of an interval, and its derivatives in the lower and the upper end.
template <class Pack>
struct Interval {
  Pack log, lower, upper;
};

// Where ends without bound lie: its square is a double, so that products with 0 are 0.
constexpr double farthest = 1e154;

template <class Pack>
STANMIX_INLINE Pack bounded(const Pack& z) {
  return larger<Pack>(smaller(z, farthest), fill<Pack>(-farthest));
}

template <class Mask>
STANMIX_INLINE bool all(const Mask& mask) {
  bool found = true;
  for (std::size_t i = 0; i < sizeof(Mask) / sizeof(mask[0]); ++i) found = found && mask[i];
  return found;
}

template <class Mask>
STANMIX_INLINE bool any(const Mask& mask) {
  return !all(mask == 0);
}

// exp(d) of d that are not positive, what it leaves of 1, and the log of that.
template <class Pack>
struct Complement {
  Pack exponential, rest, log;
};

template <class Pack>
STANMIX_INLINE Complement<Pack> complement(const Pack& d) {
  const Pack e = exponential_to_709(d);
  Pack series{};  // of exp(d) - 1 near 0, where the difference has no digits
  for (int n = 14; n > 0; --n) series = (series + 1.0) * d / n;
  const Pack rest = d > -0.35 ? -series : 1.0 - e;
  return {e, rest, logarithm<Pack>(rest, -e).value};
}

// The difference of the smaller tails, which keep their digits.
template <class Standard, class Pack>
STANMIX_INLINE Interval<Pack> interval(const Pack& low, const Pack& high) {
  const Tail<Pack> above = Standard::template above<Pack>(low);
  if (all(high >= farthest)) return {above.log, -above.hazard, Pack{}};
  const Tail<Pack> below = Standard::template below<Pack>(high);
  if (all(low <= -farthest)) return {below.log, Pack{}, below.hazard};
  const auto upper_half = above.log < below.log;
  const Tail<Pack> beyond = Standard::template above<Pack>(high);
  const Tail<Pack> before = Standard::template below<Pack>(low);
  const Pack whole = upper_half ? above.log : below.log;
  const Pack part = upper_half ? beyond.log : before.log;
  const Complement<Pack> of = complement<Pack>(smaller(part - whole, 0));
  const Pack wide = 1.0 / of.rest, narrow = of.exponential * wide;
  return {whole + of.log, upper_half ? -above.hazard * wide : -before.hazard * narrow,
          upper_half ? beyond.hazard * narrow : below.hazard * wide};
}

// The log probabilities below and above a response, and their slopes in the parameters: what a
// family has as `sides` whose distributions are not all of one standard form.
template <int P, class Pack>
struct Sides {
  Pack below, above;
  Pack below_slope[P], above_slope[P];
};

// Both sides by one of them, which should be the smaller: what it leaves of 1.
template <int P, class Pack, class Mask>
STANMIX_INLINE Sides<P, Pack> sides_by(const Mask& is_above, const Pack& log, const Pack* slope) {
  const Complement<Pack> of = complement<Pack>(smaller(log, 0));
  const Pack odds = of.exponential / of.rest;
  Sides<P, Pack> both;
  both.below = is_above ? of.log : log;
  both.above = is_above ? log : of.log;
  for (int p = 0; p < P; ++p) {
    const Pack other = -odds * slope[p];
    both.below_slope[p] = is_above ? other : slope[p];
    both.above_slope[p] = is_above ? slope[p] : other;
  }
  return both;
}

// The difference of the smaller sides of two ends, those of `low` and of `high`.
template <int P, class Pack>
STANMIX_INLINE Pack between_sides(const Sides<P, Pack>& low, const Sides<P, Pack>& high,
                                  Pack* slope) {
  const auto upper_half = low.above < high.below;
  const Pack whole = upper_half ? low.above : high.below;
  const Pack part = upper_half ? high.above : low.below;
  const Complement<Pack> of = complement<Pack>(smaller(part - whole, 0));
  const Pack wide = 1.0 / of.rest, narrow = of.exponential * wide;
  for (int p = 0; p < P; ++p) {
    const Pack of_whole = upper_half ? low.above_slope[p] : high.below_slope[p];
    const Pack of_part = upper_half ? high.above_slope[p] : low.below_slope[p];
    slope[p] = of_whole * wide - of_part * narrow;
  }
  return whole + of.log;
}

}  // namespace stanmix

#endif
