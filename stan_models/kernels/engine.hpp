// The likelihood of a mixture and its gradient in one pass over the rows.
//
// Rows are taken in blocks. Of each block: the log density of every component, the shares of
// the components (responsibilities), and the gradient as sums weighted by shares. There is no
// graph of operations, and one exp a row and component (a row, if there are two).
//
// Where rows of a group share a class, the log densities of a group must be known before the
// shares of its rows: a first pass adds them up, a second one follows with the gradient.
#ifndef STANMIX_ENGINE_HPP
#define STANMIX_ENGINE_HPP

#include "mixing.hpp"
#include "mixture.hpp"
#include "simd.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace stanmix {

// What is computed of a block and of no use after it; numbers are aligned to cache lines.
template <class Family>
class Workspace {
 public:
  explicit Workspace(const Mixture<Family>& of)
      : density(by_component(of.K, true)),
        kept(by_component(of.K, true)),
        prior(by_component(of.K, of.gated())),
        slope(block_rows / 8),
        largest(block_rows / 8),
        inverse(block_rows / 8),
        prior_largest(block_rows / 8),
        prior_inverse(block_rows / 8) {}

 private:
  struct alignas(64) Line {
    double numbers[8];
  };
  static std::size_t by_component(int K, bool used) { return used ? K * (block_rows / 8) : 0; }

  class Numbers {
   public:
    explicit Numbers(std::size_t lines) : lines_(lines) {}
    double* data() { return reinterpret_cast<double*>(lines_.data()); }
    double* of(int k) { return data() + k * block_rows; }

   private:
    std::vector<Line> lines_;
  };

 public:
  Numbers density, kept, prior;                 // K x block_rows
  Numbers slope;                                // of the log likelihood in a predictor
  Numbers largest, inverse;                     // `Totals` of the mixture
  Numbers prior_largest, prior_inverse;         // and of its weights alone
};

// A copy of the last rows that goes on with zeros to a whole pack.
template <class Response>
class Padding {
 public:
  Rows<Response> rows;

  Padding(const Rows<Response>& of, int width) : rows(of), y_(of.y, of.y + of.size) {
    y_.resize(width);
    rows.y = y_.data();
    rows.X = padded(of.X, of.size, width, X_);
    offset_ = padded(of.offset, of.size, width);
    if (of.offset) rows.offset = offset_.data();
  }

  static Columns padded(const Columns& of, std::ptrdiff_t size, int width,
                        std::vector<double>& copy) {
    if (!of.data) return of;
    copy.assign(static_cast<std::size_t>(width) * of.count, 0);
    for (int j = 0; j < of.count; ++j)
      std::copy_n(of.column(j), size, copy.begin() + static_cast<std::ptrdiff_t>(j) * width);
    return {copy.data(), width, of.count};
  }

 private:
  static std::vector<double> padded(const double* of, std::ptrdiff_t size, int width) {
    std::vector<double> copy(of ? width : 0);
    if (of) std::copy_n(of, size, copy.begin());
    return copy;
  }

  std::vector<Response> y_;
  std::vector<double> X_, offset_;
};

// Linear predictor of a pack of rows from row i on.
template <class Pack>
STANMIX_INLINE Pack predictor(const Columns& of, const double* coefficients, int i, Pack start) {
  for (int j = 0; j < of.count; ++j) start += coefficients[j] * load<Pack>(of.column(j) + i);
  return start;
}

// Adds the products of `slope` with the columns to `sums`, one column after another.
template <class Pack>
STANMIX_INLINE void add_products(const Columns& of, const double* slope, int width, double* sums) {
  int j = 0;
  for (; j + 3 < of.count; j += 4) {  // four sums at once hide the latency of additions
    Pack a{}, b{}, c{}, d{};
    for (int i = 0; i < width; i += lanes<Pack>) {
      const Pack s = load<Pack>(slope + i);
      a += s * load<Pack>(of.column(j) + i);
      b += s * load<Pack>(of.column(j + 1) + i);
      c += s * load<Pack>(of.column(j + 2) + i);
      d += s * load<Pack>(of.column(j + 3) + i);
    }
    sums[j] += sum(a);
    sums[j + 1] += sum(b);
    sums[j + 2] += sum(c);
    sums[j + 3] += sum(d);
  }
  for (; j < of.count; ++j) {
    Pack a{};
    for (int i = 0; i < width; i += lanes<Pack>)
      a += load<Pack>(slope + i) * load<Pack>(of.column(j) + i);
    sums[j] += sum(a);
  }
}

// The pass over the rows, with packs of one size.
template <class Family, class Pack>
class Pass {
 public:
  using Response = typename Family::Response;

  STANMIX_INLINE Pass(const Mixture<Family>& mixture, Likelihood& result)
      : mixture_(mixture), result_(result), weights_(mixture.K, mixture.theta), work_(mixture) {
    for (int k = 0; k < mixture.K; ++k)
      components_.push_back(
          Family::component(mixture.auxiliary.data() + k * Family::auxiliaries));
  }

  STANMIX_INLINE void run() {
    if (mixture_.groups > 0)
      run_groups();
    else
      run_rows();
    if (result_.possible())
      result_.value += data_terms();
    else
      result_.refuse();
  }

 private:
  // Whole packs, then what is left of one.
  static STANMIX_INLINE int block_size(std::ptrdiff_t left) {
    if (left >= block_rows) return block_rows;
    return left < lanes<Pack> ? left : left - left % lanes<Pack>;
  }

  static STANMIX_INLINE int whole_packs(int size) {
    return (size + lanes<Pack> - 1) / lanes<Pack> * lanes<Pack>;
  }

  // Calls `use(rows, width)` with rows that may be read by whole packs.
  template <class Use>
  STANMIX_INLINE void with_block(std::ptrdiff_t start, int size, Use use) {
    const int width = whole_packs(size);
    const Rows<Response> rows = mixture_.rows.from(start, size);
    if (width == size) {
      use(rows, width);
    } else {
      const Padding<Response> padding(rows, width);
      use(padding.rows, width);
    }
  }

  STANMIX_INLINE void log_densities(const Rows<Response>& rows, int width) {
    for (int k = 0; k < mixture_.K; ++k) {
      const int P = rows.X.count;
      const double* location = mixture_.location.data() + (rows.X.data ? k * P : k);
      const Pack start = rows.X.data ? Pack{} : fill<Pack>(*location);
      const auto component = components_[k];
      double* const density = work_.density.of(k);
      double* const kept = work_.kept.of(k);
      for (int i = 0; i < width; i += lanes<Pack>) {
        Pack eta = predictor<Pack>(rows.X, location, i, start);
        if (rows.offset) eta += load<Pack>(rows.offset + i);
        Pack keep;
        store(density + i, Family::log_density(load<Pack>(rows.y + i), eta, component, keep));
        store(kept + i, keep);
      }
    }
  }

  // Gradient in location and auxiliary parameters. Shares are the density terms times
  // `inverse`; a score may be infinite where the share is 0, so such rows are left out.
  STANMIX_INLINE void density_scores(const Rows<Response>& rows, int width) {
    const double* const inverse = work_.inverse.data();
    double* const slope = work_.slope.data();
    for (int k = 0; k < mixture_.K; ++k) {
      const auto component = components_[k];
      const double* const term = work_.density.of(k);
      const double* const kept = work_.kept.of(k);
      constexpr int A = Family::auxiliaries;
      Pack location{}, auxiliary[A + 1]{};
      for (int i = 0; i < width; i += lanes<Pack>) {
        const Pack share = load<Pack>(term + i) * load<Pack>(inverse + i);
        const Pack y = load<Pack>(rows.y + i), keep = load<Pack>(kept + i);
        const auto none = share == 0.0;
        const Pack score = share * Family::location_score(y, keep, component);
        const Pack weighted = none ? Pack{} : score;
        if (rows.X.data) store(slope + i, weighted);
        location += weighted;
        for (int a = 0; a < A; ++a) {
          const Pack one = share * Family::auxiliary_score(a, y, keep, component);
          auxiliary[a] += none ? Pack{} : one;
        }
      }
      if (rows.X.data)
        add_products<Pack>(rows.X, slope, width, result_.location.data() + k * rows.X.count);
      else
        result_.location[k] += sum(location);
      for (int a = 0; a < A; ++a) result_.auxiliary[k * A + a] += sum(auxiliary[a]);
    }
  }

  // Adds logits to the terms and leaves the weights in `prior`, relative to their `Totals`;
  // returns the sum of the logs of the sums of exp(logit), by which the weights are divided.
  STANMIX_INLINE double add_logits(const Columns& Z, const Terms& terms,
                                   const double* row_weights) {
    for (int k = 0; k < mixture_.K; ++k) {
      const double* const gamma = mixture_.gamma.data() + k * Z.count;
      for (int i = 0; i < terms.width; i += lanes<Pack>) {
        const Pack logit = predictor<Pack>(Z, gamma, i, Pack{});
        store(work_.prior.of(k) + i, logit);
        store(terms.of(k) + i, load<Pack>(terms.of(k) + i) + logit);
      }
    }
    const Terms prior{work_.prior.data(), block_rows, terms.size, terms.width};
    prior.pad(weights_.active);
    return mix<Pack>(prior, weights_, row_weights, prior_totals());
  }

  STANMIX_INLINE void gating_scores(const Columns& Z, const Terms& terms, const Totals& totals) {
    double* const slope = work_.slope.data();
    for (int k = 0; k < mixture_.K; ++k) {
      for (int i = 0; i < terms.width; i += lanes<Pack>) {
        const Pack share = load<Pack>(terms.of(k) + i) * load<Pack>(totals.inverse + i);
        const Pack prior = load<Pack>(work_.prior.of(k) + i)
                           * load<Pack>(prior_totals().inverse + i);
        store(slope + i, share - prior);
      }
      add_products<Pack>(Z, slope, terms.width, result_.gamma.data() + k * Z.count);
    }
  }

  // Mixes the terms of rows or groups from `start` on, with the gradient in their weights.
  STANMIX_INLINE void mix_block(std::ptrdiff_t start, const Terms& terms,
                                const double* row_weights, const Totals& totals) {
    Columns Z = mixture_.Z.from(start);
    std::vector<double> copy;
    if (mixture_.gated()) {
      if (terms.width != terms.size)
        Z = Padding<Response>::padded(Z, terms.size, terms.width, copy);
      result_.value -= add_logits(Z, terms, row_weights);
    }
    terms.pad(weights_.active);
    result_.value += mix<Pack>(terms, weights_, row_weights, totals);
    if (!result_.possible()) return;
    if (mixture_.gated())
      gating_scores(Z, terms, totals);
    else
      weight_scores<Pack>(terms, weights_, totals, result_.theta);
  }

  STANMIX_INLINE void run_rows() {
    each_block(mixture_.rows.size, [&](std::ptrdiff_t start, int size) STANMIX_INLINE_LAMBDA {
      with_block(start, size, [&](const Rows<Response>& rows, int width) STANMIX_INLINE_LAMBDA {
        const Terms terms{work_.density.data(), block_rows, size, width};
        log_densities(rows, width);
        mix_block(start, terms, rows.weights, totals());
        if (result_.possible()) density_scores(rows, width);
      });
    });
  }

  double data_terms() const {
    double value = 0;
    if (Family::has_data_term) {
      const Rows<Response>& rows = mixture_.rows;
      for (std::ptrdiff_t i = 0; i < rows.size; ++i) {
        const double weight = rows.weights ? rows.weights[i] : 1;
        value += weight * Family::data_term(rows.y[i]);
      }
    }
    return value;
  }

  STANMIX_INLINE void run_groups() {
    const std::ptrdiff_t groups = mixture_.groups, N = mixture_.rows.size;
    const std::ptrdiff_t stride = (groups + lanes<Pack> - 1) / lanes<Pack> * lanes<Pack>;
    std::vector<double> shares(stride * mixture_.K);  // first the sums of log densities
    each_block(N, [&](std::ptrdiff_t start, int size) STANMIX_INLINE_LAMBDA {
      with_block(start, size, [&](const Rows<Response>& rows, int width) STANMIX_INLINE_LAMBDA {
        log_densities(rows, width);
        for (int k = 0; k < mixture_.K; ++k)
          for (int i = 0; i < size; ++i) {
            const double weight = rows.weights ? rows.weights[i] : 1;
            if (weight != 0) shares[k * stride + rows.group[i] - 1] += weight * work_.density.of(k)[i];
          }
      });
    });
    each_block(groups, [&](std::ptrdiff_t start, int size) STANMIX_INLINE_LAMBDA {
      const Terms terms{shares.data() + start, stride, size, whole_packs(size)};
      mix_block(start, terms, nullptr, totals());
      for (int k = 0; k < mixture_.K; ++k)
        for (int i = 0; i < size; ++i) terms.of(k)[i] *= totals().inverse[i];
    });
    if (!result_.possible()) return;
    std::fill_n(work_.inverse.data(), block_rows, 1.0);
    each_block(N, [&](std::ptrdiff_t start, int size) STANMIX_INLINE_LAMBDA {
      with_block(start, size, [&](const Rows<Response>& rows, int width) STANMIX_INLINE_LAMBDA {
        log_densities(rows, width);
        for (int k = 0; k < mixture_.K; ++k)
          for (int i = 0; i < width; ++i) {
            const double weight = i >= size ? 0 : rows.weights ? rows.weights[i] : 1;
            work_.density.of(k)[i] =
                weight == 0 ? 0 : weight * shares[k * stride + rows.group[i] - 1];
          }
        density_scores(rows, width);
      });
    });
  }

  Totals totals() { return {work_.largest.data(), work_.inverse.data()}; }
  Totals prior_totals() { return {work_.prior_largest.data(), work_.prior_inverse.data()}; }

  // Calls `use(start, size)` for one block after another, as long as the data are possible.
  template <class Use>
  STANMIX_INLINE void each_block(std::ptrdiff_t count, Use use) {
    for (std::ptrdiff_t start = 0; start < count && result_.possible();) {
      const int size = block_size(count - start);
      use(start, size);
      start += size;
    }
  }

  const Mixture<Family>& mixture_;
  Likelihood& result_;
  Weights weights_;
  Workspace<Family> work_;
  std::vector<typename Family::Component> components_;
};

}  // namespace stanmix

#endif
