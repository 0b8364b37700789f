// Functions of Stan Math that mixture programs use, for the types that they use them with:
// compiled once, with the driver (../../../compiled.cpp), where each program would compile them
// again.
//
// Programs find them by overload resolution, as exact matches that are preferred to Stan's
// templates; other types find the templates as ever. Each does what the template does, since it
// is the template.
#ifndef STANMIX_SLIM_PROGRAMS_COMPILED_HPP
#define STANMIX_SLIM_PROGRAMS_COMPILED_HPP

#include <type_traits>
#include <utility>
#include <vector>

namespace stan {
namespace math {

using VarVector = Eigen::Matrix<var, Eigen::Dynamic, 1>;
using Unconstrained = Eigen::Map<const VarVector>;  // a part of the parameters as sampled
using DataVector = Eigen::Map<Eigen::VectorXd>;
using DataMatrix = Eigen::Map<Eigen::MatrixXd>;
using Bound = const double&;

VarVector simplex_constrain(const Unconstrained& y);
VarVector simplex_constrain(const Unconstrained& y, var& lp);
VarVector ordered_constrain(const Unconstrained& y);
VarVector ordered_constrain(const Unconstrained& y, var& lp);
VarVector positive_ordered_constrain(const Unconstrained& y);
VarVector positive_ordered_constrain(const Unconstrained& y, var& lp);
VarVector lb_constrain(const Unconstrained& y, Bound lower);
VarVector lb_constrain(const Unconstrained& y, Bound lower, var& lp);
VarVector lub_constrain(const Unconstrained& y, Bound lower, Bound upper);
VarVector lub_constrain(const Unconstrained& y, Bound lower, Bound upper, var& lp);
VarVector lub_constrain(const VarVector& y, const Eigen::VectorXd& lower,
                        const Eigen::VectorXd& upper);
VarVector lub_constrain(const VarVector& y, const Eigen::VectorXd& lower,
                        const Eigen::VectorXd& upper, var& lp);

VarVector multiply(const DataMatrix& X, const VarVector& beta);

var log_mix(const VarVector& theta, const std::vector<VarVector>& lambda);
double log_mix(const Eigen::VectorXd& theta, const std::vector<Eigen::VectorXd>& lambda);

// Where Stan's template takes any reference, as some do since Stan 2.36, what is not const matches
// it better than the above: these hand it on.
inline VarVector ordered_constrain(Unconstrained&& y) { return ordered_constrain(std::as_const(y)); }
inline VarVector ordered_constrain(Unconstrained&& y, var& lp) {
  return ordered_constrain(std::as_const(y), lp);
}
inline VarVector positive_ordered_constrain(Unconstrained&& y, var& lp) {
  return positive_ordered_constrain(std::as_const(y), lp);
}
inline VarVector multiply(const DataMatrix& X, VarVector& beta) {
  return multiply(X, std::as_const(beta));
}
inline VarVector multiply(const DataMatrix& X, VarVector&& beta) {
  return multiply(X, std::as_const(beta));
}

// Densities, as one(result, type of y, density, (parameters), (arguments)): of a number and of
// weights, for priors, and of a row of the data.
using Argument = double;
using DataRow = Eigen::Block<const DataMatrix, 1, Eigen::Dynamic, false>;

#define STANMIX_DENSITIES(one) \
  STANMIX_DENSITIES_OF(one, var, VarVector) \
  STANMIX_DENSITIES_OF(one, double, Eigen::VectorXd)
#define STANMIX_DENSITIES_OF(one, T, Vector) \
  one(T, T, exponential_lpdf, (Argument a), (a)) \
  one(T, T, normal_lpdf, (Argument a, Argument b), (a, b)) \
  one(T, T, cauchy_lpdf, (Argument a, Argument b), (a, b)) \
  one(T, T, double_exponential_lpdf, (Argument a, Argument b), (a, b)) \
  one(T, T, logistic_lpdf, (Argument a, Argument b), (a, b)) \
  one(T, T, gamma_lpdf, (Argument a, Argument b), (a, b)) \
  one(T, T, inv_gamma_lpdf, (Argument a, Argument b), (a, b)) \
  one(T, T, lognormal_lpdf, (Argument a, Argument b), (a, b)) \
  one(T, T, uniform_lpdf, (Argument a, Argument b), (a, b)) \
  one(T, T, student_t_lpdf, (Argument a, Argument b, Argument c), (a, b, c)) \
  one(T, Vector, dirichlet_lpdf, (const DataVector& a), (a)) \
  one(T, DataRow, normal_lpdf, (const Vector& a, const Vector& b), (a, b)) \
  one(T, DataRow, normal_lpdf, (const Vector& a, const T& b), (a, b))
#define STANMIX_LIST(...) __VA_ARGS__

// `propto` is a template's argument; what is compiled are two functions, told apart by a type. What
// is taken by value matches any reference as well as Stan's templates do.
#define STANMIX_DECLARE(T, Y, density, parameters, arguments) \
  namespace compiled { \
  T density(std::true_type propto, const Y& y, STANMIX_LIST parameters); \
  T density(std::false_type propto, const Y& y, STANMIX_LIST parameters); \
  } \
  template <bool propto> \
  inline T density(Y y, STANMIX_LIST parameters) { \
    return compiled::density(std::integral_constant<bool, propto>(), y, STANMIX_LIST arguments); \
  }
STANMIX_DENSITIES(STANMIX_DECLARE)
#undef STANMIX_DECLARE

}  // namespace math
}  // namespace stan
#endif
