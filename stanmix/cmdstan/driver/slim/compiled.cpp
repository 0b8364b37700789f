// The functions that programs find compiled: see programs/stan/math/compiled.hpp. Compiled with
// what programs begin with, which the makefile includes first, and with their flags.
namespace stan {
namespace math {

// A template argument, which an overload does not take, says that the template is meant; a copy
// serves templates of any reference.
VarVector simplex_constrain(const Unconstrained& y) {
  return simplex_constrain<Unconstrained>(Unconstrained(y));
}
VarVector simplex_constrain(const Unconstrained& y, var& lp) {
  return simplex_constrain<Unconstrained>(Unconstrained(y), lp);
}
VarVector ordered_constrain(const Unconstrained& y) {
  return ordered_constrain<Unconstrained>(Unconstrained(y));
}
VarVector ordered_constrain(const Unconstrained& y, var& lp) {
  return ordered_constrain<Unconstrained>(Unconstrained(y), lp);
}
VarVector positive_ordered_constrain(const Unconstrained& y) {
  return positive_ordered_constrain<Unconstrained>(Unconstrained(y));
}
VarVector positive_ordered_constrain(const Unconstrained& y, var& lp) {
  return positive_ordered_constrain<Unconstrained>(Unconstrained(y), lp);
}
VarVector lb_constrain(const Unconstrained& y, Bound lower) {
  return lb_constrain<Unconstrained>(y, lower);
}
VarVector lb_constrain(const Unconstrained& y, Bound lower, var& lp) {
  return lb_constrain<Unconstrained>(y, lower, lp);
}
VarVector lub_constrain(const Unconstrained& y, Bound lower, Bound upper) {
  return lub_constrain<Unconstrained>(y, lower, upper);
}
VarVector lub_constrain(const Unconstrained& y, Bound lower, Bound upper, var& lp) {
  return lub_constrain<Unconstrained>(y, lower, upper, lp);
}
VarVector lub_constrain(const VarVector& y, const Eigen::VectorXd& lower,
                        const Eigen::VectorXd& upper) {
  return lub_constrain<VarVector>(y, lower, upper);
}
VarVector lub_constrain(const VarVector& y, const Eigen::VectorXd& lower,
                        const Eigen::VectorXd& upper, var& lp) {
  return lub_constrain<VarVector>(y, lower, upper, lp);
}

VarVector multiply(const DataMatrix& X, const VarVector& beta) {
  return multiply<DataMatrix>(DataMatrix(X), beta);
}

var log_mix(const VarVector& theta, const std::vector<VarVector>& lambda) {
  return log_mix<VarVector, VarVector>(theta, lambda);
}
double log_mix(const Eigen::VectorXd& theta, const std::vector<Eigen::VectorXd>& lambda) {
  return log_mix<Eigen::VectorXd, Eigen::VectorXd>(theta, lambda);
}

#define STANMIX_DEFINE(T, Y, density, parameters, arguments) \
  T compiled::density(std::true_type, const Y& y, STANMIX_LIST parameters) { \
    return math::density<true, Y>(Y(y), STANMIX_LIST arguments); \
  } \
  T compiled::density(std::false_type, const Y& y, STANMIX_LIST parameters) { \
    return math::density<false, Y>(Y(y), STANMIX_LIST arguments); \
  }
STANMIX_DENSITIES(STANMIX_DEFINE)

}  // namespace math
}  // namespace stan
