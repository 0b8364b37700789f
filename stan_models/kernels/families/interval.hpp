// A family of which responses are known to lie in an interval, of y and an upper end: what
// censored rows tell. In place of a density stands a probability.
#ifndef STANMIX_FAMILIES_INTERVAL_HPP
#define STANMIX_FAMILIES_INTERVAL_HPP

#include "../counted.hpp"
#include "../families.hpp"
#include "../tails.hpp"

#include <limits>
#include <type_traits>

namespace stanmix {

// Whether a family has a standard distribution, rather than sides of its own.
template <class Family, class = void>
constexpr bool has_standard = false;

template <class Family>
constexpr bool has_standard<Family, std::void_t<typename Family::Standard>> = true;

// The log probability of an interval by a standard distribution, and its slopes in the parameters.
template <class Family, unsigned varying, class Pack>
STANMIX_INLINE Pack log_interval_by_standard(const Pack& low, const Pack& high, const Pack* eta,
                                             const typename Family::Component& of, Pack* slope) {
  constexpr int P = parameters_of<Family>;
  Pack at_lower[P], at_upper[P];
  const Pack least = support_of<Family> == Range::positive ? larger<Pack>(low, Pack{}) : low;
  const Pack lower = Family::template standardised<varying>(least, eta, of, at_lower);
  const Pack upper = Family::template standardised<varying>(high, eta, of, at_upper);
  const Interval<Pack> found = interval<typename Family::Standard, Pack>(lower, upper);
  for (int p = 0; p < P; ++p) slope[p] = found.lower * at_lower[p] + found.upper * at_upper[p];
  return found.log;
}

// The sides of a response, by a function for each set of instructions.
template <class Family, unsigned varying, class Pack>
struct SidesOf {
  const Pack &y, *eta;
  const typename Family::Component& of;
  Sides<parameters_of<Family>, Pack>& both;

  STANMIX_INLINE void find() const { both = Family::template sides<varying>(y, eta, of); }
};

template <class Family, unsigned varying>
STANMIX_APART void find_apart(const SidesOf<Family, varying, PackOf<2>::Real>& sides) {
  sides.find();
}

#ifdef STANMIX_AVX2
template <class Family, unsigned varying>
STANMIX_APART STANMIX_AVX2 void find_apart(
    const SidesOf<Family, varying, PackOf<4>::Real>& sides) {
  sides.find();
}
#endif

#ifdef STANMIX_AVX512
template <class Family, unsigned varying>
STANMIX_APART STANMIX_AVX512 void find_apart(
    const SidesOf<Family, varying, PackOf<8>::Real>& sides) {
  sides.find();
}
#endif

// The sides of an end, which may lie beyond all responses.
template <class Family, unsigned varying, class Pack, class Mask>
STANMIX_INLINE Sides<parameters_of<Family>, Pack> sides_of_end(
    const Pack& end, const Mask& none_below, const Mask& none_above, const Pack* eta,
    const typename Family::Component& of) {
  constexpr int P = parameters_of<Family>;
  const auto inside = (none_below | none_above) == 0;
  const Pack impossible = fill<Pack>(-std::numeric_limits<double>::infinity());
  const Pack y = inside ? end : fill<Pack>(0.5);
  Sides<P, Pack> both;
  find_apart(SidesOf<Family, varying, Pack>{y, eta, of, both});
  both.below = inside ? both.below : none_below ? impossible : Pack{};
  both.above = inside ? both.above : none_above ? impossible : Pack{};
  for (int p = 0; p < P; ++p) {
    both.below_slope[p] = inside ? both.below_slope[p] : Pack{};
    both.above_slope[p] = inside ? both.above_slope[p] : Pack{};
  }
  return both;
}

// The log probability of an interval by the sides of its ends, and its slopes in the parameters.
template <class Family, unsigned varying, class Pack>
STANMIX_INLINE Pack log_interval_by_sides(const Pack& low, const Pack& high, const Pack* eta,
                                          const typename Family::Component& of, Pack* slope) {
  constexpr int P = parameters_of<Family>;
  constexpr double infinite = std::numeric_limits<double>::infinity();
  constexpr double least = support_of<Family> == Range::real ? -infinite : 0;
  constexpr double most = support_of<Family> == Range::fraction ? 1 : infinite;
  const auto all_below = low <= least, all_above = high >= most, none = low != low;
  Sides<P, Pack> from{};
  if (!all(all_below)) from = sides_of_end<Family, varying>(low, all_below, none, eta, of);
  if (all(all_above)) {
    for (int p = 0; p < P; ++p) slope[p] = from.above_slope[p];
    return from.above;
  }
  const auto to = sides_of_end<Family, varying>(high, none, all_above, eta, of);
  if (all(all_below)) {
    for (int p = 0; p < P; ++p) slope[p] = to.below_slope[p];
    return to.below;
  }
  return between_sides(from, to, slope);
}

// The log probability that a response lies between two ends, and its slopes in the parameters.
template <class Family, unsigned varying, class Pack>
STANMIX_INLINE Pack log_interval(const Pack& low, const Pack& high, const Pack* eta,
                                 const typename Family::Component& of, Pack* slope) {
  if constexpr (std::is_same_v<typename Family::Response, int>)
    return log_counted<Family, varying>(low, high, eta, of, slope);
  else if constexpr (has_standard<Family>)
    return log_interval_by_standard<Family, varying>(low, high, eta, of, slope);
  else
    return log_interval_by_sides<Family, varying>(low, high, eta, of, slope);
}

// Has the constant `trials` where a family has it.
template <class Family, bool = has_trials<Family>>
struct WithTrials {};

template <class Family>
struct WithTrials<Family, true> {
  static constexpr bool trials = true;
};

template <class Family>
struct Within : WithTrials<Family> {
  using Response = typename Family::Response;
  static constexpr const auto& parameters = Family::parameters;
  static constexpr bool upper_ends = true;

  using Component = typename Family::Component;
  static Component component(const double* eta) { return Family::component(eta); }

  static constexpr bool has_data_term = false;
  static double data_term(Response, int = 0) { return 0; }

  // The scores.
  template <unsigned varying>
  static constexpr int kept = parameters_of<Family>;

  template <unsigned varying, class Pack>
  static STANMIX_INLINE Pack log_density(const Pack& y, const Pack* eta, const Component& of,
                                         Pack* kept) {
    return log_interval<Family, varying>(y, eta[upper_end_of<Within>], eta, of, kept);
  }

  template <unsigned varying, class Pack>
  static STANMIX_INLINE void scores(const Pack&, const Pack* kept, const Component&, Pack* score) {
    for (int p = 0; p < parameters_of<Family>; ++p) score[p] = kept[p];
  }
};

}  // namespace stanmix

#endif
