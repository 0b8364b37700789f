// What the responses alone decide, found once for rows of which gradients are asked for again and
// again: statistics in place of responses, and the terms of log densities that no parameter changes.
#ifndef STANMIX_OF_RESPONSES_HPP
#define STANMIX_OF_RESPONSES_HPP

#include "mixture.hpp"

#include <array>
#include <cstddef>
#include <cstring>
#include <deque>
#include <vector>

namespace stanmix {

// Of some rows. They are known by their content, which takes a small part of the time of a logarithm
// to compare: where they lie tells nothing, since a program may pass a copy.
template <class Families>
class OfResponses {
 public:
  using Columns = std::array<int, Families::count>;

  // Of a product, `columns` says how many are of each family.
  OfResponses(const Rows<Families>& rows, const Columns& columns)
      : size_(rows.size),
        columns_(columns),
        weights_(copied(rows.weights, rows.size)),
        trials_(copied(rows.trials, rows.size)) {
    for (int d = 0; d < rows.y.count; ++d) y_.push_back(copied(rows.y.column(d), rows.size));
  }

  bool is_of(const Rows<Families>& rows, const Columns& columns) const {
    if (rows.size != size_ || rows.y.count != static_cast<int>(y_.size())) return false;
    if (columns != columns_) return false;
    for (int d = 0; d < rows.y.count; ++d)
      if (!same(rows.y.column(d), y_[d])) return false;
    return same(rows.weights, weights_) && same(rows.trials, trials_);
  }

  double data_terms = 0;
  // Of each family those of its columns, one after another; none where it has no statistic.
  std::array<std::vector<double>, Families::count> statistics;

 private:
  template <class T>
  static std::vector<T> copied(const T* values, std::ptrdiff_t size) {
    return values ? std::vector<T>(values, values + size) : std::vector<T>();
  }

  template <class T>
  static bool same(const T* values, const std::vector<T>& known) {
    if (!values) return known.empty();
    return !known.empty() && std::memcmp(values, known.data(), known.size() * sizeof(T)) == 0;
  }

  std::ptrdiff_t size_;
  Columns columns_;
  std::vector<std::vector<typename Families::Response>> y_;
  std::vector<double> weights_;
  std::vector<int> trials_;
};

// What a thread knows, of pieces of the rows; of the latest so many.
constexpr std::size_t most_known = 256;

template <class Families>
std::deque<OfResponses<Families>>& known_of_responses() {
  static thread_local std::deque<OfResponses<Families>> known;
  return known;
}

// What is known of rows; of new ones nothing but the rows.
template <class Families>
OfResponses<Families>& of_responses(const Rows<Families>& rows,
                                    const std::array<int, Families::count>& columns,
                                    bool& is_new) {
  auto& known = known_of_responses<Families>();
  is_new = false;
  for (auto& one : known)
    if (one.is_of(rows, columns)) return one;
  is_new = true;
  if (known.size() == most_known) known.pop_front();
  known.emplace_back(rows, columns);
  return known.back();
}

}  // namespace stanmix

#endif
