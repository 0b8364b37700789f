// From log densities to shares: the sum over components of rows (or groups), by packs.
#ifndef STANMIX_MIXING_HPP
#define STANMIX_MIXING_HPP

#include "simd.hpp"

#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace stanmix {

constexpr int block_rows = 128;

// Weights common to all rows. Components of weight zero take no part in the sum.
struct Weights {
  std::vector<double> log;  // K; zeros if rows have weights of their own
  std::vector<int> active, inactive;

  Weights(int K, const std::vector<double>& theta) : log(K) {
    for (int k = 0; k < K; ++k) {
      const bool zero = !theta.empty() && theta[k] == 0;
      (zero ? inactive : active).push_back(k);
      if (!theta.empty() && !zero) log[k] = std::log(theta[k]);
    }
  }
};

// The terms of a block: one row of `stride` numbers a component, `size` of them in use,
// which with padding make whole packs (`width`).
struct Terms {
  double* data;
  std::ptrdiff_t stride;
  int size;
  int width;

  double* of(int k) const { return data + k * stride; }

  // Leaves those whose component is known, counted from 1, its term alone.
  void keep_known(const int* labels, int K) const {
    for (int i = 0; i < size; ++i)
      if (labels[i] != 0)
        for (int k = 0; k < K; ++k)
          if (k != labels[i] - 1) of(k)[i] = -std::numeric_limits<double>::infinity();
  }

  // Padding: columns of one term whose weighted exponential is 1, and adds nothing to a log.
  void pad(const Weights& weights) const {
    const int first = weights.active[0];
    for (int i = size; i < width; ++i) {
      for (int k : weights.active) of(k)[i] = -std::numeric_limits<double>::infinity();
      of(first)[i] = -weights.log[first];
    }
  }
};

// Largest term of each column and the reciprocal of the sum relative to it.
struct Totals {
  double* largest;
  double* inverse;  // times the row's weight: what turns a relative term into a share
};

// Replaces log terms by terms relative to the largest of their column, in [0, 1].
//
// The sum of two terms takes one exp: the larger is 1. A column of -inf alone sums to 0.
template <class Pack>
STANMIX_INLINE Pack relative_terms(const Terms& terms, const Weights& weights, int i, Pack& largest) {
  const Pack lowest = fill<Pack>(std::numeric_limits<double>::lowest());
  const std::vector<int>& active = weights.active;
  if (active.size() == 2) {
    double* const first = terms.of(active[0]) + i;
    double* const second = terms.of(active[1]) + i;
    const Pack a = load<Pack>(first) + weights.log[active[0]];
    const Pack b = load<Pack>(second) + weights.log[active[1]];
    const auto first_larger = a > b;
    const Pack high = first_larger ? a : b;
    largest = larger(high, lowest);
    const Pack low = exponential_to_709((first_larger ? b : a) - largest);
    const Pack one = high < lowest ? Pack{} : fill<Pack>(1);
    store(first, first_larger ? one : low);
    store(second, first_larger ? low : one);
    return one + low;
  }
  largest = lowest;
  for (int k : active) largest = larger(load<Pack>(terms.of(k) + i) + weights.log[k], largest);
  Pack total{};
  for (int k : active) {
    const Pack term =
        exponential_to_709(load<Pack>(terms.of(k) + i) + weights.log[k] - largest);
    store(terms.of(k) + i, term);
    total += term;
  }
  return total;
}

// Replaces log terms by relative ones; returns the sum over columns of the log of their sums.
//
// A log of a sum for each row would cost as much as the rest: sums lie in [1, K], so the log
// of their product does, taken once a block.
template <class Pack>
STANMIX_INLINE double mix(const Terms& terms, const Weights& weights, const double* row_weights,
                          const Totals& totals) {
  Pack product = fill<Pack>(1), largest_sum{};
  for (int i = 0; i < terms.width; i += lanes<Pack>) {
    Pack largest;
    const Pack total = relative_terms<Pack>(terms, weights, i, largest);
    store(totals.largest + i, largest);
    store(totals.inverse + i, row_weights ? total : 1 / total);
    largest_sum += largest;
    product *= total;
  }
  double value = 0;
  if (row_weights) {
    for (int i = 0; i < terms.size; ++i) {
      const double weight = row_weights[i], total = totals.inverse[i];
      totals.inverse[i] = weight == 0 ? 0 : weight / total;
      if (weight != 0 || std::isnan(total))  // a row of weight 0 may be impossible
        value += weight * (totals.largest[i] + std::log(total));
    }
  } else if (weights.active.size() <= 200) {  // 200^128 is a double
    double all = 1;
    for (int lane = 0; lane < lanes<Pack>; ++lane) all *= product[lane];
    value = sum(largest_sum) + std::log(all);
  } else {
    value = sum(largest_sum);
    for (int lane = 0; lane < lanes<Pack>; ++lane) value += std::log(product[lane]);
  }
  for (int i = terms.size; i < terms.width; ++i) totals.inverse[i] = 0;
  return value;
}

// Derivatives of the sum of logs with respect to the weights themselves, added to `theta`.
// Relative terms of components of weight zero become 0.
template <class Pack>
STANMIX_INLINE void weight_scores(const Terms& terms, const Weights& weights, const Totals& totals,
                                  double* theta) {
  for (int k : weights.active) {
    Pack share_sum{};
    for (int i = 0; i < terms.width; i += lanes<Pack>)
      share_sum += load<Pack>(terms.of(k) + i) * load<Pack>(totals.inverse + i);
    theta[k] += sum(share_sum) * std::exp(-weights.log[k]);
  }
  for (int k : weights.inactive) {
    for (int i = 0; i < terms.size; ++i) {
      theta[k] += std::exp(terms.of(k)[i] - totals.largest[i]) * totals.inverse[i];
      terms.of(k)[i] = 0;
    }
    for (int i = terms.size; i < terms.width; ++i) terms.of(k)[i] = 0;
  }
}

}  // namespace stanmix

#endif
