// A family of which some responses are known exactly and others to lie in an interval, of y and an
// upper end: both are the response where it is known. So the rows of a group meet in one call.
#ifndef STANMIX_FAMILIES_CENSORED_HPP
#define STANMIX_FAMILIES_CENSORED_HPP

#include "../families.hpp"
#include "../tails.hpp"
#include "interval.hpp"

namespace stanmix {

template <class Family>
struct Censored : Within<Family> {
  using Component = typename Family::Component;
  static constexpr Range support = support_of<Family>;  // of responses that are known exactly
  static constexpr bool exact_rows = true;

  // A pack of rows that are all of one kind takes the time of that alone.
  template <unsigned varying, class Pack>
  static STANMIX_INLINE Pack log_density(const Pack& y, const Pack* eta, const Component& of,
                                         Pack* kept) {
    constexpr int P = parameters_of<Family>;
    const auto exact = y == eta[upper_end_of<Censored>];
    Pack log{};
    if (!all(exact)) log = Within<Family>::template log_density<varying>(y, eta, of, kept);
    if (!any(exact)) return log;
    Pack score[P];
    const Pack density = log_of_response<varying>(y, eta, of, score);
    for (int p = 0; p < P; ++p) kept[p] = exact ? score[p] : kept[p];
    return exact ? density : log;
  }

 private:
  template <unsigned varying, class Pack>
  static STANMIX_INLINE Pack log_of_response(const Pack& y, const Pack* eta, const Component& of,
                                             Pack* score) {
    if constexpr (std::is_same_v<typename Family::Response, int>) {
      return log_mass<Family, varying>(y, eta, of, score);
    } else {
      Pack own[Family::template kept<varying>];
      Pack density = Family::template log_density<varying>(statistic_of<Family>(y), eta, of, own);
      if constexpr (Family::has_data_term) density += Family::template data_term<Pack>(y);
      Family::template scores<varying>(y, own, of, score);
      return density;
    }
  }
};

}  // namespace stanmix

#endif
