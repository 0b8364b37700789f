// Logarithms of factorials.
#ifndef STANMIX_GAMMA_HPP
#define STANMIX_GAMMA_HPP

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

}  // namespace stanmix

#endif
