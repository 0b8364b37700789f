// A family of which responses are known to lie in an interval, of y and an upper end: what
// censored rows tell. In place of a density stands a probability.
#ifndef STANMIX_FAMILIES_INTERVAL_HPP
#define STANMIX_FAMILIES_INTERVAL_HPP

#include "../families.hpp"
#include "../tails.hpp"

namespace stanmix {

// The log probability that a response lies between two ends, and its slopes in the parameters.
template <class Family, unsigned varying, class Pack>
STANMIX_INLINE Pack log_interval(const Pack& low, const Pack& high, const Pack* eta,
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

template <class Family>
struct Within {
  using Response = double;
  static constexpr const auto& parameters = Family::parameters;
  static constexpr bool upper_ends = true;

  using Component = typename Family::Component;
  static Component component(const double* eta) { return Family::component(eta); }

  static constexpr bool has_data_term = false;
  static double data_term(double) { return 0; }

  // The scores.
  template <unsigned varying>
  static constexpr int kept = parameters_of<Family>;

  template <unsigned varying, class Pack>
  static STANMIX_INLINE Pack log_density(const Pack& y, const Pack* eta, const Component& of,
                                         Pack* kept) {
    return log_interval<Family, varying>(y, eta[parameters_of<Family>], eta, of, kept);
  }

  template <unsigned varying, class Pack>
  static STANMIX_INLINE void scores(const Pack&, const Pack* kept, const Component&, Pack* score) {
    for (int p = 0; p < parameters_of<Family>; ++p) score[p] = kept[p];
  }
};

}  // namespace stanmix

#endif
