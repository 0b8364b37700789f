// What a mixture's likelihood is computed from, and what comes out: plain arrays of doubles.
#ifndef STANMIX_MIXTURE_HPP
#define STANMIX_MIXTURE_HPP

#include <cstddef>
#include <limits>
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
template <class Response>
struct Rows {
  std::ptrdiff_t size = 0;
  Responses<Response> y;
  Columns X;                        // covariates of the location
  const double* offset = nullptr;   // added to the linear predictor
  const double* weights = nullptr;  // how many equal rows a row stands for
  const int* group = nullptr;       // from 1: rows of a group share one class

  Rows from(std::ptrdiff_t row, std::ptrdiff_t rows) const {
    return {rows, {y.data + row, y.stride, y.count}, X.from(row), offset ? offset + row : nullptr,
            weights ? weights + row : nullptr, group ? group + row : nullptr};
  }
};

// A mixture of K components of a family with its data and the values of its parameters. A row has
// D responses.
template <class Family>
struct Mixture {
  int K = 0;
  Rows<typename Family::Response> rows;
  std::ptrdiff_t groups = 0;              // 0: each row has a class of its own
  Columns Z;                              // covariates of the weights, a row or group at a time
  std::vector<double> location;           // K x D, or K x D x X.count: component after component
  std::vector<double> auxiliary;          // K x D x Family::auxiliaries
  std::vector<double> theta;              // K weights, or
  std::vector<double> gamma;              // K x Z.count coefficients of their logits

  bool regression() const { return rows.X.data != nullptr; }
  bool gated() const { return Z.data != nullptr; }
};

// Log likelihood and its gradient, in the shapes of the parameters. Auxiliary parameters are
// on the log scale.
struct Likelihood {
  double value = 0;
  std::vector<double> location, auxiliary, theta, gamma;

  template <class Family>
  explicit Likelihood(const Mixture<Family>& of)
      : location(of.location.size()),
        auxiliary(of.auxiliary.size()),
        theta(of.theta.size()),
        gamma(of.gamma.size()) {}

  bool possible() const { return value != -std::numeric_limits<double>::infinity(); }

  void add(const Likelihood& other) {
    value += other.value;
    add(location, other.location);
    add(auxiliary, other.auxiliary);
    add(theta, other.theta);
    add(gamma, other.gamma);
  }

  // The data have density zero: there is no gradient to follow.
  void refuse() {
    value = -std::numeric_limits<double>::infinity();
    for (auto* part : {&location, &auxiliary, &theta, &gamma}) part->assign(part->size(), 0);
  }

 private:
  static void add(std::vector<double>& sums, const std::vector<double>& terms) {
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += terms[i];
  }
};

}  // namespace stanmix

#endif
