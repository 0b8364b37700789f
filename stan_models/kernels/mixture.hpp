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
  Columns constants;                // log densities of components without parameters
  const int* at_atom = nullptr;     // not 0: where the family has no density

  Rows from(std::ptrdiff_t row, std::ptrdiff_t rows) const {
    Rows part{rows,
              {y.data + row, y.stride, y.count},
              X,
              trials ? trials + row : nullptr,
              offset ? offset + row : nullptr,
              weights ? weights + row : nullptr,
              group ? group + row : nullptr,
              constants.from(row),
              at_atom ? at_atom + row : nullptr};
    for (Columns& columns : part.X) columns = columns.from(row);
    return part;
  }
};

// A mixture of K components of a family with its data and the values of its parameters. A row has
// D responses. Beside them there may be components without parameters, of which the data hold the
// log densities: some before the family's, some behind.
template <class Family>
struct Mixture {
  int K = 0;
  int before = 0;  // how many components without parameters come first
  Rows<Family> rows;
  std::ptrdiff_t groups = 0;  // 0: each row has a class of its own
  // Known components, from 1, a row or group at a time; 0: not known. Null: none is known.
  const int* labels = nullptr;
  Columns Z;  // covariates of the weights, a row or group at a time
  // Of each parameter of the family, component after component: K x D constants on the scale of
  // its link, or K x X.count coefficients of its predictor.
  std::array<std::vector<double>, parameters_of<Family>> parameters;
  std::vector<double> theta;  // weights of all components, or
  std::vector<double> gamma;  // Z.count coefficients of the logit of each

  bool gated() const { return Z.data != nullptr; }

  int components() const { return K + rows.constants.count; }

  // The places of the family's component k, and of column c of the constants, among all.
  int place(int k) const { return before + k; }
  int constant_place(int c) const { return c < before ? c : K + c; }

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
