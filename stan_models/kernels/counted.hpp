// The log probability that a count lies between two ends, by the probabilities of counts.
#ifndef STANMIX_COUNTED_HPP
#define STANMIX_COUNTED_HPP

#include "families.hpp"
#include "tails.hpp"

#include <cmath>
#include <limits>

namespace stanmix {

// A sum of probabilities and its derivatives, relative to the largest so far.
template <class Pack, int P>
struct Counted {
  Pack largest, total{}, slope[P]{};

  STANMIX_INLINE void add(const Pack& log, const Pack* score) {
    const Pack top = larger(log, largest);
    const Pack before = exponential_to_709<Pack>(largest - top);
    const Pack term = exponential_to_709<Pack>(log - top);
    total = total * before + term;
    // A score may be infinite where the probability is 0.
    for (int p = 0; p < P; ++p)
      slope[p] = slope[p] * before + (term == 0.0 ? Pack{} : term * score[p]);
    largest = top;
  }
};

// The log probability of counts, and its derivatives.
template <class Family, unsigned varying, class Pack>
STANMIX_INLINE Pack log_mass(const Pack& count, const Pack* eta,
                             const typename Family::Component& of, Pack* score) {
  [[maybe_unused]] constexpr int P = parameters_of<Family>;
  Pack kept[Family::template kept<varying>], terms{};
  const Pack log = Family::template log_density<varying>(count, eta, of, kept);
  Family::template scores<varying>(count, kept, of, score);
  if constexpr (Family::has_data_term)
    for (int lane = 0; lane < lanes<Pack>; ++lane) {
      if constexpr (has_trials<Family>)
        terms[lane] = Family::data_term(static_cast<int>(count[lane]),
                                        static_cast<int>(eta[P][lane]));
      else
        terms[lane] = Family::data_term(static_cast<int>(count[lane]));
    }
  return log + terms;
}

// The same of one count, of the rows that ask for it: others may have fewer trials.
template <class Family, unsigned varying, class Pack, class Mask>
STANMIX_INLINE Pack log_mass_of(double count, const Mask& asked, const Pack* eta,
                                const typename Family::Component& of, Pack* score) {
  if constexpr (has_trials<Family>) {
    return log_mass<Family, varying, Pack>(asked ? fill<Pack>(count) : Pack{}, eta, of, score);
  } else {
    Pack kept[Family::template kept<varying>];
    const Pack at = fill<Pack>(count);
    const Pack log = Family::template log_density<varying>(at, eta, of, kept);
    Family::template scores<varying>(at, kept, of, score);
    if constexpr (Family::has_data_term) return log + Family::data_term(static_cast<int>(count));
    return log;
  }
}

// The sum of the probabilities of the counts between two ends, of the rows that ask for it; it ends
// beyond the mode, where no more is of consequence.
template <class Family, unsigned varying, class Pack, class Mask>
STANMIX_INLINE Pack log_sum_of_counts(const Pack& first, const Pack& last, const Mask& asked,
                                      const Pack* eta, const typename Family::Component& of,
                                      Pack* slope) {
  constexpr int P = parameters_of<Family>;
  const Pack lowest = fill<Pack>(std::numeric_limits<double>::lowest());
  const Pack impossible = fill<Pack>(-std::numeric_limits<double>::infinity());
  Counted<Pack, P> sum{lowest};
  Pack count = first, previous = lowest, score[P];
  Mask going = asked & (first <= last);
  while (any(going)) {
    const Pack mass = log_mass<Family, varying>(going ? count : Pack{}, eta, of, score);
    sum.add(going ? mass : lowest, score);
    going = going & (count < last) & ((mass > previous) | (mass > sum.largest - 40.0));
    previous = mass;
    count += 1.0;
  }
  for (int p = 0; p < P; ++p) slope[p] = sum.slope[p] / sum.total;
  return first > last ? impossible : sum.largest + logarithm<Pack>(sum.total);
}

// Whether the sum of the probabilities from `first` on takes fewer terms than of those below, or
// alone has digits, as far as its first two say.
template <class Family, unsigned varying, class Pack, class Mask>
STANMIX_INLINE Mask sum_is_better(const Pack& first, const Mask& asked, const Pack& some,
                                  const Pack* eta, const typename Family::Component& of) {
  if (!any(asked)) return asked;
  Pack score[parameters_of<Family>];
  const Pack at = asked ? first : fill<Pack>(1.0);
  const Pack log = log_mass<Family, varying, Pack>(at, eta, of, score);
  const Pack fall = log_mass<Family, varying, Pack>(at - 1.0, eta, of, score) - log;
  const Pack ratio = exponential_to_709<Pack>(smaller(-fall, 0));
  const Pack sum = exponential_to_709<Pack>(smaller(log, 0)) / (1.0 - ratio);
  return (fall > 0.0) & ((fall * (at - 1.0) > 40.0) | (sum < some));
}

// Of counts from `least` to `most`. Of those up to any number it is what the others leave of 1: 0 is
// taken off before them, where it leaves all digits. The sum of those between is taken where it is
// shorter or too few digits are left, and up to a number.
template <class Family, unsigned varying, class Pack>
STANMIX_INLINE Pack log_counted(const Pack& least, const Pack& most, const Pack* eta,
                                const typename Family::Component& of, Pack* slope) {
  constexpr int P = parameters_of<Family>;
  Pack end = fill<Pack>(std::numeric_limits<double>::infinity());
  if constexpr (has_trials<Family>) end = eta[P];
  const auto open = most >= end;
  const Pack last = open ? end : most, first = larger<Pack>(least, Pack{});
  Pack score[P];

  const Pack none = log_mass<Family, varying>(Pack{}, eta, of, score);
  const Complement<Pack> others = complement<Pack>(smaller(none, 0));
  Pack left = others.rest;
  const auto nothing = others.exponential == 0.0;
  for (int p = 0; p < P; ++p) slope[p] = nothing ? Pack{} : -others.exponential * score[p];
  // With trials, the probability of none may have its digits beside 1 alone.
  const Pack some = has_trials<Family> ? fill<Pack>(1e-3) : 1e-3 * others.rest;
  const auto several = open & (first > 1.0) & (first <= end);
  const auto summed = several & sum_is_better<Family, varying>(first, several, some, eta, of);
  const auto counted = several & (summed == 0);
  double below = 0;
  for (int lane = 0; lane < lanes<Pack>; ++lane)
    if (counted[lane] && first[lane] > below) below = first[lane];
  // From the largest of them on, until below the mode no more is of consequence.
  Pack previous = fill<Pack>(std::numeric_limits<double>::lowest());
  auto ended = counted == 0;
  for (double count = below - 1; count >= 1 && !all(ended); --count) {
    const auto asked = counted & (first > count);
    const Pack log = log_mass_of<Family, varying>(count, asked, eta, of, score);
    const Pack mass = asked ? exponential_to_709<Pack>(log) : Pack{};
    left -= mass;
    for (int p = 0; p < P; ++p) slope[p] -= mass > 0.0 ? mass * score[p] : Pack{};
    ended = ended | (asked & (log < previous) & (log < others.log - 46.0));
    previous = asked ? log : previous;
  }
  const Pack enough = !has_trials<Family> && !any(several) ? fill<Pack>(1e-290) : some;
  const auto all_of = first == 0.0;
  const auto known = open & (summed == 0) & (all_of | (left > enough));
  const Pack log = first > 1.0 ? logarithm<Pack>(left, left - 1.0).value : others.log;
  const Pack found = all_of ? Pack{} : log;
  for (int p = 0; p < P; ++p) slope[p] = all_of ? Pack{} : slope[p] / left;
  if (all(known)) return found;

  Pack other_slope[P];
  const Pack sum =
      log_sum_of_counts<Family, varying>(first, last, known == 0, eta, of, other_slope);
  for (int p = 0; p < P; ++p) slope[p] = known ? slope[p] : other_slope[p];
  return known ? found : sum;
}

}  // namespace stanmix

#endif
