// Standard distributions of the real line: log density without its constant, and its slope; and
// their tails: the log probability of one side, and the density over that probability.
#ifndef STANMIX_FAMILIES_STANDARD_HPP
#define STANMIX_FAMILIES_STANDARD_HPP

#include "../mills.hpp"
#include "../simd.hpp"
#include "../tails.hpp"

#include <limits>

namespace stanmix {

struct StandardNormal {
  static constexpr double constant = -0.91893853320467274178;

  template <class Pack>
  static STANMIX_INLINE Pack log_density(const Pack& z, Pack& slope) {
    slope = -z;
    return -0.5 * z * z;
  }

  template <class Pack>
  static STANMIX_INLINE Tail<Pack> below(const Pack& z) {
    const LogPhi<Pack> of = log_phi(z);
    const auto far = z < 0.0;
    return {far ? of.value - 0.5 * z * z : of.value, far ? of.slope - z : of.slope};
  }

  template <class Pack>
  static STANMIX_INLINE Tail<Pack> above(const Pack& z) {
    return below<Pack>(-z);
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

  template <class Pack>
  static STANMIX_INLINE Tail<Pack> below(const Pack& z) {
    constexpr double inverse_pi = 0.31830988618379067154;
    const Pack size = larger<Pack>(z, -z);
    const auto far = size > 1.0;
    const Pack angle = inverse_pi * arctangent<Pack>(far ? 1.0 / size : size);
    const Pack thin = far ? angle : 0.5 - angle;  // beyond |z|
    const Pack share = z < 0.0 ? thin : 1.0 - thin;
    const Pack log = logarithm<Pack>(share, z < 0.0 ? share - 1.0 : -thin).value;
    return {log, inverse_pi / ((1.0 + z * z) * share)};
  }

  template <class Pack>
  static STANMIX_INLINE Tail<Pack> above(const Pack& z) {
    return below<Pack>(-z);
  }

 private:
  // Of numbers from 0 to 1: by its series about 0 or, for more than tan(pi / 8), about 1.
  template <class Pack>
  static STANMIX_INLINE Pack arctangent(const Pack& x) {
    const auto large = x > 0.41421356237309504880;
    const Pack u = large ? (x - 1.0) / (x + 1.0) : x, square = u * u;
    Pack series{};
    for (int n = 43; n > 0; n -= 2) series = 1.0 / n - square * series;
    return (large ? fill<Pack>(0.78539816339744830962) : Pack{}) + u * series;
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

  template <class Pack>
  static STANMIX_INLINE Tail<Pack> below(const Pack& z) {
    const Pack size = larger<Pack>(z, -z), half = 0.5 * exponential_to_709<Pack>(-size);
    const Pack near = logarithm<Pack>(1.0 - half, -half).value;
    const Pack one = 1.0 + Pack{};
    return {z < 0.0 ? z + constant : near, z < 0.0 ? one : half / (1.0 - half)};
  }

  template <class Pack>
  static STANMIX_INLINE Tail<Pack> above(const Pack& z) {
    return below<Pack>(-z);
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

  template <class Pack>
  static STANMIX_INLINE Tail<Pack> below(const Pack& z) {
    const Pack size = larger<Pack>(z, -z), e = exponential_to_709<Pack>(-size);
    const Pack near = -logarithm<Pack>(1.0 + e, e).value, above = 1.0 / (1.0 + e);
    return {z < 0.0 ? z + near : near, z < 0.0 ? above : e * above};
  }

  template <class Pack>
  static STANMIX_INLINE Tail<Pack> above(const Pack& z) {
    return below<Pack>(-z);
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

  template <class Pack>
  static STANMIX_INLINE Tail<Pack> below(const Pack& z) {
    const Pack e = bounded_exponential<Pack>(-z);
    return {-e, e};
  }

  // Far out it is exp(-z).
  template <class Pack>
  static STANMIX_INLINE Tail<Pack> above(const Pack& z) {
    const Pack e = bounded_exponential<Pack>(-z), one = 1.0 + Pack{};
    const Complement<Pack> of = complement<Pack>(-e);
    const auto far = z > 40.0;
    return {far ? -z : of.log, far ? one : e * of.exponential / of.rest};
  }
};

// Of a minimum: the distribution of log(y) where y has a standard exponential distribution.
struct StandardMinimum {
  template <class Pack>
  static STANMIX_INLINE Tail<Pack> below(const Pack& z) {
    return StandardGumbel::above<Pack>(-z);
  }
  template <class Pack>
  static STANMIX_INLINE Tail<Pack> above(const Pack& z) {
    return StandardGumbel::below<Pack>(-z);
  }
};

}  // namespace stanmix

#endif
