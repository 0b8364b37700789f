// The engine for the families of vectors whose columns are correlated, behind a plain C function, so
// that Python can call it without Stan.
#include "dispatch.hpp"
#include "families/multi_normal_cholesky.hpp"
#include "families/multi_student_t_cholesky.hpp"

#include <algorithm>

namespace {

using namespace stanmix;

// What a mixture is made of; absent parts are null.
struct Arguments {
  int instructions, degrees, K, D, N;  // degrees: whether there are degrees of freedom
  const double* y;
  const double* const* values;  // of each parameter
  const double *offset, *weights;
  const int *group, *labels;
  int groups, Q;
  const double *Z, *theta, *gamma;
};

template <class Family>
double evaluate_family(const Arguments& given, double* gradient) {
  const int K = given.K;
  Mixture<Families<Family>> mixture;
  mixture.K[0] = K;
  mixture.rows.size = given.N;
  mixture.rows.y = {given.y, given.N, given.D};
  mixture.rows.offset = given.offset;
  mixture.rows.weights = given.weights;
  mixture.rows.group = given.group;
  mixture.labels = given.labels;
  mixture.groups = given.groups;
  mixture.Z = {given.Z, given.groups > 0 ? given.groups : given.N, given.Q};
  for (int p = 0; p < parameters_of<Family>; ++p) {
    const int numbers = K * Family::parameters[p].numbers(given.D);
    mixture.parameters[p].assign(given.values[p], given.values[p] + numbers);
  }
  if (given.theta) mixture.theta.assign(given.theta, given.theta + K);
  if (given.gamma) mixture.gamma.assign(given.gamma, given.gamma + K * given.Q);
  const auto chosen = static_cast<Instructions>(given.instructions);
  const Likelihood result = evaluate<0>(mixture, chosen);
  std::copy(result.gradient.begin(), result.gradient.end(), gradient);
  return result.value;
}

}  // namespace

extern "C" {

double log_likelihood(const Arguments* given, double* gradient) {
  return given->degrees ? evaluate_family<MultiStudentTCholesky>(*given, gradient)
                        : evaluate_family<MultiNormalCholesky>(*given, gradient);
}

}
