// Between Stan and the engine: reads the arguments of a likelihood function, returns a double or
// one node of Stan's graph with all derivatives.
//
// A mixture's function takes, in this order:
//   the response                    vector y, array[] int y, or matrix y with a column for each of
//                                   D coordinates, which are independent within a component; of
//                                   families with trials followed by array[] int trials, then of
//                                   what is known of censored responses, which lie between y and
//                                   y_to, by vector y_to, in which families of both kinds of rows
//                                   have y again where it is known exactly. Straight after y
//                                   there may be int batch_size: of at most so many rows is a
//                                   gradient made then (minibatch.hpp), a value of all. Not with
//                                   groups
//   each parameter of each family   constants: vector (K values, for all coordinates) or array[]
//                                   vector (K vectors of D); or a predictor on the scale of its
//                                   link: matrix X, array[] vector beta (K). Families of all
//                                   coordinates together, which are correlated, have constants
//                                   alone, some of one value for all (vector) or of a lower
//                                   triangle (array[] matrix)
//   the weights                     vector theta (K), or matrix Z, array[] vector gamma (K)
// Of columns of several families, each component has all families: y is then a matrix whose first
// columns are of the first family, as many as a vector of its parameters has numbers, and so on.
// Counts are numbers there, and what is not a number is missing. All parameters are constants.
// then, where there are components without parameters, all of
//   matrix constants                their log densities, a column each; the weights are of all
//   array[] int places              which of all components these are, from 1
//   array[] int at_atom             not 0: a row where the families have no density, whatever its
//                                   response (such as the families take); empty: no such row
// and then nothing, or all of, the last only where there are some,
//   vector offsets                  added to the predictor of each family's first parameter; empty:
//                                   none
//   vector weights                  how many equal rows a row stands for; empty: one
//   array[] int group               rows with the same number, from 1, share one class; empty:
//                                   each row has its own. Z then has a row for each group.
//   array[] int labels              the known component of a row or group, from 1; 0: not known
// Parameters may be data. Response, X, Z, offset and weights must be (`data` in the declaration).
#ifndef STANMIX_STAN_FUNCTION_HPP
#define STANMIX_STAN_FUNCTION_HPP

#include <stan/math/rev/core.hpp>

#include "dispatch.hpp"
#include "minibatch.hpp"

#include <cmath>
#include <ostream>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#ifdef STAN_THREADS
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>
#endif

namespace stanmix {

#ifdef STAN_THREADS
// Pieces by the threads of Stan's pool. Isolated: a thread that waits for the others must not
// take up another chain in the meantime, whose graph would be built on top of this one's.
struct InThreads {
  template <class Body>
  void operator()(std::ptrdiff_t pieces, const Body& body) const {
    if (pieces < 2) return InTurn()(pieces, body);
    tbb::this_task_arena::isolate([&] { tbb::parallel_for(std::ptrdiff_t{0}, pieces, body); });
  }
};
using Threading = InThreads;
#else
using Threading = InTurn;
#endif

template <class T>
using scalar_of = stan::scalar_type_t<std::decay_t<T>>;

template <class T>
constexpr bool is_var = std::is_same<T, stan::math::var>::value;

template <class T>
constexpr bool is_free = is_var<scalar_of<T>>;

template <class T, class = void>
constexpr bool is_matrix = false;

template <class T>
constexpr bool is_matrix<T, std::void_t<decltype(T::ColsAtCompileTime)>> =
    T::ColsAtCompileTime != 1;

// A parameter given by a matrix has a predictor; one given by vectors is constant.
template <class T>
constexpr bool is_predictor = is_matrix<T>;

inline double number(double x) { return x; }
inline double number(const stan::math::var& x) { return x.val(); }

// Adds what a gradient is to be taken by; data count for nothing.
template <class T>
void add_numbers(const T& argument, Key& key) {
  if constexpr (is_var<T>)
    key.add(argument.val());
  else if constexpr (is_free<T> && is_matrix<T>)
    for (std::ptrdiff_t i = 0; i < argument.size(); ++i) key.add(argument.coeff(i).val());
  else if constexpr (is_free<T>)
    for (std::ptrdiff_t i = 0; i < static_cast<std::ptrdiff_t>(argument.size()); ++i)
      add_numbers(argument[i], key);
}

// One call of a likelihood function. Arguments are read from the left, each `read_` calling the
// next, so that what they refer to lives until the likelihood is computed.
template <class Families, class Result>
class Call {
 public:
  // `batch`: the rows that are read.
  Call(const char* function, const Minibatch& batch) : function_(function), batch_(batch) {}

  template <class... Rest>
  Result read(const std::vector<int>& y, const Rest&... rest) {
    for (std::ptrdiff_t i = batch_.begin; i < batch_.end; ++i) {
      if (y[i] < 0) impossible("y", i, y[i], "at least 0");
      if (y[i] > Families::largest) impossible("y", i, y[i], "0 or 1");
    }
    mixture_.rows.y = {y.data(), 0, 1};
    mixture_.rows.size = y.size();
    if constexpr (Families::trials)
      return read_trials(rest...);
    else
      return read_behind_counts(rest...);
  }

  template <class Y, class... Rest>
  Result read(const Eigen::MatrixBase<Y>& y, const Rest&... rest) {
    const Matrix values(y.derived());
    if (values.cols() < 1)
      throw std::invalid_argument(std::string(function_)
                                  + ": y has no columns; it must have at least one.");
    mixture_.rows.y = {values.data(), values.outerStride(), static_cast<int>(values.cols())};
    mixture_.rows.size = values.rows();
    if constexpr (Families::upper_ends) {
      return read_upper_ends(rest...);
    } else {
      if constexpr (!Families::real_line && !Families::product)
        for (std::ptrdiff_t i = batch_.begin; i < batch_.end; ++i) check_response(i, values(i, 0));
      return read_parameter<0, 0>(rest...);
    }
  }

 private:
  using Matrix = Eigen::Ref<const Eigen::MatrixXd, 0, Eigen::OuterStride<>>;

  template <class... Rest>
  Result read_trials(const std::vector<int>& trials, const Rest&... rest) {
    expect("trials", trials.size(), mixture_.rows.size);
    const auto* const y = mixture_.rows.y.column(0);
    for (std::ptrdiff_t i = batch_.begin; i < batch_.end; ++i)
      if (y[i] > trials[i]) impossible("y", i, y[i], "at most the trials of its row");
    mixture_.rows.trials = trials.data();
    return read_behind_counts(rest...);
  }

  template <class... Rest>
  Result read_behind_counts(const Rest&... rest) {
    if constexpr (Families::upper_ends)
      return read_upper_ends(rest...);
    else
      return read_parameter<0, 0>(rest...);
  }

  void check_response(std::ptrdiff_t i, double y) const {
    for (Range support : Families::supports)
      if (!holds(support, y)) impossible("y", i, y, in_words(support));
  }

  template <class Upper, class... Rest>
  Result read_upper_ends(const Eigen::MatrixBase<Upper>& upper, const Rest&... rest) {
    const Eigen::Ref<const Eigen::VectorXd> ends(upper.derived());
    expect("y_to", ends.size(), mixture_.rows.size);
    const auto* const y = mixture_.rows.y.column(0);
    for (std::ptrdiff_t i = batch_.begin; i < batch_.end; ++i) {
      if (y[i] < ends[i]) continue;
      if (!Families::exact_rows || y[i] != ends[i])
        impossible("y_to", i, ends[i], "above the y of its row");
      if constexpr (std::is_same<typename Families::Response, double>::value)
        check_response(i, y[i]);
    }
    mixture_.rows.upper = ends.data();
    return read_parameter<0, 0>(rest...);
  }

  // One parameter after another of one family after another, then the weights.
  template <int p, unsigned varying, class Values, class... Rest>
  Result read_parameter(const Values& values, const Rest&... rest) {
    if constexpr (p == Families::parameters) {
      if constexpr (Families::product) check_columns();
      return read_weights<varying>(values, rest...);
    } else if constexpr (is_predictor<Values>) {
      static_assert(!Families::product && !is_joint<Family<p>>,
                    "Parameters of columns have no predictors.");
      const Matrix X(values.derived());
      mixture_.rows.X[p] = columns(predictor_name<p>("X"), X, mixture_.rows.size);
      return read_coefficients<p, varying | 1u << p>(rest...);
    } else {
      read_components<p>(name<p>(), values.size());
      if constexpr (Families::product) read_columns<p>(values[0].size());
      for (int k = 0; k < mixture_.K[Families::family_of(p)]; ++k) add_constants<p>(values[k], k);
      return read_parameter<p + 1, varying>(rest...);
    }
  }

  template <int p, unsigned varying, class Beta, class... Rest>
  Result read_coefficients(const std::vector<Beta>& beta, const Rest&... rest) {
    const std::string name = predictor_name<p>("beta");
    read_components<p>(name, beta.size());
    expect("the columns of y", D<p>(), 1);
    add_coefficients(name, beta, mixture_.rows.X[p].count, mixture_.parameters[p]);
    return read_parameter<p + 1, varying>(rest...);
  }

  // The first parameter of a family tells how many components there are of it.
  template <int p>
  void read_components(const std::string& name, std::ptrdiff_t size) {
    constexpr int f = Families::family_of(p);
    int& K = mixture_.K[f];
    if (Families::product && f > 0) K = mixture_.K[0];  // all families are of all components
    if (p != Families::first(Families::product ? 0 : f)) return expect(name, size, K);
    if (size < 1)
      throw std::invalid_argument(function_ + (": " + name)
                                  + " is empty; a mixture has at least one component.");
    K = static_cast<int>(size);
  }

  // The first parameter of a family tells how many columns are of it.
  template <int p>
  void read_columns(std::ptrdiff_t size) {
    constexpr int f = Families::family_of(p);
    if (p == Families::first(f)) mixture_.D[f] = static_cast<int>(size);
  }

  // Refuses columns that the parameters are not of, and responses that a family does not have.
  template <int f = 0>
  void check_columns() const {
    if constexpr (f < Families::count) {
      for (int d = 0; d < mixture_.D[f]; ++d) check_column<f>(mixture_.columns_before(f) + d);
      check_columns<f + 1>();
    } else {
      expect("the columns of y", mixture_.rows.y.count, mixture_.columns_before(f));
    }
  }

  template <int f>
  void check_column(int d) const {
    using Family = typename Families::template at<f>;
    if (d >= mixture_.rows.y.count) return;  // there are fewer
    const double* const y = mixture_.rows.y.column(d);
    const std::string name = "y[, " + std::to_string(d + 1) + "]";
    for (std::ptrdiff_t i = batch_.begin; i < batch_.end; ++i) {
      if (std::isnan(y[i])) continue;
      if constexpr (std::is_same<typename Family::Response, int>::value) {
        if (!(y[i] >= 0 && y[i] <= largest_of<Family> && y[i] == std::floor(y[i])))
          impossible(name, i, y[i], largest_of<Family> == 1 ? "0 or 1" : "a count");
      } else if (!holds(support_of<Family>, y[i])) {
        impossible(name, i, y[i], in_words(support_of<Family>));
      }
    }
  }

  // sigma, of the second family sigma_2.
  template <int p>
  static std::string name() {
    return Families::template parameter<p>.name + behind<p>();
  }

  // X and beta for the first parameter, X_sigma and beta_sigma for sigma; of the second family X_2
  // and X_sigma_2.
  template <int p>
  static std::string predictor_name(const char* what) {
    const bool first = p == Families::first(Families::family_of(p));
    return first ? what + behind<p>() : what + ("_" + name<p>());
  }

  template <int p>
  static std::string behind() {
    constexpr int f = Families::family_of(p);
    return f == 0 ? "" : "_" + std::to_string(f + 1);
  }

  // One value for all coordinates of a component, or one for each; or the lower triangle of a
  // matrix, of which the diagonal is positive.
  template <int p, class Values>
  void add_constants(const Values& values, int k) {
    constexpr Parameter parameter = Families::template parameter<p>;
    if constexpr (is_matrix<Values>) {
      static_assert(parameter.extent == Extent::lower_triangle, "A parameter is a vector.");
      const std::string one = name<p>() + "[" + std::to_string(k + 1) + "]";
      expect("the rows of " + one, values.rows(), D<p>());
      expect("the columns of " + one, values.cols(), D<p>());
      for (int d = 0; d < D<p>(); ++d) {
        for (int j = 0; j <= d; ++j) add_constant<p>(values.coeff(d, j), k);
        const double diagonal = number(values.coeff(d, d));
        if (!(diagonal > 0)) impossible("the diagonal of " + one, d, diagonal, "positive");
      }
    } else if constexpr (std::is_arithmetic<Values>::value || is_var<Values>) {
      for (int d = 0; d < parameter.numbers(D<p>()); ++d) add_constant<p>(values, k);
    } else {
      static_assert(parameter.extent == Extent::column, "A parameter is no vector.");
      expect(name<p>() + "[" + std::to_string(k + 1) + "]", values.size(), D<p>());
      for (int d = 0; d < D<p>(); ++d) add_constant<p>(values.coeff(d), k);
    }
  }

  template <int p, class Scalar>
  void add_constant(const Scalar& given, int k) {
    constexpr Parameter parameter = Families::template parameter<p>;
    const double value = number(given);
    if (!holds(parameter.range, value))
      impossible(name<p>(), k, value, in_words(parameter.range));
    mixture_.parameters[p].push_back(parameter.linked(value));
    add(given, parameter.link_slope(value));
  }

  template <int p>
  using Family = typename Families::template at<Families::family_of(p)>;

  // How many columns the components are of that have parameter p.
  template <int p>
  int D() const {
    return mixture_.columns(Families::family_of(p));
  }

  template <unsigned varying, class Values, class... Rest>
  Result read_weights(const Eigen::MatrixBase<Values>& values, const Rest&... rest) {
    if constexpr (is_matrix<Values>) {
      const Matrix Z(values.derived());
      // How many rows Z has to have, the groups will tell.
      mixture_.Z = columns("Z", Z, Z.rows());
      Z_rows_ = Z.rows();
      return read_gamma<varying>(rest...);
    } else {
      double total = 0;
      for (int k = 0; k < values.size(); ++k) {
        const double theta = number(values.coeff(k));
        if (!(theta >= 0 && theta <= 1)) impossible("theta", k, theta, "between 0 and 1");
        total += theta;
        mixture_.theta.push_back(theta);
        add(values.coeff(k), 1);
      }
      if (total == 0) impossible("theta", 0, 0, "positive for some component");
      return read_options<varying>(rest...);
    }
  }

  template <unsigned varying, class Gamma, class... Rest>
  Result read_gamma(const std::vector<Gamma>& gamma, const Rest&... rest) {
    add_coefficients("gamma", gamma, mixture_.Z.count, mixture_.gamma);
    return read_options<varying>(rest...);
  }

  template <unsigned varying>
  Result read_options(std::ostream*) {
    return evaluate<varying>();
  }

  template <unsigned varying, class Recorded, class... Rest>
  Result read_options(const std::vector<Recorded>& recorded, const Rest&... rest) {
    expect("recorded", recorded.size(), mixture_.components());
    for (std::size_t k = 0; k < recorded.size(); ++k) {
      const double value = number(recorded[k]);
      if (!std::isfinite(value)) impossible("recorded", k, value, "finite");
      mixture_.recorded.push_back(value);
      add(recorded[k], 1);
    }
    return read_options<varying>(rest...);
  }

  template <unsigned varying, class Constants, class... Rest>
  Result read_options(const Eigen::MatrixBase<Constants>& constants,
                      const std::vector<int>& places, const std::vector<int>& at_atom,
                      const Rest&... rest) {
    static_assert(!Families::product, "All components of several columns have parameters.");
    const Matrix values(constants.derived());
    mixture_.rows.constants = columns("constants", values, mixture_.rows.size);
    expect("places", places.size(), values.cols());
    const std::set<int> different(places.begin(), places.end());
    expect("places without repetition", different.size(), values.cols());
    for (std::size_t c = 0; c < places.size(); ++c) {
      if (places[c] < 1 || places[c] > mixture_.components())
        impossible("places", c, places[c], "the number of a component");
      mixture_.constant_places.push_back(places[c] - 1);
    }
    if (!at_atom.empty()) {
      expect("at_atom", at_atom.size(), mixture_.rows.size);
      mixture_.rows.at_atom = at_atom.data();
    }
    return read_options<varying>(rest...);
  }

  template <unsigned varying, class Offset, class RowWeights, class... Rest>
  Result read_options(const Eigen::MatrixBase<Offset>& offset,
                      const Eigen::MatrixBase<RowWeights>& weights,
                      const std::vector<int>& group, const Rest&... rest) {
    const Eigen::Ref<const Eigen::VectorXd> offsets(offset.derived());
    const Eigen::Ref<const Eigen::VectorXd> row_weights(weights.derived());
    Rows<Families>& rows = mixture_.rows;
    if (offsets.size() > 0) {
      expect("offsets", offsets.size(), rows.size);
      rows.offset = offsets.data();
    }
    if (row_weights.size() > 0) {
      expect("weights", row_weights.size(), rows.size);
      for (std::ptrdiff_t i = batch_.begin; i < batch_.end; ++i)
        if (!(row_weights[i] >= 0 && std::isfinite(row_weights[i])))
          impossible("weights", i, row_weights[i], "finite and at least 0");
      rows.weights = row_weights.data();
    }
    if (!group.empty()) {
      expect("group", group.size(), rows.size);
      if (batch_.scale > 1)
        throw std::invalid_argument(std::string(function_)
                                    + ": no gradient is made of some rows (batch_size) where rows "
                                      "have groups.");
      for (std::size_t i = 0; i < group.size(); ++i) {
        if (group[i] < 1) impossible("group", i, group[i], "at least 1");
        if (group[i] > mixture_.groups) mixture_.groups = group[i];
      }
      rows.group = group.data();
    }
    return read_labels<varying>(rest...);
  }

  template <unsigned varying>
  Result read_labels(std::ostream*) {
    return evaluate<varying>();
  }

  template <unsigned varying>
  Result read_labels(const std::vector<int>& labels, std::ostream*) {
    expect("labels", labels.size(), classes());
    const int K = mixture_.components();
    const std::ptrdiff_t end = mixture_.groups > 0 ? mixture_.groups : batch_.end;
    for (std::ptrdiff_t i = batch_.begin; i < end; ++i)
      if (labels[i] < 0 || labels[i] > K)
        impossible("labels", i, labels[i], "the number of a component, or 0");
    mixture_.labels = labels.data();
    return evaluate<varying>();
  }

  // How many rows or groups have a class of their own.
  std::ptrdiff_t classes() const {
    return mixture_.groups > 0 ? mixture_.groups : mixture_.rows.size;
  }

  template <unsigned varying>
  Result evaluate() {
    if (mixture_.gated())
      expect("gamma", mixture_.gamma.size() / mixture_.Z.count, mixture_.components());
    else
      expect("theta", mixture_.theta.size(), mixture_.components());
    if (mixture_.gated())
      expect("the rows of Z", Z_rows_, classes());
    mixture_.take(batch_.begin, batch_.size());
    Likelihood likelihood =
        stanmix::evaluate<varying>(mixture_, best_instructions(), Threading());
    likelihood.multiply(batch_.scale);
    if (std::isnan(likelihood.value))
      throw std::domain_error(std::string(function_)
                              + ": the log likelihood is not a number. Look for values in the "
                                "data that are no numbers or infinite.");
    if constexpr (std::is_same<Result, double>::value) {
      return likelihood.value;
    } else {
      std::vector<double> gradients;
      gradients.reserve(slots_.size());
      for (const Slot& slot : slots_)
        gradients.push_back(likelihood.gradient[slot.index] * slot.slope);
      return stan::math::precomputed_gradients(likelihood.value, operands_, gradients);
    }
  }

  Columns columns(const std::string& name, const Matrix& of, std::ptrdiff_t rows) const {
    if (of.cols() < 1)
      throw std::invalid_argument(function_ + (": " + name)
                                  + " has no columns; it must have at least one.");
    expect("the rows of " + name, of.rows(), rows);
    return {of.data(), of.outerStride(), static_cast<int>(of.cols())};
  }

  template <class Vector>
  void add_coefficients(const std::string& name, const std::vector<Vector>& of, int count,
                        std::vector<double>& values) {
    for (std::size_t k = 0; k < of.size(); ++k) {
      expect(name + "[" + std::to_string(k + 1) + "]", of[k].size(), count);
      for (int j = 0; j < count; ++j) {
        const double value = number(of[k].coeff(j));
        if (!std::isfinite(value)) impossible(name, k, value, "finite");
        values.push_back(value);
        add(of[k].coeff(j), 1);
      }
    }
  }

  // Numbers are read in the order of the gradient: remembers which of them are to be
  // differentiated by.
  void add(double, double) { ++read_; }
  void add(const stan::math::var& operand, double slope) {
    operands_.push_back(operand);
    slots_.push_back({read_++, slope});
  }

  void expect(const std::string& what, std::ptrdiff_t got, std::ptrdiff_t expected) const {
    if (got == expected) return;
    std::ostringstream message;
    message << function_ << ": the size of " << what << " is " << got << ", but must be "
            << expected << ".";
    throw std::invalid_argument(message.str());
  }

  [[noreturn]] void impossible(const std::string& name, std::size_t index, double got,
                               const char* expected) const {
    std::ostringstream message;
    message << function_ << ": " << name << "[" << index + 1 << "] is " << got
            << ", but must be " << expected << ".";
    throw std::domain_error(message.str());
  }

  struct Slot {
    std::size_t index;
    double slope;  // of what the engine differentiates by, in the argument
  };

  const char* function_;
  const Minibatch batch_;
  Mixture<Families> mixture_;
  std::ptrdiff_t Z_rows_ = 0;
  std::size_t read_ = 0;
  std::vector<stan::math::var> operands_;
  std::vector<Slot> slots_;
};

template <class Y>
std::ptrdiff_t rows_of(const Eigen::MatrixBase<Y>& y) {
  return y.rows();
}

inline std::ptrdiff_t rows_of(const std::vector<int>& y) { return y.size(); }

// The log likelihood that a Stan function returns for its arguments.
template <class Families, class Y, class... Arguments>
auto likelihood(const char* function, const Y& y, const Arguments&... arguments) {
  static_assert(!is_free<Y>, "The response of a mixture must be data.");
  using Result = std::conditional_t<(is_free<Arguments> || ...), stan::math::var, double>;
  return Call<Families, Result>(function, all_rows(rows_of(y))).read(y, arguments...);
}

// The same with a gradient that is made of some rows.
template <class Families, class Y, class... Arguments>
auto likelihood(const char* function, const Y& y, int batch_size, const Arguments&... arguments) {
  if (batch_size < 1)
    throw std::invalid_argument(std::string(function) + ": batch_size is "
                                + std::to_string(batch_size) + ", but must be at least 1.");
  if constexpr ((is_free<Arguments> || ...)) {
    Key key;
    (add_numbers(arguments, key), ...);
    const Minibatch batch = block_of_rows(rows_of(y), batch_size, key);
    return Call<Families, stan::math::var>(function, batch).read(y, arguments...);
  } else {
    return likelihood<Families>(function, y, arguments...);
  }
}

}  // namespace stanmix

// The function of a program that has this name, of components of these families.
#define STANMIX_FUNCTION(name, ...) STANMIX_FUNCTION_OF(name, Families<__VA_ARGS__>)

// The same of columns of these families, all of which each component has.
#define STANMIX_COLUMNS_FUNCTION(name, ...) STANMIX_FUNCTION_OF(name, Product<__VA_ARGS__>)

#define STANMIX_FUNCTION_OF(name, ...)                            \
  template <bool propto, typename... Arguments>                   \
  auto name(const Arguments&... arguments) {                      \
    using namespace stanmix;                                      \
    return stanmix::likelihood<__VA_ARGS__>(#name, arguments...); \
  }

#endif
