// The parameters of a family: what they are called, where they lie, how they are predicted.
#ifndef STANMIX_PARAMETERS_HPP
#define STANMIX_PARAMETERS_HPP

#include <cmath>

namespace stanmix {

enum class Range { real, positive, fraction, end };

constexpr const char* in_words(Range range) {
  switch (range) {
    case Range::real:
      return "finite";
    case Range::positive:
      return "positive and finite";
    case Range::fraction:
      return "between 0 and 1";
    case Range::end:
      break;
  }
  return "a number or infinite";
}

inline bool holds(Range range, double value) {
  if (range == Range::end) return !std::isnan(value);
  return std::isfinite(value) && (range == Range::real || value > 0)
         && (range != Range::fraction || value < 1);
}

enum class Link { identity, log, logit, tan_half };

// How many numbers a component has of a parameter: one for each of its columns or, of a family that
// is of all columns together, one alone, or a lower triangle, row after row.
enum class Extent { column, component, lower_triangle };

// A parameter enters the engine on the scale of its link, and is differentiated there.
struct Parameter {
  const char* name;
  Range range;
  Link link;
  Extent extent = Extent::column;

  int numbers(int columns) const {
    switch (extent) {
      case Extent::column:
        return columns;
      case Extent::component:
        return 1;
      case Extent::lower_triangle:
        break;
    }
    return columns * (columns + 1) / 2;
  }

  double linked(double value) const {
    switch (link) {
      case Link::identity:
        return value;
      case Link::log:
        return std::log(value);
      case Link::logit:
        return std::log(value) - std::log1p(-value);
      case Link::tan_half:
        break;
    }
    return std::tan(value / 2);
  }

  double link_slope(double value) const {
    switch (link) {
      case Link::identity:
        return 1;
      case Link::log:
        return 1 / value;
      case Link::logit:
        return 1 / (value * (1 - value));
      case Link::tan_half:
        break;
    }
    const double tangent = std::tan(value / 2);
    return (1 + tangent * tangent) / 2;
  }
};

// Whether a parameter has a predictor, and so a value by row: bit p of `varying` for parameter p.
// It is known at compile time, so that what follows from constants is computed once a component.
constexpr bool varies(unsigned varying, int p) { return varying >> p & 1u; }

}  // namespace stanmix

#endif
