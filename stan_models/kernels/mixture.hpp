// What a mixture's likelihood is computed from, and what comes out: plain arrays of doubles.
#ifndef STANMIX_MIXTURE_HPP
#define STANMIX_MIXTURE_HPP

#include "families.hpp"

#include <array>
#include <cstddef>
#include <limits>
#include <numeric>
#include <vector>

namespace stanmix {

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

// Rows of data. Absent parts are null.
template <class Families>
struct Rows {
  std::ptrdiff_t size = 0;
  Responses<typename Families::Response> y;
  std::array<Columns, Families::parameters> X;  // covariates of the parameters that vary by row
  const int* trials = nullptr;
  const double* upper = nullptr;    // ends of what is known of a response, whose lower end is y
  const double* offset = nullptr;   // added to the predictor of each family's first parameter
  const double* weights = nullptr;  // how many equal rows a row stands for
  const int* group = nullptr;       // from 1: rows of a group share one class
  Columns constants;                // log densities of components without parameters
  const int* at_atom = nullptr;     // not 0: where the families have no density
  std::array<Columns, Families::count> statistics;  // in place of responses, of families with such

  Rows from(std::ptrdiff_t row, std::ptrdiff_t rows) const {
    Rows part{rows,
              {y.data + row, y.stride, y.count},
              X,
              trials ? trials + row : nullptr,
              upper ? upper + row : nullptr,
              offset ? offset + row : nullptr,
              weights ? weights + row : nullptr,
              group ? group + row : nullptr,
              constants.from(row),
              at_atom ? at_atom + row : nullptr,
              statistics};
    for (Columns& columns : part.X) columns = columns.from(row);
    for (Columns& columns : part.statistics) columns = columns.from(row);
    return part;
  }
};

// A mixture of components of one or several families with its data and the values of its
// parameters. A row has D responses; in a product some are of each family. Beside them there may be
// components without parameters, of which the data hold the log densities.
template <class Families>
struct Mixture {
  std::array<int, Families::count> K{};  // how many components are of each family
  std::array<int, Families::count> D{};  // in a product, how many columns are of each
  std::vector<int> constant_places;      // of those without parameters among all, from 0
  Rows<Families> rows;
  std::ptrdiff_t groups = 0;  // 0: each row has a class of its own
  // Known components, from 1, a row or group at a time; 0: not known. Null: none is known.
  const int* labels = nullptr;
  Columns Z;  // covariates of the weights, a row or group at a time
  // Of each parameter of each family, component after component: a constant for each column, on the
  // scale of its link, or K x X.count coefficients of its predictor.
  std::array<std::vector<double>, Families::parameters> parameters;
  std::vector<double> theta;  // weights of all components, or
  std::vector<double> gamma;  // Z.count coefficients of the logit of each
  // Log probabilities that a response is recorded, one a component, by which truncated densities
  // are divided. Empty: all are recorded.
  std::vector<double> recorded;

  bool gated() const { return Z.count > 0; }

  int components() const {
    return Families::product ? K[0] : std::accumulate(K.begin(), K.end(), rows.constants.count);
  }

  // How many columns a component of family f is of, and how many come before them.
  int columns(int f) const { return Families::product ? D[f] : rows.y.count; }
  int columns_before(int f) const {
    return Families::product ? std::accumulate(D.begin(), D.begin() + f, 0) : 0;
  }

  // Leaves some of the rows, where these have no groups.
  void take(std::ptrdiff_t row, std::ptrdiff_t size) {
    rows = rows.from(row, size);
    Z = Z.from(row);
    if (labels) labels += row;
  }

  // The places among all of the components with parameters, one family after another.
  std::vector<int> places() const {
    std::vector<bool> taken(components());
    for (int place : constant_places) taken[place] = true;
    std::vector<int> found;
    for (int place = 0; place < components(); ++place)
      if (!taken[place]) found.push_back(place);
    return found;
  }

  // Where the derivatives of a parameter are in the gradient; after the last one, of the weights,
  // and after these in `recorded`.
  std::size_t start(int parameter) const {
    std::size_t numbers = 0;
    for (int p = 0; p < parameter; ++p) numbers += parameters[p].size();
    return numbers;
  }
};

// Log likelihood and its gradient: the derivatives in the parameters of the families, one after
// another, then in theta or gamma, then in `recorded`.
struct Likelihood {
  double value = 0;
  std::vector<double> gradient;

  template <class Families>
  explicit Likelihood(const Mixture<Families>& of)
      : gradient(of.start(Families::parameters) + of.theta.size() + of.gamma.size()
                 + of.recorded.size()) {}

  bool possible() const { return value != -std::numeric_limits<double>::infinity(); }

  void add(const Likelihood& other) {
    value += other.value;
    for (std::size_t i = 0; i < gradient.size(); ++i) gradient[i] += other.gradient[i];
  }

  void multiply(double by) {
    value *= by;
    for (double& one : gradient) one *= by;
  }

  // The data have density zero: there is no gradient to follow.
  void refuse() {
    value = -std::numeric_limits<double>::infinity();
    gradient.assign(gradient.size(), 0);
  }
};

}  // namespace stanmix

#endif
