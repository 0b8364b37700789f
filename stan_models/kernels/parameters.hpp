// The parameters of a family: what they are called, where they lie, how they are predicted.
#ifndef STANMIX_PARAMETERS_HPP
#define STANMIX_PARAMETERS_HPP

#include <cmath>

namespace stanmix {

enum class Range { real, positive, fraction };

constexpr const char* in_words(Range range) {
  return range == Range::real ? "finite"
         : range == Range::positive ? "positive and finite" : "between 0 and 1";
}

inline bool holds(Range range, double value) {
  return std::isfinite(value) && (range == Range::real || value > 0)
         && (range != Range::fraction || value < 1);
}

enum class Link { identity, log, logit };

// A parameter enters the engine on the scale of its link, and is differentiated there.
struct Parameter {
  const char* name;
  Range range;
  Link link;

  double linked(double value) const {
    return link == Link::identity ? value
           : link == Link::log ? std::log(value) : std::log(value) - std::log1p(-value);
  }

  double link_slope(double value) const {
    return link == Link::identity ? 1 : link == Link::log ? 1 / value : 1 / (value * (1 - value));
  }
};

// Whether a parameter has a predictor, and so a value by row: bit p of `varying` for parameter p.
// It is known at compile time, so that what follows from constants is computed once a component.
constexpr bool varies(unsigned varying, int p) { return varying >> p & 1u; }

}  // namespace stanmix

#endif
