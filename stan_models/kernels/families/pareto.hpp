// The Pareto distribution: mean mu of log(y / minimum) (log link), minimum.
//
// log(y / minimum) has an exponential distribution. Responses below the minimum by no more than
// rounding makes of a logarithm count as the minimum.
#ifndef STANMIX_FAMILIES_PARETO_HPP
#define STANMIX_FAMILIES_PARETO_HPP

#include "../parameters.hpp"
#include "../simd.hpp"
#include "../tails.hpp"
#include "standard.hpp"

#include <limits>

namespace stanmix {

struct Pareto {
  using Standard = StandardMinimum;  // of log(log(y / minimum))
  using Response = double;
  static constexpr Range support = Range::positive;
  static constexpr Parameter parameters[] = {{"mu", Range::positive, Link::log},
                                             {"minimum", Range::positive, Link::log}};

  struct Component {
    double log_minimum;
  };

  static Component component(const double* eta) { return {eta[1]}; }

  static constexpr bool has_data_term = true;
  template <class Pack>
  static STANMIX_INLINE Pack data_term(const Pack& y) {
    return -logarithm(y);
  }

  // log(y / minimum) / mu, and 1 / mu.
  template <unsigned varying>
  static constexpr int kept = 2;

  template <unsigned varying, class Pack>
  static STANMIX_INLINE Pack log_density(const Pack& y, const Pack* eta, const Component& of,
                                         Pack* kept) {
    Pack log_minimum = fill<Pack>(of.log_minimum);
    if constexpr (varies(varying, 1)) log_minimum = eta[1];
    const Pack excess = logarithm(y) - log_minimum;
    kept[1] = bounded_exponential<Pack>(-eta[0]);
    kept[0] = larger<Pack>(excess, Pack{}) * kept[1];
    const Pack impossible = fill<Pack>(-std::numeric_limits<double>::infinity());
    return excess < -rounding ? impossible : -eta[0] - kept[0];
  }

  template <unsigned varying, class Pack>
  static STANMIX_INLINE void scores(const Pack&, const Pack* kept, const Component&, Pack* score) {
    score[0] = kept[0] - 1.0;
    score[1] = kept[1];
  }

  // What lies below the minimum is as far out as the minimum.
  template <unsigned varying, class Pack>
  static STANMIX_INLINE Pack standardised(const Pack& y, const Pack* eta, const Component& of,
                                          Pack* slope) {
    Pack log_minimum = fill<Pack>(of.log_minimum);
    if constexpr (varies(varying, 1)) log_minimum = eta[1];
    const Pack excess = logarithm(y) - log_minimum;
    slope[0] = fill<Pack>(-1);
    slope[1] = excess > 0.0 ? -1.0 / excess : Pack{};
    return bounded<Pack>(logarithm<Pack>(larger<Pack>(excess, Pack{})) - eta[0]);
  }

 private:
  static constexpr double rounding = 1e-12;
};

}  // namespace stanmix

#endif
