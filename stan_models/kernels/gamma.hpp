// Factorials, and what log gamma and digamma functions differ by at two arguments.
//
// A difference of two such functions loses digits where they are large and near to each other, so
// each is written as a part that is subtracted exactly and a remainder, a series in 1 / x. The
// series (B: Bernoulli's numbers)
//   log gamma(x) = (x - 1/2) log x - x + log(2 pi) / 2 + sum of B_2k / (2k (2k - 1) x^(2k - 1))
//   digamma(x) = log x - 1 / (2 x) - sum of B_2k / (2k x^2k)
// are good to 2e-16 from x = 8 on. Smaller arguments are moved up by 8:
//   log gamma(x) = log gamma(x + 8) - log(x (x + 1) ... (x + 7)).
//
// X is a double or a pack.
#ifndef STANMIX_GAMMA_HPP
#define STANMIX_GAMMA_HPP

#include "simd.hpp"

#include <array>
#include <cmath>

namespace stanmix {

// log y!, from a table or by Stirling's series, whose next term is below 1e-17 for y >= 256.
constexpr int tabled_factorials = 256;

inline double stirling_remainder(double n) {
  return (1.0 / 12 - (1.0 / 360 - 1.0 / (1260 * n * n)) / (n * n)) / n;
}

inline double log_factorial(int y) {
  static const std::array<double, tabled_factorials> table = [] {
    std::array<double, tabled_factorials> values{};
    for (int i = 1; i < tabled_factorials; ++i) values[i] = values[i - 1] + std::log(i);
    return values;
  }();
  if (y < tabled_factorials) return table[y];
  const double n = y, log_sqrt_two_pi = 0.91893853320467274178;
  return (n + 0.5) * std::log(n) - n + log_sqrt_two_pi + stirling_remainder(n);
}

// The log of how many ways there are to choose y of n. Of large numbers, the series of n! and of
// the larger part's factorial are subtracted before they are added up.
inline double log_choose(int n, int y) {
  const int few = y < n - y ? y : n - y, many = n - few;
  if (many < tabled_factorials)
    return log_factorial(n) - log_factorial(many) - log_factorial(few);
  const double k = few, m = many;
  const double ratio = k * std::log(double(n)) + ((m + 0.5) * std::log1p(k / m) - k);
  return ratio + (stirling_remainder(n) - stirling_remainder(m)) - log_factorial(few);
}

constexpr double series_from = 8;

// c[0] + c[1] z + ... + c[7] z^7.
template <class X>
STANMIX_INLINE X polynomial(const X& z, const double (&c)[8]) {
  const X high = ((c[7] * z + c[6]) * z + c[5]) * z + c[4];
  return (((high * z + c[3]) * z + c[2]) * z + c[1]) * z + c[0];
}

// The remainder of log gamma, of the inverse of an argument from 8 on.
template <class X>
STANMIX_INLINE X log_gamma_remainder(const X& inverse) {
  constexpr double terms[] = {1 / 12.0,      -1 / 360.0,          1 / 1260.0, -1 / 1680.0,
                              1 / 1188.0,    -691 / 360360.0,     1 / 156.0,  -3617 / 122400.0};
  return inverse * polynomial<X>(inverse * inverse, terms);
}

// The remainder of digamma, of the inverse of an argument from 8 on.
template <class X>
STANMIX_INLINE X digamma_remainder(const X& inverse) {
  constexpr double terms[] = {-1 / 12.0,  1 / 120.0,       -1 / 252.0, 1 / 240.0,
                              -1 / 132.0, 691 / 32760.0,   -1 / 12.0,  3617 / 8160.0};
  const X z = inverse * inverse;
  return z * polynomial<X>(z, terms);
}

// (x + 1) ... (x + 7), by pairs of factors whose sum is the same.
template <class X>
STANMIX_INLINE X product_above(const X& x) {
  const X t = x * (x + 7.0);
  return (x + 7.0) * ((t + 6.0) * (t + 10.0) * (t + 12.0));
}

// 1 / x + 1 / (x + 1) + ... + 1 / (x + 7).
template <class X>
STANMIX_INLINE X sum_of_reciprocals(const X& x) {
  const X t = x * (x + 7.0), outer = t * (t + 12.0), inner = (t + 6.0) * (t + 10.0);
  return (2.0 * x + 7.0) * ((2.0 * t + 12.0) * inner + (2.0 * t + 16.0) * outer)
         / (outer * inner);
}

template <class X>
STANMIX_INLINE X log_gamma(const X& x) {
  const double log_sqrt_two_pi = 0.91893853320467274178;
  const auto low = x < series_from;
  const X b = low ? x + 8.0 : x;
  const X series = (b - 0.5) * logarithm(b) - b + log_sqrt_two_pi + log_gamma_remainder<X>(1.0 / b);
  const X product = low ? x * product_above<X>(x) : 1.0 + X{};
  return series - logarithm(product);
}

template <class X>
STANMIX_INLINE X digamma(const X& x) {
  const auto low = x < series_from;
  const X b = low ? x + 8.0 : x, inverse = 1.0 / b;
  const X series = logarithm(b) - 0.5 * inverse + digamma_remainder<X>(inverse);
  return series - (low ? sum_of_reciprocals<X>(x) : X{});
}

// log gamma(1 + d) for d that are not negative: for small ones by Taylor's series, whose
// coefficients are Euler's number and zeta(n) / n.
template <class X>
STANMIX_INLINE X log_gamma_above_one(const X& d) {
  constexpr double terms[] = {-0.57721566490153286061, 0.82246703342411321824,
                              -0.40068563438653142847, 0.27058080842778454788,
                              -0.20738555102867398527, 0.16955717699740818995,
                              -0.14404989676884611812, 0.12550966952474304242};
  const X near = d * polynomial<X>(d, terms), far = log_gamma<X>(1.0 + d);
  return d < 1 / 64.0 ? near : far;
}

// The square of what x (x + 1) ... (x + 7) is to b^8, over that of x / b, times b: b = x + 8 is
// where small x are moved up to. Otherwise b alone.
template <class X, class Low>
STANMIX_INLINE X bend(const X& x, const X& b, const Low& low) {
  const X second = b * b, product = product_above<X>(x) / (second * second * second * b);
  const X lifted = b * (product * product);
  return low ? lifted : b;
}

// x log(x) - x - log gamma(x), by how much log gamma falls short, and its derivative. With b as
// above it is (x + 1) log(x / b) + log(bend) / 2 + b - x - log(2 pi) / 2 - remainder(b), the first
// term for small x alone.
template <class X>
STANMIX_INLINE X log_gamma_deficit(const X& x) {
  const double log_sqrt_two_pi = 0.91893853320467274178;
  const auto low = x < series_from;
  const X moved = x + 8.0, b = low ? moved : x, inverse = 1.0 / b, part = x * inverse;
  const X share = low ? part : 1.0 + X{}, step = low ? 8.0 + X{} : X{};
  return (x + 1.0) * logarithm(share) + 0.5 * logarithm(bend<X>(x, b, low))
         + (step - log_sqrt_two_pi - log_gamma_remainder<X>(inverse));
}

template <class X>
STANMIX_INLINE X log_gamma_deficit_slope(const X& x) {
  const auto low = x < series_from;
  const X moved = x + 8.0, b = low ? moved : x, inverse = 1.0 / b, part = x * inverse;
  const X share = low ? part : 1.0 + X{}, reciprocals = sum_of_reciprocals<X>(x);
  return logarithm(share) + 0.5 * inverse - digamma_remainder<X>(inverse)
         + (low ? reciprocals : X{});
}

// How far the deficit and its derivative fall from x to x + n; both move up by 8 if x is small.
template <class X>
STANMIX_INLINE X deficit_fall(const X& x, const X& n) {
  const auto low = x < series_from;
  const X moved = x + 8.0, b = low ? moved : x, end = x + n, c = b + n, one = 1.0 + X{};
  const X part = x / b, end_part = end / c, end_step = -8.0 / c;
  const X shares = (x + 1.0) * logarithm<X>(low ? part : one)
                   - (end + 1.0) * logarithm<X>(low ? end_part : one, low ? end_step : X{}).value;
  const X bends = 0.5 * logarithm<X>(bend<X>(x, b, low) / bend<X>(end, c, low));
  const X fall = shares + bends + log_gamma_remainder<X>(1.0 / c) - log_gamma_remainder<X>(1.0 / b);
  return n == 0.0 ? X{} : fall;
}

template <class X>
STANMIX_INLINE X deficit_slope_fall(const X& x, const X& n) {
  const auto low = x < series_from;
  const X moved = x + 8.0, b = low ? moved : x, end = x + n, c = b + n, one = 1.0 + X{};
  const X ratio = x * c / (b * end), lifts = sum_of_reciprocals<X>(x) - sum_of_reciprocals<X>(end);
  const X below = logarithm<X>(low ? ratio : one) + (low ? lifts : X{});
  const X fall = below + 0.5 * n / (b * c) - digamma_remainder<X>(1.0 / b)
                 + digamma_remainder<X>(1.0 / c);
  return n == 0.0 ? X{} : fall;
}

// log gamma(x + 1/2) - log gamma(x) - log(x) / 2, by the difference of the series.
template <class X>
STANMIX_INLINE X log_gamma_half_step(const X& x) {
  constexpr double terms[] = {-1 / 8.0,        1 / 192.0,        -1 / 640.0,
                              17 / 14336.0,    -31 / 18432.0,    691 / 180224.0,
                              -5461 / 425984.0, 929569 / 15728640.0};
  const auto low = x < series_from;
  const X moved = x + 8.0, from = low ? moved : x, inverse = 1.0 / from;
  const X ratio = product_above<X>(x) / (product_above<X>(x + 0.5) * (x + 0.5));
  const X shift = x * moved * ratio * ratio;
  const X bend = low ? shift : 1.0 + X{};
  return inverse * polynomial<X>(inverse * inverse, terms) + 0.5 * logarithm(bend);
}

// x times the derivative of the same.
template <class X>
STANMIX_INLINE X log_gamma_half_step_slope(const X& x) {
  constexpr double terms[] = {1 / 8.0,          -3 / 192.0,        5 / 640.0,
                              -7 * 17 / 14336.0, 9 * 31 / 18432.0, -11 * 691 / 180224.0,
                              13 * 5461 / 425984.0, -15 * 929569 / 15728640.0};
  const auto low = x < series_from;
  const X moved = x + 8.0, from = low ? moved : x, inverse = 1.0 / from;
  const X series = inverse * polynomial<X>(inverse * inverse, terms);  // from times the slope
  const X shifts = sum_of_reciprocals<X>(x) - sum_of_reciprocals<X>(x + 0.5);
  const X shifted = x * (inverse * (series + 0.5) + shifts) - 0.5;
  return low ? shifted : series;
}

}  // namespace stanmix

#endif
