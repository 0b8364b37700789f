// The engine for columns of several families behind a plain C function, so that Python can call it
// without Stan.
#include "dispatch.hpp"
#include "families/bernoulli.hpp"
#include "families/gamma.hpp"
#include "families/negative_binomial.hpp"
#include "families/normal.hpp"
#include "families/poisson.hpp"

#include <algorithm>

namespace {

using namespace stanmix;

using OfColumns = Product<Normal, Gamma, Poisson, NegativeBinomial, Bernoulli>;

}  // namespace

extern "C" {

// What a mixture is made of; absent parts are null.
struct Arguments {
  int instructions, K, N;
  const int* columns;  // of each family
  const double* y;
  const double* const* values;  // of each parameter
  const double* weights;
  const int *group, *labels;
  int groups, Q;
  const double *Z, *theta, *gamma;
};

double log_likelihood(const Arguments* given, double* gradient) {
  const int K = given->K;
  Mixture<OfColumns> mixture;
  mixture.K.fill(K);
  std::copy_n(given->columns, OfColumns::count, mixture.D.begin());
  mixture.rows.size = given->N;
  mixture.rows.y = {given->y, given->N, mixture.columns_before(OfColumns::count)};
  mixture.rows.weights = given->weights;
  mixture.rows.group = given->group;
  mixture.labels = given->labels;
  mixture.groups = given->groups;
  mixture.Z = {given->Z, given->groups > 0 ? given->groups : given->N, given->Q};
  for (int p = 0; p < OfColumns::parameters; ++p) {
    const int numbers = K * mixture.columns(OfColumns::family_of(p));
    mixture.parameters[p].assign(given->values[p], given->values[p] + numbers);
  }
  if (given->theta) mixture.theta.assign(given->theta, given->theta + K);
  if (given->gamma) mixture.gamma.assign(given->gamma, given->gamma + K * given->Q);
  const auto chosen = static_cast<Instructions>(given->instructions);
  const Likelihood result = evaluate<0>(mixture, chosen);
  std::copy(result.gradient.begin(), result.gradient.end(), gradient);
  return result.value;
}

}
