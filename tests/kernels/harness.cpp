// The engine behind plain C functions, so that Python can call it without Stan.
#include "dispatch.hpp"
#include "families/normal.hpp"
#include "families/poisson.hpp"

#include <algorithm>

namespace {

using namespace stanmix;

template <class Pack>
STANMIX_INLINE void exponentials(int n, const double* x, double* result) {
  for (int i = 0; i + lanes<Pack> <= n; i += lanes<Pack>)
    store(result + i, exponential(load<Pack>(x + i)));
}

STANMIX_AVX2 void exponentials_avx2(int n, const double* x, double* result) {
  exponentials<PackOf<4>::Real>(n, x, result);
}

STANMIX_AVX512 void exponentials_avx512(int n, const double* x, double* result) {
  exponentials<PackOf<8>::Real>(n, x, result);
}

template <class Family>
double evaluate_family(int instructions, int K, int N, const typename Family::Response* y, int P,
                       const double* X, const double* offset, const double* weights,
                       const int* group, int groups, int Q, const double* Z,
                       const double* location, const double* auxiliary, const double* theta,
                       const double* gamma, double* gradient) {
  Mixture<Family> mixture;
  mixture.K = K;
  mixture.rows = {N, y, {X, N, P}, offset, weights, group};
  mixture.groups = groups;
  mixture.Z = {Z, groups > 0 ? groups : N, Q};
  mixture.location.assign(location, location + K * (X ? P : 1));
  if (auxiliary) mixture.auxiliary.assign(auxiliary, auxiliary + K * Family::auxiliaries);
  if (theta) mixture.theta.assign(theta, theta + K);
  if (gamma) mixture.gamma.assign(gamma, gamma + K * Q);
  const Likelihood result = evaluate(mixture, static_cast<Instructions>(instructions));
  for (const auto* part : {&result.location, &result.auxiliary, &result.theta, &result.gamma})
    gradient = std::copy(part->begin(), part->end(), gradient);
  return result.value;
}

}  // namespace

extern "C" {

int best() { return static_cast<int>(best_instructions()); }
int rows_of_a_block() { return block_rows; }
double log_factorial_of(int y) { return log_factorial(y); }

// n is a multiple of 8.
void exponential_of(int instructions, int n, const double* x, double* result) {
  switch (static_cast<Instructions>(instructions)) {
    case Instructions::avx512:
      return exponentials_avx512(n, x, result);
    case Instructions::avx2:
      return exponentials_avx2(n, x, result);
    case Instructions::baseline:
      return exponentials<PackOf<2>::Real>(n, x, result);
  }
}

double evaluate_normal(int instructions, int K, int N, const double* y, int P, const double* X,
                       const double* offset, const double* weights, const int* group, int groups,
                       int Q, const double* Z, const double* location, const double* auxiliary,
                       const double* theta, const double* gamma, double* gradient) {
  return evaluate_family<Normal>(instructions, K, N, y, P, X, offset, weights, group, groups, Q,
                                 Z, location, auxiliary, theta, gamma, gradient);
}

double evaluate_poisson(int instructions, int K, int N, const int* y, int P, const double* X,
                        const double* offset, const double* weights, const int* group, int groups,
                        int Q, const double* Z, const double* location, const double* auxiliary,
                        const double* theta, const double* gamma, double* gradient) {
  return evaluate_family<Poisson>(instructions, K, N, y, P, X, offset, weights, group, groups, Q,
                                  Z, location, auxiliary, theta, gamma, gradient);
}
}
