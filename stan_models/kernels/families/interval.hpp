// A family of which responses are known to lie in an interval, of y and an upper end: what
// censored rows tell. In place of a density stands a probability.
#ifndef STANMIX_FAMILIES_INTERVAL_HPP
#define STANMIX_FAMILIES_INTERVAL_HPP

#include "../families.hpp"
#include "../tails.hpp"

namespace stanmix {

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
    constexpr int P = parameters_of<Family>;
    Pack at_lower[P], at_upper[P];
    const Pack least = support_of<Family> == Range::positive ? larger<Pack>(y, Pack{}) : y;
    const Pack lower = Family::template standardised<varying>(least, eta, of, at_lower);
    const Pack upper = Family::template standardised<varying>(eta[P], eta, of, at_upper);
    const Interval<Pack> found = interval<typename Family::Standard, Pack>(lower, upper);
    for (int p = 0; p < P; ++p) kept[p] = found.lower * at_lower[p] + found.upper * at_upper[p];
    return found.log;
  }

  template <unsigned varying, class Pack>
  static STANMIX_INLINE void scores(const Pack&, const Pack* kept, const Component&, Pack* score) {
    for (int p = 0; p < parameters_of<Family>; ++p) score[p] = kept[p];
  }
};

}  // namespace stanmix

#endif
