// A family truncated at two ends, which are among its responses: its density over the probability
// of what lies between them. Ends are parameters that are data, and may be infinite. In place of
// the density may stand what is known of a response, as the probability of an interval.
#ifndef STANMIX_FAMILIES_TRUNCATED_HPP
#define STANMIX_FAMILIES_TRUNCATED_HPP

#include "../families.hpp"
#include "interval.hpp"

#include <array>
#include <limits>

namespace stanmix {

template <class Family>
constexpr auto with_ends() {
  constexpr int P = parameters_of<Family>;
  std::array<Parameter, P + 2> all{};
  for (int p = 0; p < P; ++p) all[p] = Family::parameters[p];
  all[P] = {"least", Range::end, Link::identity};
  all[P + 1] = {"most", Range::end, Link::identity};
  return all;
}

template <class Family, class Known = Family>
struct Truncated : Known {
  using Component = typename Known::Component;
  static constexpr int own = parameters_of<Family>;

  static constexpr auto parameters = with_ends<Family>();
  static constexpr bool has_statistic = false;  // ends are those of responses

  static constexpr unsigned of_family(unsigned varying) { return varying & ((1u << own) - 1); }

  // What the family keeps, then the slopes of the log probability between the ends.
  template <unsigned varying>
  static constexpr int before = Known::template kept<of_family(varying)>;
  template <unsigned varying>
  static constexpr int kept = before<varying> + own;

  template <unsigned varying, class Pack>
  static STANMIX_INLINE Pack log_density(const Pack& y, const Pack* eta, const Component& of,
                                         Pack* kept) {
    constexpr unsigned mask = of_family(varying);
    Pack own_eta[own + beside_predictors<Known>];
    for (int p = 0; p < own; ++p) own_eta[p] = eta[p];
    for (int i = 0; i < beside_predictors<Known>; ++i) own_eta[own + i] = eta[own + 2 + i];
    const Pack least = eta[own], most = eta[own + 1];
    const Pack density = Known::template log_density<mask>(statistic_of<Known>(y), own_eta, of, kept);
    const Pack recorded =
        log_interval<Family, mask>(least, most, own_eta, of, kept + before<varying>);
    const Pack impossible = fill<Pack>(-std::numeric_limits<double>::infinity());
    const Pack possible = recorded > impossible ? density - recorded : impossible;
    return y < least ? impossible : y > most ? impossible : possible;
  }

  template <unsigned varying, class Pack>
  static STANMIX_INLINE void scores(const Pack& y, const Pack* kept, const Component& of,
                                    Pack* score) {
    Known::template scores<of_family(varying)>(y, kept, of, score);
    for (int p = 0; p < own; ++p) score[p] -= kept[before<varying> + p];
    score[own] = score[own + 1] = Pack{};
  }
};

}  // namespace stanmix

#endif
