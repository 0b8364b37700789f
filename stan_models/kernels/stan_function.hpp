// Between Stan and the engine: reads the arguments of a likelihood function, returns a double or
// one node of Stan's graph with all derivatives.
//
// A mixture's function takes, in this order:
//   the response                    vector y, array[] int y, or matrix y with a column for each of
//                                   D coordinates, which are independent within a component
//   the location                    vector mu (K means, of all coordinates), array[] vector mu (K
//                                   vectors of D), or matrix X, array[] vector beta
//   auxiliary parameters            vector sigma (K), or array[] vector sigma (K vectors of D)
//   the weights                     vector theta (K), or matrix Z, array[] vector gamma (K)
// and then nothing, or all of
//   vector offsets                  added to the linear predictor; empty: none
//   vector weights                  how many equal rows a row stands for; empty: one
//   array[] int group               rows with the same number, from 1, share one class; empty:
//                                   each row has its own. Z then has a row for each group.
// Parameters may be data. Response, X, Z, offset and weights must be (`data` in the declaration).
#ifndef STANMIX_STAN_FUNCTION_HPP
#define STANMIX_STAN_FUNCTION_HPP

#include <stan/math/rev/core.hpp>

#include "dispatch.hpp"

#include <cmath>
#include <ostream>
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

template <class T>
constexpr bool is_matrix = T::ColsAtCompileTime != 1;

inline double number(double x) { return x; }
inline double number(const stan::math::var& x) { return x.val(); }

// One call of a likelihood function. Arguments are read from the left, each `read_` calling the
// next, so that what they refer to lives until the likelihood is computed.
template <class Family, class Result>
class Call {
 public:
  explicit Call(const char* function) : function_(function) {}

  template <class... Rest>
  Result read(const std::vector<int>& y, const Rest&... rest) {
    for (std::size_t i = 0; i < y.size(); ++i)
      if (y[i] < 0) impossible("y", i, y[i], "at least 0");
    mixture_.rows.y = {y.data(), 0, 1};
    mixture_.rows.size = y.size();
    return read_location(rest...);
  }

  template <class Y, class... Rest>
  Result read(const Eigen::MatrixBase<Y>& y, const Rest&... rest) {
    const Matrix values(y.derived());
    if (values.cols() < 1)
      throw std::invalid_argument(std::string(function_)
                                  + ": y has no columns; it must have at least one.");
    mixture_.rows.y = {values.data(), values.outerStride(), static_cast<int>(values.cols())};
    mixture_.rows.size = values.rows();
    return read_location(rest...);
  }

 private:
  using Part = std::vector<double> Likelihood::*;
  using Matrix = Eigen::Ref<const Eigen::MatrixXd, 0, Eigen::OuterStride<>>;

  template <class Location, class... Rest>
  Result read_location(const Eigen::MatrixBase<Location>& location, const Rest&... rest) {
    if constexpr (is_matrix<Location>) {
      const Matrix X(location.derived());
      mixture_.rows.X = columns("X", X, mixture_.rows.size);
      return read_beta(rest...);
    } else {
      mixture_.K = components("mu", location.size());
      for (int k = 0; k < mixture_.K; ++k)
        for (int d = 0; d < D(); ++d) add_mean(location.coeff(k), k);
      return read_auxiliary<0>(rest...);
    }
  }

  template <class Mu, class... Rest>
  Result read_location(const std::vector<Mu>& mu, const Rest&... rest) {
    mixture_.K = components("mu", mu.size());
    for (int k = 0; k < mixture_.K; ++k) {
      expect("mu[" + std::to_string(k + 1) + "]", mu[k].size(), D());
      for (int d = 0; d < D(); ++d) add_mean(mu[k].coeff(d), k);
    }
    return read_auxiliary<0>(rest...);
  }

  template <class Scalar>
  void add_mean(const Scalar& mean, int k) {
    const double mu = number(mean), eta = Family::link(mu);
    if (!std::isfinite(eta)) impossible("mu", k, mu, "finite and in the family's range");
    add(mean, &Likelihood::location, static_cast<int>(mixture_.location.size()),
        Family::link_slope(mu));
    mixture_.location.push_back(eta);
  }

  template <class Beta, class... Rest>
  Result read_beta(const std::vector<Beta>& beta, const Rest&... rest) {
    mixture_.K = components("beta", beta.size());
    expect("the columns of y", D(), 1);
    read_coefficients("beta", beta, mixture_.rows.X.count, mixture_.location,
                      &Likelihood::location);
    return read_auxiliary<0>(rest...);
  }

  template <int index, class Values, class... Rest>
  Result read_auxiliary(const Values& values, const Rest&... rest) {
    if constexpr (index < Family::auxiliaries) {
      expect(Family::auxiliary_name(index), values.size(), mixture_.K);
      mixture_.auxiliary.resize(mixture_.K * D() * Family::auxiliaries);
      for (int k = 0; k < mixture_.K; ++k) add_auxiliary<index>(values[k], k);
      return read_auxiliary<index + 1>(rest...);
    } else {
      return read_weights(values, rest...);
    }
  }

  // One value for all coordinates of a component, or one for each.
  template <int index, class Values>
  void add_auxiliary(const Values& values, int k) {
    const char* const name = Family::auxiliary_name(index);
    constexpr bool one = std::is_arithmetic<Values>::value || is_var<Values>;
    if constexpr (!one)
      expect(std::string(name) + "[" + std::to_string(k + 1) + "]", values.size(), D());
    for (int d = 0; d < D(); ++d) {
      const auto given = [&] {
        if constexpr (one)
          return values;
        else
          return values.coeff(d);
      }();
      const double value = number(given);
      if (!(value > 0)) impossible(name, k, value, "positive");
      const int at = (k * D() + d) * Family::auxiliaries + index;
      mixture_.auxiliary[at] = value;
      add(given, &Likelihood::auxiliary, at, 1 / value);
    }
  }

  int D() const { return mixture_.rows.y.count; }

  template <class Values, class... Rest>
  Result read_weights(const Eigen::MatrixBase<Values>& values, const Rest&... rest) {
    if constexpr (is_matrix<Values>) {
      const Matrix Z(values.derived());
      // How many rows Z has to have, the groups will tell.
      mixture_.Z = columns("Z", Z, Z.rows());
      Z_rows_ = Z.rows();
      return read_gamma(rest...);
    } else {
      expect("theta", values.size(), mixture_.K);
      double total = 0;
      for (int k = 0; k < mixture_.K; ++k) {
        const double theta = number(values.coeff(k));
        if (!(theta >= 0 && theta <= 1)) impossible("theta", k, theta, "between 0 and 1");
        total += theta;
        mixture_.theta.push_back(theta);
        add(values.coeff(k), &Likelihood::theta, k, 1);
      }
      if (total == 0) impossible("theta", 0, 0, "positive for some component");
      return read_options(rest...);
    }
  }

  template <class Gamma, class... Rest>
  Result read_gamma(const std::vector<Gamma>& gamma, const Rest&... rest) {
    expect("gamma", gamma.size(), mixture_.K);
    read_coefficients("gamma", gamma, mixture_.Z.count, mixture_.gamma, &Likelihood::gamma);
    return read_options(rest...);
  }

  Result read_options(std::ostream*) { return evaluate(); }

  template <class Offset, class RowWeights>
  Result read_options(const Eigen::MatrixBase<Offset>& offset,
                      const Eigen::MatrixBase<RowWeights>& weights,
                      const std::vector<int>& group, std::ostream*) {
    const Eigen::Ref<const Eigen::VectorXd> offsets(offset.derived());
    const Eigen::Ref<const Eigen::VectorXd> row_weights(weights.derived());
    Rows<typename Family::Response>& rows = mixture_.rows;
    if (offsets.size() > 0) {
      expect("offsets", offsets.size(), rows.size);
      rows.offset = offsets.data();
    }
    if (row_weights.size() > 0) {
      expect("weights", row_weights.size(), rows.size);
      for (std::ptrdiff_t i = 0; i < rows.size; ++i)
        if (!(row_weights[i] >= 0 && std::isfinite(row_weights[i])))
          impossible("weights", i, row_weights[i], "finite and at least 0");
      rows.weights = row_weights.data();
    }
    if (!group.empty()) {
      expect("group", group.size(), rows.size);
      for (std::size_t i = 0; i < group.size(); ++i) {
        if (group[i] < 1) impossible("group", i, group[i], "at least 1");
        if (group[i] > mixture_.groups) mixture_.groups = group[i];
      }
      rows.group = group.data();
    }
    return evaluate();
  }

  Result evaluate() {
    if (mixture_.gated())
      expect("the rows of Z", Z_rows_,
             mixture_.groups > 0 ? mixture_.groups : mixture_.rows.size);
    const Likelihood likelihood = stanmix::evaluate(mixture_, best_instructions(), Threading());
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
        gradients.push_back((likelihood.*slot.part)[slot.index] * slot.slope);
      return stan::math::precomputed_gradients(likelihood.value, operands_, gradients);
    }
  }

  Columns columns(const char* name, const Matrix& of, std::ptrdiff_t rows) const {
    if (of.cols() < 1)
      throw std::invalid_argument(std::string(function_) + ": " + name
                                  + " has no columns; it must have at least one.");
    expect(std::string("the rows of ") + name, of.rows(), rows);
    return {of.data(), of.outerStride(), static_cast<int>(of.cols())};
  }

  template <class Vector>
  void read_coefficients(const char* name, const std::vector<Vector>& of, int count,
                         std::vector<double>& values, Part part) {
    for (std::size_t k = 0; k < of.size(); ++k) {
      expect(std::string(name) + "[" + std::to_string(k + 1) + "]", of[k].size(), count);
      for (int j = 0; j < count; ++j) {
        const double value = number(of[k].coeff(j));
        if (!std::isfinite(value)) impossible(name, k, value, "finite");
        add(of[k].coeff(j), part, static_cast<int>(values.size()), 1);
        values.push_back(value);
      }
    }
  }

  // Remembers where the derivative of an argument will be; numbers have none.
  void add(double, Part, int, double) {}
  void add(const stan::math::var& operand, Part part, int index, double slope) {
    operands_.push_back(operand);
    slots_.push_back({part, index, slope});
  }

  int components(const char* name, std::ptrdiff_t K) const {
    if (K < 1)
      throw std::invalid_argument(std::string(function_) + ": " + name
                                  + " is empty; a mixture has at least one component.");
    return static_cast<int>(K);
  }

  void expect(const std::string& what, std::ptrdiff_t got, std::ptrdiff_t expected) const {
    if (got == expected) return;
    std::ostringstream message;
    message << function_ << ": the size of " << what << " is " << got << ", but must be "
            << expected << ".";
    throw std::invalid_argument(message.str());
  }

  [[noreturn]] void impossible(const char* name, std::size_t index, double got,
                               const char* expected) const {
    std::ostringstream message;
    message << function_ << ": " << name << "[" << index + 1 << "] is " << got
            << ", but must be " << expected << ".";
    throw std::domain_error(message.str());
  }

  struct Slot {
    Part part;
    int index;
    double slope;  // of what the engine differentiates by, in the argument
  };

  const char* function_;
  Mixture<Family> mixture_;
  std::ptrdiff_t Z_rows_ = 0;
  std::vector<stan::math::var> operands_;
  std::vector<Slot> slots_;
};

// The log likelihood that a Stan function returns for its arguments.
template <class Family, class Y, class... Arguments>
auto likelihood(const char* function, const Y& y, const Arguments&... arguments) {
  static_assert(!is_free<Y>, "The response of a mixture must be data.");
  constexpr bool any_free = (is_free<Arguments> || ...);
  using Result = std::conditional_t<any_free, stan::math::var, double>;
  return Call<Family, Result>(function).read(y, arguments...);
}

}  // namespace stanmix

#endif
