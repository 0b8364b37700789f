// Standard distributions of the real line: log density without its constant, and its slope.
#ifndef STANMIX_FAMILIES_STANDARD_HPP
#define STANMIX_FAMILIES_STANDARD_HPP

#include "../simd.hpp"

#include <limits>

namespace stanmix {

struct StandardNormal {
  static constexpr double constant = -0.91893853320467274178;

  template <class Pack>
  static STANMIX_INLINE Pack log_density(const Pack& z, Pack& slope) {
    slope = -z;
    return -0.5 * z * z;
  }
};

struct StandardCauchy {
  static constexpr double constant = -1.1447298858494001741;

  template <class Pack>
  static STANMIX_INLINE Pack log_density(const Pack& z, Pack& slope) {
    const Pack square = z * z;
    slope = -2.0 * z / (1.0 + square);
    return -logarithm<Pack>(1.0 + square, square).value;
  }
};

struct StandardLaplace {
  static constexpr double constant = -0.69314718055994530942;

  template <class Pack>
  static STANMIX_INLINE Pack log_density(const Pack& z, Pack& slope) {
    const Pack one = 1.0 + Pack{};
    slope = z > 0.0 ? -one : z < 0.0 ? one : Pack{};
    return z * slope;
  }
};

struct StandardLogistic {
  static constexpr double constant = 0;

  template <class Pack>
  static STANMIX_INLINE Pack log_density(const Pack& z, Pack& slope) {
    const Pack size = larger<Pack>(z, -z), e = exponential<Pack>(-size);
    const Pack steep = (1.0 - e) / (1.0 + e);
    slope = z > 0.0 ? -steep : steep;
    return -size - 2.0 * logarithm<Pack>(1.0 + e, e).value;
  }
};

// Of a maximum.
struct StandardGumbel {
  static constexpr double constant = 0;
  static constexpr double infinite = std::numeric_limits<double>::infinity();

  template <class Pack>
  static STANMIX_INLINE Pack log_density(const Pack& z, Pack& slope) {
    const Pack e = exponential<Pack>(-z);
    slope = e - 1.0;
    return -(e < infinite ? z + e : e);
  }
};

}  // namespace stanmix

#endif
