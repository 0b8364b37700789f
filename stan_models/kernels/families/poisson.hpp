// The Poisson distribution: mean exp(eta) (log link).
#ifndef STANMIX_FAMILIES_POISSON_HPP
#define STANMIX_FAMILIES_POISSON_HPP

#include "../simd.hpp"

#include <array>
#include <cmath>

namespace stanmix {

// log y!, from a table or by Stirling's series, whose next term is below 1e-17 for y >= 256.
inline double log_factorial(int y) {
  static const std::array<double, 256> table = [] {
    std::array<double, 256> values{};
    for (int i = 1; i < 256; ++i) values[i] = values[i - 1] + std::log(i);
    return values;
  }();
  if (y < 256) return table[y];
  const double n = y, log_sqrt_two_pi = 0.91893853320467274178;
  const double series = (1.0 / 12 - (1.0 / 360 - 1.0 / (1260 * n * n)) / (n * n)) / n;
  return (n + 0.5) * std::log(n) - n + log_sqrt_two_pi + series;
}

struct Poisson {
  using Response = int;
  static constexpr int auxiliaries = 0;
  static const char* auxiliary_name(int) { return ""; }

  // The linear predictor that has a given mean, and its derivative.
  static double link(double mu) { return std::log(mu); }
  static double link_slope(double mu) { return 1 / mu; }

  struct Component {};

  static Component component(const double*) { return {}; }

  // Part of the log density that depends on the data alone.
  static constexpr bool has_data_term = true;
  static double data_term(int y) { return -log_factorial(y); }

  // `kept` is the mean.
  template <class Pack>
  static STANMIX_INLINE Pack log_density(const Pack& y, const Pack& eta, const Component&, Pack& kept) {
    kept = exponential(eta);
    return y * eta - kept;
  }

  template <class Pack>
  static STANMIX_INLINE Pack location_score(const Pack& y, const Pack& kept, const Component&) {
    return y - kept;
  }

  template <class Pack>
  static STANMIX_INLINE Pack auxiliary_score(int, const Pack&, const Pack&, const Component&) {
    return Pack{};
  }
};

}  // namespace stanmix

#endif
