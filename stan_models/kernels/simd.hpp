// Several rows at a time: a pack of doubles, and the exponential and the logarithm of one.
//
// A pack is a vector type of the compiler (GCC and Clang), so that the same source becomes
// AVX-512, AVX2 or baseline instructions, whatever the flags. Everything is inlined, or stands apart
// for each of them: a function left out of line would be compiled for the baseline.
#ifndef STANMIX_SIMD_HPP
#define STANMIX_SIMD_HPP

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#ifdef __FAST_MATH__
#error "stanmix: this header handles infinities and rounds on purpose; compile it without -ffast-math and -Ofast."
#endif

#define STANMIX_INLINE inline __attribute__((always_inline))

// What is compiled for fewer processors compiles in less time. With STANMIX_BASELINE there is the
// baseline alone; with STANMIX_ONLY_AVX2 or STANMIX_ONLY_AVX512 it has one beside it.
#if defined(__x86_64__) && !defined(STANMIX_BASELINE)
#ifndef STANMIX_ONLY_AVX512
#define STANMIX_AVX2 __attribute__((target("avx2,fma")))
#endif
#ifndef STANMIX_ONLY_AVX2
#define STANMIX_AVX512 __attribute__((target("avx2,fma,avx512f,avx512dq,avx512vl")))
#endif
#endif
// What is long, and called from several places, is compiled once for each set of instructions.
#define STANMIX_APART __attribute__((noinline))

// Packs never cross a call, so how a call would pass them does not matter.
#pragma GCC diagnostic ignored "-Wpsabi"

namespace stanmix {

template <int Lanes>
struct PackOf {
  typedef double Real __attribute__((vector_size(Lanes * sizeof(double))));
  typedef std::int64_t Integer __attribute__((vector_size(Lanes * sizeof(std::int64_t))));
  typedef std::uint64_t Bits __attribute__((vector_size(Lanes * sizeof(std::uint64_t))));
  typedef std::int32_t Count __attribute__((vector_size(Lanes * sizeof(std::int32_t))));
};

template <class Pack>
constexpr int lanes = sizeof(Pack) / sizeof(double);

template <class Pack>
STANMIX_INLINE Pack load(const double* from) {
  Pack pack;
  std::memcpy(&pack, from, sizeof pack);
  return pack;
}

template <class Pack>
STANMIX_INLINE Pack load(const int* from) {
  typename PackOf<lanes<Pack>>::Count counts;
  std::memcpy(&counts, from, sizeof counts);
  return __builtin_convertvector(counts, Pack);
}

template <class Pack>
STANMIX_INLINE void store(double* to, const Pack& pack) {
  std::memcpy(to, &pack, sizeof pack);
}

template <class Pack>
STANMIX_INLINE Pack fill(double x) {
  return x - Pack{};  // x - 0, and not 0 + x, which is 0 for x = -0
}

template <class Pack>
STANMIX_INLINE Pack larger(const Pack& a, const Pack& b) {
  return a > b ? a : b;
}

template <class Pack>
STANMIX_INLINE Pack smaller(const Pack& a, double b) {
  return a < b ? a : fill<Pack>(b);
}

template <class Pack>
STANMIX_INLINE double sum(const Pack& pack) {
  double total = 0;
  for (int i = 0; i < lanes<Pack>; ++i) total += pack[i];
  return total;
}

// exp(x) for x up to 709; below -708 it is 0, NaN stays NaN.
//
// x = k log 2 + r with |r| <= log(2) / 2, and exp(x) = 2^k exp(r) by its Taylor polynomial of
// degree 12, whose remainder is 2e-16 of the result. Adding 1.5 * 2^52 rounds to an integer
// and leaves it in the low bits, from where it is shifted to the exponent.
template <class Pack>
STANMIX_INLINE Pack exponential_to_709(const Pack& x) {
  using Integer = typename PackOf<lanes<Pack>>::Integer;
  constexpr double rounder = 0x1.8p52;
  const Pack shifted = x * 0x1.71547652b82fep0 + rounder;
  const Pack k = shifted - rounder;
  const Pack r = (x - k * 0x1.62e42fee00000p-1) - k * 0x1.a39ef35793c76p-33;
  Pack p = fill<Pack>(1 / 479001600.0);
  p = p * r + 1 / 39916800.0;
  p = p * r + 1 / 3628800.0;
  p = p * r + 1 / 362880.0;
  p = p * r + 1 / 40320.0;
  p = p * r + 1 / 5040.0;
  p = p * r + 1 / 720.0;
  p = p * r + 1 / 120.0;
  p = p * r + 1 / 24.0;
  p = p * r + 1 / 6.0;
  p = p * r + 0.5;
  p = p * r + 1.0;
  p = p * r + 1.0;
  const Pack scaled = (Pack)((Integer)p + ((Integer)shifted << 52));
  const Pack bounded = x < -708.0 ? Pack{} : scaled;
  return x != x ? x : bounded;
}

// exp(x) for every x.
template <class Pack>
STANMIX_INLINE Pack exponential(const Pack& x) {
  const Pack infinite = fill<Pack>(std::numeric_limits<double>::infinity());
  return x > 709.0 ? infinite : exponential_to_709(x);
}

// exp(x), but no more than exp(700): large as it is, sums and products with it are finite.
template <class Pack>
STANMIX_INLINE Pack bounded_exponential(const Pack& x) {
  return exponential_to_709(smaller(x, 700));
}

inline double bounded_exponential(double x) { return std::exp(x < 700 ? x : 700); }

// x, but between -600 and 600: neither exp(x) nor a product with it is 0 or infinite, mostly.
template <class Pack>
STANMIX_INLINE Pack moderate(const Pack& x) {
  return larger<Pack>(smaller(x, 600), fill<Pack>(-600));
}

inline double moderate(double x) { return x < -600 ? -600 : x > 600 ? 600 : x; }

// log(1 + u), and by how much it is less or more than u.
template <class X>
struct Logarithm {
  X value;
  X excess;  // value - u, to its last digits where u is near 0
};

// Both for 1 + u and u: the former must not have lost what is small, the latter not what is near
// -1. Below the smallest normal number 1 + u counts as 0.
//
// 1 + u = 2^k f with f between the root of 1/2 and that of 2, and with s = (f - 1) / (f + 1)
// log f = 2 (s + s^3 / 3 + s^5 / 5 + ...) = (f - 1) - s (f - 1) + 2 s^3 (1/3 + s^2 / 5 + ...).
template <class Pack>
STANMIX_INLINE Logarithm<Pack> logarithm(const Pack& one_and_u, const Pack& u) {
  using Bits = typename PackOf<lanes<Pack>>::Bits;
  constexpr std::uint64_t root = 0x3fe6a09e667f3bcd, bias = std::uint64_t{1023} << 52;
  constexpr std::uint64_t two_to_52 = 0x4330000000000000;  // the bits of 2^52: adds an integer
  // k + 1023 from the exponent's bits; k of numbers between the roots is 0.
  const Bits exponent = ((Bits)one_and_u - root + bias) >> 52;
  const Pack k = (Pack)(exponent | two_to_52) - (0x1p52 + 1023);
  const Pack f = (Pack)((Bits)one_and_u - (exponent << 52) + bias);
  const auto near = k == 0.0;
  const Pack e = near ? u : f - 1.0;
  const Pack s = e / (2.0 + e), z = s * s;
  Pack p = fill<Pack>(2 / 23.0);
  p = p * z + 2 / 21.0;
  p = p * z + 2 / 19.0;
  p = p * z + 2 / 17.0;
  p = p * z + 2 / 15.0;
  p = p * z + 2 / 13.0;
  p = p * z + 2 / 11.0;
  p = p * z + 2 / 9.0;
  p = p * z + 2 / 7.0;
  p = p * z + 2 / 5.0;
  p = p * z + 2 / 3.0;
  const Pack excess = s * (z * p - e);
  const Pack finite = k * 0x1.62e42fee00000p-1 + (e + (excess + k * 0x1.a39ef35793c76p-33));
  const Pack infinite = fill<Pack>(std::numeric_limits<double>::infinity());
  const Pack positive = one_and_u < std::numeric_limits<double>::min() ? -infinite : finite;
  const Pack bounded = one_and_u == infinite ? infinite : positive;
  const Pack value = one_and_u != one_and_u ? one_and_u : bounded;
  return {value, near ? excess : value - u};
}

// log(x) for x that are not negative.
template <class Pack>
STANMIX_INLINE Pack logarithm(const Pack& x) {
  return logarithm<Pack>(x, x - 1.0).value;
}

inline double logarithm(double x) { return std::log(x); }

}  // namespace stanmix

#endif
