// What the engine asks of a family, and of the list of families of which the components are.
#ifndef STANMIX_FAMILIES_HPP
#define STANMIX_FAMILIES_HPP

#include "parameters.hpp"
#include "simd.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <tuple>
#include <type_traits>

namespace stanmix {

// How many parameters a component of a family has.
template <class Family>
constexpr int parameters_of = static_cast<int>(std::size(Family::parameters));

// Whether a family's responses count successes out of a number of trials: it then has the constant
// `trials`. The number comes behind its predictors, as eta[parameters_of<Family>].
template <class Family, class = void>
constexpr bool has_trials = false;

template <class Family>
constexpr bool has_trials<Family, std::void_t<decltype(Family::trials)>> = true;

// Whether a family's rows have an upper end beside the response: it then has the constant
// `upper_ends`. That comes last.
template <class Family, class = void>
constexpr bool has_upper_ends = false;

template <class Family>
constexpr bool has_upper_ends<Family, std::void_t<decltype(Family::upper_ends)>> = true;

// How many numbers of a row come behind its predictors, and which of them the upper end is.
template <class Family>
constexpr int beside_predictors = has_trials<Family> + has_upper_ends<Family>;

template <class Family>
constexpr int upper_end_of = parameters_of<Family> + has_trials<Family>;

// Whether some of those rows are known exactly, and have twice the response: the family then has the
// constant `exact_rows`.
template <class Family, class = void>
constexpr bool has_exact_rows = false;

template <class Family>
constexpr bool has_exact_rows<Family, std::void_t<decltype(Family::exact_rows)>> = true;

// Whether a family is of all columns of a row together, as vectors whose columns are correlated: it
// then has the constant `joint`, and all of its parameters are constants.
template <class Family, class = void>
constexpr bool is_joint = false;

template <class Family>
constexpr bool is_joint<Family, std::void_t<decltype(Family::joint)>> = true;

// Whether a family's log density is of a number that follows from the response alone, in whose place
// it takes that: it then has the constant `has_statistic`, which is true, and `statistic(y)`.
template <class Family, class = void>
constexpr bool has_statistic = false;

template <class Family>
constexpr bool has_statistic<Family, std::void_t<decltype(Family::has_statistic)>> =
    Family::has_statistic;

// What a log density takes of a response.
template <class Family, class Pack>
STANMIX_INLINE Pack statistic_of(const Pack& y) {
  if constexpr (has_statistic<Family>)
    return Family::template statistic<Pack>(y);
  else
    return y;
}

// Where responses lie: all numbers, or the range `support`.
template <class Family, class = void>
constexpr Range support_of = Range::real;

template <class Family>
constexpr Range support_of<Family, std::void_t<decltype(Family::support)>> = Family::support;

// The largest of counted responses, `largest` if there is one.
template <class Family, class = void>
constexpr int largest_of = std::numeric_limits<int>::max();

template <class Family>
constexpr int largest_of<Family, std::void_t<decltype(Family::largest)>> = Family::largest;

// Some families. Their parameters are counted through, one family after another.
template <class... Of>
struct FamilyList {
  static constexpr int count = sizeof...(Of);
  static constexpr int parameters = (parameters_of<Of> + ...);
  static constexpr bool trials = (has_trials<Of> || ...);
  static constexpr bool upper_ends = (has_upper_ends<Of> || ...);
  static constexpr bool exact_rows = (has_exact_rows<Of> || ...);
  static constexpr bool statistics = (has_statistic<Of> || ...);
  static constexpr bool data_terms = (Of::has_data_term || ...);
  static constexpr int largest = std::min({largest_of<Of>...});

  template <int f>
  using at = std::tuple_element_t<f, std::tuple<Of...>>;
  // Something of each of them.
  template <template <class> class Something>
  using EachOf = std::tuple<Something<Of>...>;

  // The first parameter of family f.
  static constexpr int first(int f) {
    constexpr int numbers[] = {parameters_of<Of>...};
    int before = 0;
    for (int i = 0; i < f; ++i) before += numbers[i];
    return before;
  }

  // The family whose parameter p is.
  static constexpr int family_of(int p) {
    int f = 0;
    while (p >= first(f + 1)) ++f;
    return f;
  }

  template <int p>
  static constexpr Parameter parameter = at<family_of(p)>::parameters[p - first(family_of(p))];

  // Of the parameters that vary, those of family f.
  static constexpr unsigned part(unsigned varying, int f) {
    return varying >> first(f) & ((1u << (first(f + 1) - first(f))) - 1);
  }

  static constexpr Range supports[] = {support_of<Of>...};
  static constexpr bool real_line = ((support_of<Of> == Range::real) && ...);
};

// The families of a mixture's components, each of which is of one.
template <class... Of>
struct Families : FamilyList<Of...> {
  static constexpr bool product = false;
  using Response = typename FamilyList<Of...>::template at<0>::Response;

  static_assert((std::is_same_v<Response, typename Of::Response> && ...),
                "All families of a mixture have real responses, or all have counts.");
  static_assert(FamilyList<Of...>::parameters <= 32,
                "The parameters of a mixture's families are at most 32.");
};

// The families of columns that are independent of one another within a component: each component
// has all of them, the first for the first columns, and so on. Counts are doubles too; what is not
// a number is missing, and says nothing.
template <class... Of>
struct Product : FamilyList<Of...> {
  static constexpr bool product = true;
  using Response = double;

  // Of the parameters that vary, those of family f: none.
  static constexpr unsigned part(unsigned, int) { return 0; }

  static_assert(!(is_joint<Of> || ...), "Columns are independent.");
  static_assert(!FamilyList<Of...>::trials, "Columns have no numbers of trials of their own.");
};

}  // namespace stanmix

#endif
