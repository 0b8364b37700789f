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
#include "of_responses.hpp"
#include "simd.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <tuple>
#include <type_traits>
#include <vector>

namespace stanmix {

// What is computed of a block and of no use after it; numbers are aligned to cache lines.
template <class Families>
class Workspace {
 public:
  // `kept_numbers`: how many packs all components leave for the scores.
  Workspace(const Mixture<Families>& of, int kept_numbers)
      : density(by_component(of.components(), true)),
        prior(by_component(of.components(), of.gated())),
        kept(by_component(kept_numbers, true)),
        beyond(by_component(1, Families::count > 1)),
        slope(by_component(Families::parameters, true)),
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
  Numbers density, prior;                       // K x block_rows
  Numbers kept;                                 // of each family K x D x kept x block_rows
  Numbers beyond;                               // see `data_terms_beyond`
  Numbers slope;                                // of the log likelihood in each predictor
  Numbers largest, inverse;                     // `Totals` of the mixture
  Numbers prior_largest, prior_inverse;         // and of its weights alone
};

// Copies of the last rows that go on with zeros to a whole pack.
class PaddedColumns {
 public:
  Columns padded(const Columns& of, std::ptrdiff_t size, int width) {
    if (!of.data) return of;
    copies_.assign(static_cast<std::size_t>(width) * of.count, 0);
    for (int j = 0; j < of.count; ++j)
      std::copy_n(of.column(j), size, copies_.data() + static_cast<std::ptrdiff_t>(j) * width);
    return {copies_.data(), width, of.count};
  }

 private:
  std::vector<double> copies_;
};

template <class Families>
class PaddedRows {
 public:
  Rows<Families> padded(Rows<Families> rows, int width) {
    y_.assign(static_cast<std::size_t>(width) * rows.y.count, 0);
    for (int d = 0; d < rows.y.count; ++d)
      std::copy_n(rows.y.column(d), rows.size, y_.data() + static_cast<std::ptrdiff_t>(d) * width);
    rows.y = {y_.data(), width, rows.y.count};
    for (int p = 0; p < Families::parameters; ++p)
      rows.X[p] = X_[p].padded(rows.X[p], rows.size, width);
    if (rows.trials) {
      trials_.assign(rows.trials, rows.trials + rows.size);
      trials_.resize(width);
      rows.trials = trials_.data();
    }
    if (rows.upper) {
      upper_.assign(rows.upper, rows.upper + rows.size);
      upper_.resize(width);
      rows.upper = upper_.data();
    }
    if (rows.offset) {
      offset_.assign(rows.offset, rows.offset + rows.size);
      offset_.resize(width);
      rows.offset = offset_.data();
    }
    rows.constants = constants_.padded(rows.constants, rows.size, width);
    for (int f = 0; f < Families::count; ++f)
      rows.statistics[f] = statistics_[f].padded(rows.statistics[f], rows.size, width);
    return rows;
  }

 private:
  std::vector<typename Families::Response> y_;
  std::array<PaddedColumns, Families::parameters> X_;
  PaddedColumns constants_;
  std::array<PaddedColumns, Families::count> statistics_;
  std::vector<int> trials_;
  std::vector<double> upper_, offset_;
};

// Adds the linear predictor of a pack of rows, from row i on.
template <class Pack>
STANMIX_INLINE void add_predictor(const Columns& of, const double* coefficients, int i, Pack& eta) {
  for (int j = 0; j < of.count; ++j) eta += coefficients[j] * load<Pack>(of.column(j) + i);
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

// The pass over some of the rows, from `begin` on, with packs of one size. Where rows have groups,
// it takes all of them.
template <class Families, unsigned varying, class Pack>
class Pass {
 public:
  STANMIX_INLINE Pass(const Mixture<Families>& mixture, std::ptrdiff_t begin, std::ptrdiff_t end,
                      Likelihood& result)
      : mixture_(mixture),
        begin_(begin),
        end_(end),
        result_(result),
        weights_(mixture.components(), mixture.theta),
        work_(mixture, kept_before<Families::count>()),
        places_(mixture.places()) {
    add_components();
  }

  STANMIX_INLINE void run() {
    std::vector<Step> steps{Step::rows};
    if (mixture_.groups > 0) steps = {Step::collect, Step::mix_groups, Step::distribute};
    find_of_responses();
    run_steps(steps);
    add_gathered();
    if (result_.possible()) result_.value += data_terms_;
  }

 private:
  // What the responses alone decide: known from an earlier gradient, or found now.
  STANMIX_INLINE void find_of_responses() {
    if constexpr (Families::data_terms || Families::statistics) {
      bool is_new;
      const Rows<Families> rows = mixture_.rows.from(begin_, end_ - begin_);
      OfResponses<Families>& of = of_responses<Families>(rows, mixture_.D, is_new);
      if (is_new) {
        of.data_terms = data_terms();
        find_statistics(rows, of);
      }
      data_terms_ = of.data_terms;
      for (int f = 0; f < Families::count; ++f)
        if (const auto& found = of.statistics[f]; !found.empty())
          statistics_[f] = {found.data(), rows.size, mixture_.columns(f)};
    }
  }

  template <int f = 0>
  STANMIX_INLINE void find_statistics(const Rows<Families>& rows, OfResponses<Families>& of) const {
    if constexpr (f < Families::count) {
      if constexpr (has_statistic<typename Of<f>::Family>) {
        for (int d = 0; d < mixture_.columns(f); ++d) {
          const auto* const y = rows.y.column(mixture_.columns_before(f) + d);
          for (std::ptrdiff_t i = 0; i < rows.size; ++i)
            of.statistics[f].push_back(
                statistic_of<typename Of<f>::Family>(filled(fill<Pack>(y[i])))[0]);
        }
      }
      find_statistics<f + 1>(rows, of);
    }
  }

  // What the compiler knows of family f.
  template <int f>
  struct Of {
    using Family = typename Families::template at<f>;
    static constexpr int P = parameters_of<Family>;
    static constexpr int first = Families::first(f);
    static constexpr unsigned own = Families::part(varying, f);  // of its parameters that vary
    static constexpr int numbers_of_row = P + beside_predictors<Family>;
    static constexpr int kept_numbers = [] {  // of a component, or of each of its columns
      if constexpr (is_joint<Family>)
        return 0;
      else
        return Family::template kept<own>;
    }();
  };

  template <int f = 0>
  void add_components() {
    if constexpr (f < Families::count) {
      if constexpr (is_joint<typename Of<f>::Family>)
        add_components_of_rows<f>();
      else
        add_components_of_family<f>();
      add_components<f + 1>();
    }
  }

  template <int f>
  void add_components_of_family() {
    for (int j = 0; j < mixture_.K[f] * mixture_.columns(f); ++j) {
      double eta[Of<f>::P] = {};  // 0 for what varies
      for (int p = 0; p < Of<f>::P; ++p)
        if (!varies(Of<f>::own, p)) eta[p] = mixture_.parameters[Of<f>::first + p][j];
      std::get<f>(components_).push_back(Of<f>::Family::component(eta));
    }
  }

  // The same of a family that is of all columns together.
  template <int f>
  void add_components_of_rows() {
    const int D = mixture_.columns(f);
    for (int k = 0; k < mixture_.K[f]; ++k) {
      const double* values[Of<f>::P];
      for (int p = 0; p < Of<f>::P; ++p)
        values[p] = mixture_.parameters[Of<f>::first + p].data() + k * numbers<f>(p);
      std::get<f>(components_).push_back(Of<f>::Family::component(values, D));
    }
  }

  // How many numbers a component of family f has of its parameter p, where that is a constant.
  template <int f>
  int numbers(int p) const {
    return Of<f>::Family::parameters[p].numbers(mixture_.columns(f));
  }

  // The place of component k of family f among all; in a product all are of each family.
  template <int f>
  int place(int k) const {
    if constexpr (Families::product) return k;
    return places_[std::accumulate(mixture_.K.begin(), mixture_.K.begin() + f, k)];
  }

  // How many packs a component of family f leaves for the scores.
  template <int f>
  int kept_of() const {
    if constexpr (is_joint<typename Of<f>::Family>)
      return Of<f>::Family::kept(mixture_.columns(f));
    else
      return mixture_.columns(f) * Of<f>::kept_numbers;
  }

  // How many the components of the families before f leave.
  template <int f>
  int kept_before() const {
    if constexpr (f == 0)
      return 0;
    else
      return kept_before<f - 1>() + mixture_.K[f - 1] * kept_of<f - 1>();
  }

  // Whole packs, then what is left of one.
  static STANMIX_INLINE int block_size(std::ptrdiff_t left) {
    if (left >= block_rows) return block_rows;
    return left < lanes<Pack> ? left : left - left % lanes<Pack>;
  }

  static STANMIX_INLINE std::ptrdiff_t whole_packs(std::ptrdiff_t size) {
    return (size + lanes<Pack> - 1) / lanes<Pack> * lanes<Pack>;
  }

  // Where the parameters of a component come from: constants, or covariates and coefficients. It
  // is a local of its loop, so that no store of the loop makes it be read again.
  template <int f>
  struct Sources {
    const Rows<Families>& rows;
    const double* coefficients[Of<f>::P];
    Pack constant[Of<f>::P];
  };

  template <int f>
  STANMIX_INLINE Sources<f> sources(const Rows<Families>& rows, int j) const {
    Sources<f> of{rows, {}, {}};
    for (int p = 0; p < Of<f>::P; ++p) {
      const double* const values = mixture_.parameters[Of<f>::first + p].data();
      if (varies(Of<f>::own, p))
        of.coefficients[p] = values + j * rows.X[Of<f>::first + p].count;
      else
        of.constant[p] = fill<Pack>(values[j]);
    }
    return of;
  }

  // The parameters at the rows from i on, on the scales of their links.
  template <int f, int p = 0>
  static STANMIX_INLINE void predict(const Sources<f>& from, int i, Pack* eta) {
    if constexpr (p < Of<f>::P) {
      eta[p] = from.constant[p];
      if (varies(Of<f>::own, p))
        add_predictor<Pack>(from.rows.X[Of<f>::first + p], from.coefficients[p], i, eta[p]);
      if constexpr (p == 0 && !Families::product)  // of whose columns none has an offset
        if (from.rows.offset) eta[p] += load<Pack>(from.rows.offset + i);
      predict<f, p + 1>(from, i, eta);
    }
  }

  template <int f = 0>
  STANMIX_INLINE void log_densities(const Rows<Families>& rows, int width) {
    if constexpr (f < Families::count) {
      if constexpr (is_joint<typename Of<f>::Family>)
        densities_of_rows<f>(rows, width);
      else
        densities_of_family<f>(rows, width);
      if constexpr (f > 0 && !Families::product) add_data_terms_beyond<f>(rows, width);
      log_densities<f + 1>(rows, width);
    } else {
      if (rows.constants.count > 0) add_constants(rows, width);
      if (!mixture_.recorded.empty()) divide_by_recorded(width);
    }
  }

  STANMIX_INLINE void divide_by_recorded(int width) {
    for (int k = 0; k < mixture_.components(); ++k) {
      double* const density = work_.density.of(k);
      for (int i = 0; i < width; i += lanes<Pack>)
        store(density + i, load<Pack>(density + i) - mixture_.recorded[k]);
    }
  }

  template <int f>
  STANMIX_INLINE void densities_of_family(const Rows<Families>& rows, int width) {
    using Family = typename Of<f>::Family;
    constexpr int kept_numbers = Of<f>::kept_numbers;
    const int D = mixture_.columns(f);
    for (int j = 0; j < mixture_.K[f] * D; ++j) {  // coordinate after coordinate of each component
      const int k = j / D, d = mixture_.columns_before(f) + j % D;
      const auto component = std::get<f>(components_)[j];
      const Sources<f> parameters = sources<f>(rows, j);
      const auto* const responses = rows.y.column(d);
      [[maybe_unused]] const double* const statistics = rows.statistics[f].column(j % D);
      double* const density = work_.density.of(place<f>(k));
      double* const kept = work_.kept.of(kept_before<f>() + j * kept_numbers);
      for (int i = 0; i < width; i += lanes<Pack>) {
        Pack eta[Of<f>::numbers_of_row], keep[kept_numbers];
        predict<f>(parameters, i, eta);
        if constexpr (has_trials<Family>) eta[Of<f>::P] = load<Pack>(rows.trials + i);
        if constexpr (has_upper_ends<Family>)
          eta[upper_end_of<Family>] = load<Pack>(rows.upper + i);
        const Pack y = load<Pack>(responses + i);
        Pack from = filled(y);
        if constexpr (has_statistic<Family>) from = load<Pack>(statistics + i);
        Pack one = Family::template log_density<Of<f>::own>(from, eta, component, keep);
        if constexpr (Families::product) one = y != y ? Pack{} : one;
        store(density + i, d == 0 ? one : load<Pack>(density + i) + one);
        for (int q = 0; q < kept_numbers; ++q) store(kept + q * block_rows + i, keep[q]);
      }
    }
  }

  // The same of a family that is of all columns together.
  template <int f>
  STANMIX_INLINE void densities_of_rows(const Rows<Families>& rows, int width) {
    using Family = typename Of<f>::Family;
    for (int k = 0; k < mixture_.K[f]; ++k)
      Family::template log_densities<Pack>(rows, width, block_rows, std::get<f>(components_)[k],
                                           work_.density.of(place<f>(k)),
                                           work_.kept.of(kept_before<f>() + k * kept_of<f>()));
  }

  // Responses, with something that every family takes in place of those that are missing.
  static STANMIX_INLINE Pack filled(const Pack& y) {
    if constexpr (Families::product) return y != y ? fill<Pack>(0.5) : y;
    return y;
  }

  // The terms of the data alone are added for all rows at the end, those of the first family; here
  // by how much those of another family exceed them.
  template <int f>
  STANMIX_INLINE void add_data_terms_beyond(const Rows<Families>& rows, int width) {
    double* const beyond = work_.beyond.data();
    for (int i = 0; i < width; i += lanes<Pack>)
      store(beyond + i, data_terms_at<f>(rows, i) - data_terms_at<0>(rows, i));
    for (int k = 0; k < mixture_.K[f]; ++k) {
      double* const density = work_.density.of(place<f>(k));
      for (int i = 0; i < width; i += lanes<Pack>)
        store(density + i, load<Pack>(density + i) + load<Pack>(beyond + i));
    }
  }

  // Components without parameters, which have no such term.
  STANMIX_INLINE void add_constants(const Rows<Families>& rows, int width) {
    for (int c = 0; c < rows.constants.count; ++c) {
      double* const density = work_.density.of(mixture_.constant_places[c]);
      const double* const constant = rows.constants.column(c);
      for (int i = 0; i < width; i += lanes<Pack>)
        store(density + i, load<Pack>(constant + i) - data_terms_at<0>(rows, i));
    }
    if (!rows.at_atom) return;
    for (int place : places_)
      for (int i = 0; i < rows.size; ++i)
        if (rows.at_atom[i] != 0)
          work_.density.of(place)[i] = -std::numeric_limits<double>::infinity();
  }

  // What the log densities of family f have in common in the rows from i on.
  template <int f>
  static STANMIX_INLINE Pack data_terms_at(const Rows<Families>& rows, int i) {
    using Family = typename Of<f>::Family;
    Pack terms{};
    if constexpr (Family::has_data_term) {
      for (int d = 0; d < rows.y.count; ++d) {
        const auto* const y = rows.y.column(d) + i;
        if constexpr (std::is_same_v<typename Family::Response, double>)
          terms += Family::template data_term<Pack>(load<Pack>(y));
        else
          for (int lane = 0; lane < lanes<Pack>; ++lane)
            terms[lane] += data_term_of_count<Family>(rows, y - rows.y.data + lane);
      }
    }
    return terms;
  }

  template <class Family>
  static double data_term_of_count(const Rows<Families>& rows, std::ptrdiff_t i) {
    const int y = static_cast<int>(rows.y.data[i]);
    if constexpr (has_trials<Family>)
      return Family::data_term(y, rows.trials[i]);
    else
      return Family::data_term(y);
  }

  // Gradient in the parameters of the families. Shares are the density terms times `inverse`; a
  // score may be infinite where the share is 0, so such rows are left out.
  template <int f = 0>
  STANMIX_INLINE void density_scores(const Rows<Families>& rows, int width) {
    if constexpr (f < Families::count) {
      if constexpr (is_joint<typename Of<f>::Family>)
        gather_rows<f>(width);
      else
        scores_of_family<f>(rows, width);
      density_scores<f + 1>(rows, width);
    } else if (!mixture_.recorded.empty()) {
      recorded_scores(width);
    }
  }

  STANMIX_INLINE void recorded_scores(int width) {
    const int K = mixture_.components();
    double* const gradient = result_.gradient.data() + result_.gradient.size() - K;
    for (int k = 0; k < K; ++k) {
      Pack shares{};
      for (int i = 0; i < width; i += lanes<Pack>)
        shares += load<Pack>(work_.density.of(k) + i) * load<Pack>(work_.inverse.data() + i);
      gradient[k] -= sum(shares);
    }
  }

  template <int f>
  STANMIX_INLINE void scores_of_family(const Rows<Families>& rows, int width) {
    constexpr int P = Of<f>::P, kept_numbers = Of<f>::kept_numbers;
    constexpr unsigned own = Of<f>::own;
    const double* const inverse = work_.inverse.data();
    double* const slope = work_.slope.data();
    const int D = mixture_.columns(f);
    for (int j = 0; j < mixture_.K[f] * D; ++j) {
      const auto component = std::get<f>(components_)[j];
      const double* const term = work_.density.of(place<f>(j / D));
      const double* const kept = work_.kept.of(kept_before<f>() + j * kept_numbers);
      const auto* const responses = rows.y.column(mixture_.columns_before(f) + j % D);
      Pack sums[P]{};
      for (int i = 0; i < width; i += lanes<Pack>) {
        const Pack y = load<Pack>(responses + i);
        Pack share = load<Pack>(term + i) * load<Pack>(inverse + i);
        if constexpr (Families::product) share = y != y ? Pack{} : share;
        const auto none = share == 0.0;
        Pack keep[kept_numbers], score[P];
        for (int q = 0; q < kept_numbers; ++q) keep[q] = load<Pack>(kept + q * block_rows + i);
        Of<f>::Family::template scores<own>(filled(y), keep, component, score);
        for (int p = 0; p < P; ++p) {
          const Pack weighted = share * score[p];
          const Pack one = none ? Pack{} : weighted;
          if (varies(own, p))
            store(slope + p * block_rows + i, one);
          else
            sums[p] += one;
        }
      }
      double* gradient = result_.gradient.data() + mixture_.start(Of<f>::first);
      for (int p = 0; p < P; ++p) {
        const Columns& X = rows.X[Of<f>::first + p];
        if (varies(own, p))
          add_products<Pack>(X, slope + p * block_rows, width, gradient + j * X.count);
        else
          gradient[j] += sum(sums[p]);
        gradient += mixture_.parameters[Of<f>::first + p].size();
      }
    }
  }

  // Of a family that is of all columns together: what its gradient follows from, at the end.
  template <int f>
  STANMIX_INLINE void gather_rows(int width) {
    for (int k = 0; k < mixture_.K[f]; ++k)
      Of<f>::Family::template add_rows<Pack>(
          width, block_rows, work_.density.of(place<f>(k)), work_.inverse.data(),
          work_.kept.of(kept_before<f>() + k * kept_of<f>()), work_.slope.data(),
          std::get<f>(components_)[k]);
  }

  template <int f = 0>
  void add_gathered() {
    if constexpr (f < Families::count) {
      using Family = typename Of<f>::Family;
      if constexpr (is_joint<Family>) {
        for (int k = 0; k < mixture_.K[f]; ++k) {
          double* gradient[Of<f>::P];
          for (int p = 0; p < Of<f>::P; ++p)
            gradient[p] = result_.gradient.data() + mixture_.start(Of<f>::first + p)
                          + k * numbers<f>(p);
          Family::add_gradient(std::get<f>(components_)[k], gradient);
        }
      }
      add_gathered<f + 1>();
    }
  }

  // Adds logits to the terms and leaves the weights in `prior`, relative to their `Totals`;
  // returns the sum of the logs of the sums of exp(logit), by which the weights are divided.
  STANMIX_INLINE double add_logits(const Columns& Z, const Terms& terms,
                                   const double* row_weights) {
    for (int k = 0; k < mixture_.components(); ++k) {
      const double* const gamma = mixture_.gamma.data() + k * Z.count;
      for (int i = 0; i < terms.width; i += lanes<Pack>) {
        Pack logit{};
        add_predictor<Pack>(Z, gamma, i, logit);
        store(work_.prior.of(k) + i, logit);
        store(terms.of(k) + i, load<Pack>(terms.of(k) + i) + logit);
      }
    }
    const Terms prior{work_.prior.data(), block_rows, terms.size, terms.width};
    prior.pad(weights_);
    return mix<Pack>(prior, weights_, row_weights, prior_totals());
  }

  STANMIX_INLINE void gating_scores(const Columns& Z, const Terms& terms, const Totals& totals) {
    double* const slope = work_.slope.data();
    for (int k = 0; k < mixture_.components(); ++k) {
      for (int i = 0; i < terms.width; i += lanes<Pack>) {
        const Pack share = load<Pack>(terms.of(k) + i) * load<Pack>(totals.inverse + i);
        const Pack prior = load<Pack>(work_.prior.of(k) + i)
                           * load<Pack>(prior_totals().inverse + i);
        store(slope + i, share - prior);
      }
      add_products<Pack>(Z, slope, terms.width, weight_gradient() + k * Z.count);
    }
  }

  // Mixes the terms of rows or groups from `start` on, with the gradient in their weights.
  STANMIX_INLINE void mix_block(std::ptrdiff_t start, const Terms& terms,
                                const double* row_weights, const Totals& totals) {
    Columns Z = mixture_.Z.from(start);
    PaddedColumns padding;
    if (mixture_.gated()) {
      if (terms.width != terms.size) Z = padding.padded(Z, terms.size, terms.width);
      result_.value -= add_logits(Z, terms, row_weights);
    }
    if (mixture_.labels) terms.keep_known(mixture_.labels + start, mixture_.components());
    terms.pad(weights_);
    result_.value += mix<Pack>(terms, weights_, row_weights, totals);
    if (!result_.possible()) return;
    if (mixture_.gated())
      gating_scores(Z, terms, totals);
    else
      weight_scores<Pack>(terms, weights_, totals, weight_gradient());
  }

  // All steps are one loop, so that each part is inlined, and compiled, once.
  enum class Step { rows, collect, mix_groups, distribute };

  STANMIX_INLINE void run_steps(const std::vector<Step>& steps) {
    const int K = mixture_.components();
    const std::ptrdiff_t stride = whole_packs(mixture_.groups);
    std::vector<double> shares(stride * K);  // of groups; first the sums of log densities
    const Totals totals{work_.largest.data(), work_.inverse.data()};
    for (const Step step : steps) {
      const bool of_groups = step == Step::mix_groups;
      const std::ptrdiff_t end = of_groups ? mixture_.groups : end_;
      for (std::ptrdiff_t start = of_groups ? 0 : begin_; start < end && result_.possible();) {
        const int size = block_size(end - start);
        const int width = static_cast<int>(whole_packs(size));
        Terms terms{work_.density.data(), block_rows, size, width};
        Rows<Families> rows;
        PaddedRows<Families> padding;
        if (of_groups) {
          terms = {shares.data() + start, stride, size, width};
        } else {
          rows = mixture_.rows.from(start, size);
          for (int f = 0; f < Families::count; ++f)
            rows.statistics[f] = statistics_[f].from(start - begin_);
          if (width != size) rows = padding.padded(rows, width);
          log_densities(rows, width);
        }
        if (step == Step::rows || of_groups) mix_block(start, terms, rows.weights, totals);
        if (step == Step::collect) collect(rows, shares.data(), stride);
        if (of_groups) divide(terms, totals);
        if (step == Step::distribute) distribute(rows, width, shares.data(), stride);
        if (step == Step::rows || step == Step::distribute) density_scores(rows, width);
        start += size;
      }
    }
  }

  // Adds the log densities of rows to those of their groups, numbered from 1.
  void collect(const Rows<Families>& rows, double* sums, std::ptrdiff_t stride) {
    for (int k = 0; k < mixture_.components(); ++k)
      for (int i = 0; i < rows.size; ++i) {
        const double weight = row_weight(rows, i), density = work_.density.of(k)[i];
        if (weight != 0 || std::isnan(density))  // a row of weight 0 may be impossible
          sums[k * stride + rows.group[i] - 1] += weight * density;
      }
  }

  void divide(const Terms& terms, const Totals& totals) {
    for (int k = 0; k < mixture_.components(); ++k)
      for (int i = 0; i < terms.size; ++i) terms.of(k)[i] *= totals.inverse[i];
  }

  // Gives rows the shares of their groups.
  void distribute(const Rows<Families>& rows, int width, const double* shares,
                  std::ptrdiff_t stride) {
    for (int k = 0; k < mixture_.components(); ++k)
      for (int i = 0; i < width; ++i)
        work_.density.of(k)[i] =
            i < rows.size ? row_weight(rows, i) * shares[k * stride + rows.group[i] - 1] : 0;
    std::fill_n(work_.inverse.data(), width, 1.0);
  }

  static double row_weight(const Rows<Families>& rows, std::ptrdiff_t i) {
    return rows.weights ? rows.weights[i] : 1;
  }

  STANMIX_INLINE double data_terms() const {
    double value = 0;
    if constexpr (Families::product)
      add_data_terms_of_columns(value);
    else
      for (int d = 0; d < mixture_.rows.y.count; ++d) value += data_terms_of_column<0>(d);
    return value;
  }

  // Those of a product, family after family.
  template <int f = 0>
  STANMIX_INLINE void add_data_terms_of_columns(double& value) const {
    if constexpr (f < Families::count) {
      for (int d = 0; d < mixture_.columns(f); ++d)
        value += data_terms_of_column<f>(mixture_.columns_before(f) + d);
      add_data_terms_of_columns<f + 1>(value);
    }
  }

  template <int f>
  STANMIX_INLINE double data_terms_of_column(int d) const {
    double value = 0;
    const Rows<Families>& rows = mixture_.rows;
    using Family = typename Of<f>::Family;
    if constexpr (Family::has_data_term && std::is_same_v<typename Family::Response, double>) {
      const double* const y = rows.y.column(d);
      Pack sums{};
      std::ptrdiff_t i = begin_;
      for (; i + lanes<Pack> <= end_; i += lanes<Pack>) {
        const Pack one = data_term_of_numbers<Family>(load<Pack>(y + i));
        sums += rows.weights ? load<Pack>(rows.weights + i) * one : one;
      }
      value += sum(sums);
      for (; i < end_; ++i)
        value += row_weight(rows, i) * data_term_of_numbers<Family>(fill<Pack>(y[i]))[0];
    } else if constexpr (Family::has_data_term) {
      const auto* const y = rows.y.column(d);
      for (std::ptrdiff_t i = begin_; i < end_; ++i)
        if (y[i] == y[i])  // is not missing
          value += row_weight(rows, i) * data_term_of_count<Family>(rows, y - rows.y.data + i);
    }
    return value;
  }

  template <class Family>
  static STANMIX_INLINE Pack data_term_of_numbers(const Pack& y) {
    const Pack term = Family::template data_term<Pack>(filled(y));
    if constexpr (Families::product) return y != y ? Pack{} : term;
    return term;
  }

  double* weight_gradient() { return result_.gradient.data() + mixture_.start(Families::parameters); }

  Totals prior_totals() { return {work_.prior_largest.data(), work_.prior_inverse.data()}; }

  template <class Family>
  using Components = std::vector<typename Family::Component>;

  const Mixture<Families>& mixture_;
  const std::ptrdiff_t begin_, end_;
  Likelihood& result_;
  Weights weights_;
  Workspace<Families> work_;
  double data_terms_ = 0;
  std::array<Columns, Families::count> statistics_;  // of the rows from begin_ on
  const std::vector<int> places_;
  typename Families::template EachOf<Components> components_;
};

}  // namespace stanmix

#endif
