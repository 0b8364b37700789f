// What a mixture's likelihood is computed from, and what comes out: plain arrays of doubles.
#ifndef STANMIX_MIXTURE_HPP
#define STANMIX_MIXTURE_HPP

#include "parameters.hpp"

#include <array>
#include <cstddef>
#include <iterator>
#include <limits>
#include <type_traits>
#include <vector>

namespace stanmix {

// How many parameters a component of a family has.
template <class Family>
constexpr int parameters_of = static_cast<int>(std::size(Family::parameters));

// Columns of a matrix in column-major order; without columns there is no matrix.
struct Columns {
  const double* data = nullptr;
  std::ptrdiff_t stride = 0;
  int count = 0;

  const double* column(int j) const { return data + j * stride; }
  Columns from(std::ptrdiff_t row) const { return {data ? data + row : nullptr, stride, count}; }
};

// Columns of responses: one, or the coordinates of a vector, independent within a component.
template <class Response>
struct Responses {
  const Response* data = nullptr;
  std::ptrdiff_t stride = 0;
  int count = 1;

  const Response* column(int d) const { return data + d * stride; }
};

// Whether a family's responses count successes out of a number of trials: it then has the constant
// `trials`. The number comes behind its predictors, as eta[parameters_of<Family>].
template <class Family, class = void>
constexpr bool has_trials = false;

template <class Family>
constexpr bool has_trials<Family, std::void_t<decltype(Family::trials)>> = true;

// Where responses lie: all numbers, or the range `support`.
template <class Family, class = void>
constexpr Range support_of = Range::real;

template <class Family>
constexpr Range support_of<Family, std::void_t<decltype(Family::support)>> = Family::support;

// The largest of counted responses, `largest` if there is one.
template <class Family, class = void>
constexpr int largest_of = std::numeric_limits<int>::max();

template <class Family>
constexpr int largest_of<Family, std::void_t<decltype(Family::largest)>> = Family::largest;

// Rows of data. Absent parts are null.
template <class Family>
struct Rows {
  std::ptrdiff_t size = 0;
  Responses<typename Family::Response> y;
  std::array<Columns, parameters_of<Family>> X;  // covariates of the parameters that vary by row
  const int* trials = nullptr;
  const double* offset = nullptr;   // added to the predictor of the first parameter
  const double* weights = nullptr;  // how many equal rows a row stands for
  const int* group = nullptr;       // from 1: rows of a group share one class

  Rows from(std::ptrdiff_t row, std::ptrdiff_t rows) const {
    Rows part{rows,
              {y.data + row, y.stride, y.count},
              X,
              trials ? trials + row : nullptr,
              offset ? offset + row : nullptr,
              weights ? weights + row : nullptr,
              group ? group + row : nullptr};
    for (Columns& columns : part.X) columns = columns.from(row);
    return part;
  }
};

// A mixture of K components of a family with its data and the values of its parameters. A row has
// D responses.
template <class Family>
struct Mixture {
  int K = 0;
  Rows<Family> rows;
  std::ptrdiff_t groups = 0;  // 0: each row has a class of its own
  Columns Z;                  // covariates of the weights, a row or group at a time
  // Of each parameter of the family, component after component: K x D constants on the scale of
  // its link, or K x X.count coefficients of its predictor.
  std::array<std::vector<double>, parameters_of<Family>> parameters;
  std::vector<double> theta;  // K weights, or
  std::vector<double> gamma;  // K x Z.count coefficients of their logits

  bool gated() const { return Z.data != nullptr; }

  // Where the derivatives of a parameter are in the gradient; after the last one, of the weights.
  std::size_t start(int parameter) const {
    std::size_t numbers = 0;
    for (int p = 0; p < parameter; ++p) numbers += parameters[p].size();
    return numbers;
  }
};

// Log likelihood and its gradient: the derivatives in the parameters of the family, one after
// another, then in theta or gamma.
struct Likelihood {
  double value = 0;
  std::vector<double> gradient;

  template <class Family>
  explicit Likelihood(const Mixture<Family>& of)
      : gradient(of.start(parameters_of<Family>) + of.theta.size() + of.gamma.size()) {}

  bool possible() const { return value != -std::numeric_limits<double>::infinity(); }

  void add(const Likelihood& other) {
    value += other.value;
    for (std::size_t i = 0; i < gradient.size(); ++i) gradient[i] += other.gradient[i];
  }

  // The data have density zero: there is no gradient to follow.
  void refuse() {
    value = -std::numeric_limits<double>::infinity();
    gradient.assign(gradient.size(), 0);
  }
};

}  // namespace stanmix

#endif
