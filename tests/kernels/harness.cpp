// The engine behind plain C functions, so that Python can call it without Stan.
#include "dispatch.hpp"
#include "families/normal.hpp"
#include "families/poisson.hpp"

#include <algorithm>
#include <thread>
#include <vector>

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

// A thread a piece, the last piece first.
struct EachInAThread {
  template <class Body>
  void operator()(std::ptrdiff_t pieces, const Body& body) const {
    std::vector<std::thread> threads;
    for (std::ptrdiff_t i = pieces - 1; i >= 0; --i) threads.emplace_back([&body, i] { body(i); });
    for (std::thread& thread : threads) thread.join();
  }
};

template <class Family>
double evaluate_family(int instructions, int threads, int K, int N, const typename Family::Response* y, int P,
                       const double* X, const double* offset, const double* weights,
                       const int* group, int groups, int Q, const double* Z,
                       const double* location, const double* auxiliary, const double* theta,
                       const double* gamma, double* gradient) {
  Mixture<Family> mixture;
  mixture.K = K;
  mixture.rows = {N, {y, 0, 1}, {X, N, P}, offset, weights, group};
  mixture.groups = groups;
  mixture.Z = {Z, groups > 0 ? groups : N, Q};
  mixture.location.assign(location, location + K * (X ? P : 1));
  if (auxiliary) mixture.auxiliary.assign(auxiliary, auxiliary + K * Family::auxiliaries);
  if (theta) mixture.theta.assign(theta, theta + K);
  if (gamma) mixture.gamma.assign(gamma, gamma + K * Q);
  const auto chosen = static_cast<Instructions>(instructions);
  const Likelihood result =
      threads ? evaluate(mixture, chosen, EachInAThread()) : evaluate(mixture, chosen);
  for (const auto* part : {&result.location, &result.auxiliary, &result.theta, &result.gamma})
    gradient = std::copy(part->begin(), part->end(), gradient);
  return result.value;
}

}  // namespace

extern "C" {

int best() { return static_cast<int>(best_instructions()); }
int rows_of_a_block() { return block_rows; }
int rows_of_a_piece() { return piece_rows; }
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

double evaluate_normal(int instructions, int threads, int K, int N, const double* y, int P, const double* X,
                       const double* offset, const double* weights, const int* group, int groups,
                       int Q, const double* Z, const double* location, const double* auxiliary,
                       const double* theta, const double* gamma, double* gradient) {
  return evaluate_family<Normal>(instructions, threads, K, N, y, P, X, offset, weights, group, groups, Q,
                                 Z, location, auxiliary, theta, gamma, gradient);
}

double evaluate_poisson(int instructions, int threads, int K, int N, const int* y, int P, const double* X,
                        const double* offset, const double* weights, const int* group, int groups,
                        int Q, const double* Z, const double* location, const double* auxiliary,
                        const double* theta, const double* gamma, double* gradient) {
  return evaluate_family<Poisson>(instructions, threads, K, N, y, P, X, offset, weights, group, groups, Q,
                                  Z, location, auxiliary, theta, gamma, gradient);
}
}
