// The engine for one family behind plain C functions, so that Python can call it without Stan. The
// family is FAMILY, whose headers are included before.
#include "dispatch.hpp"

#include <algorithm>
#include <thread>
#include <vector>

namespace {

using namespace stanmix;

// A thread a piece, the last piece first.
struct EachInAThread {
  template <class Body>
  void operator()(std::ptrdiff_t pieces, const Body& body) const {
    std::vector<std::thread> threads;
    for (std::ptrdiff_t i = pieces - 1; i >= 0; --i) threads.emplace_back([&body, i] { body(i); });
    for (std::thread& thread : threads) thread.join();
  }
};

// What a mixture is made of; absent parts are null.
struct Arguments {
  int instructions, threads, K, N;
  const void* y;
  const int* trials;
  const double* upper;
  const int* columns;        // of the covariates of each parameter; 0: it is constant
  const double* const* X;
  const double* const* values;  // of each parameter
  const double *offset, *weights;
  const int *group, *labels;
  int groups, Q;
  const double *Z, *theta, *gamma;
};

template <unsigned varying, class Families>
Likelihood evaluate_with(const Mixture<Families>& mixture, const Arguments& given) {
  const auto chosen = static_cast<Instructions>(given.instructions);
  return given.threads ? evaluate<varying>(mixture, chosen, EachInAThread())
                       : evaluate<varying>(mixture, chosen);
}

// Calls the engine for the parameters that have covariates.
template <class Families, unsigned varying = 0>
Likelihood evaluate_varying(unsigned wanted, const Mixture<Families>& mixture,
                            const Arguments& given) {
  if constexpr (varying + 1 < 1u << Families::parameters)
    if (varying < wanted) return evaluate_varying<Families, varying + 1>(wanted, mixture, given);
  return evaluate_with<varying>(mixture, given);
}

template <class Family>
double evaluate_family(const Arguments& given, double* gradient) {
  Mixture<Families<Family>> mixture;
  const int K = mixture.K[0] = given.K;
  mixture.rows.size = given.N;
  mixture.rows.y = {static_cast<const typename Family::Response*>(given.y), 0, 1};
  mixture.rows.trials = given.trials;
  mixture.rows.upper = given.upper;
  mixture.rows.offset = given.offset;
  mixture.rows.weights = given.weights;
  mixture.rows.group = given.group;
  mixture.labels = given.labels;
  mixture.groups = given.groups;
  mixture.Z = {given.Z, given.groups > 0 ? given.groups : given.N, given.Q};
  unsigned varying = 0;
  for (int p = 0; p < parameters_of<Family>; ++p) {
    const int columns = given.columns[p];
    if (columns > 0) {
      varying |= 1u << p;
      mixture.rows.X[p] = {given.X[p], given.N, columns};
    }
    mixture.parameters[p].assign(given.values[p], given.values[p] + K * std::max(columns, 1));
  }
  if (given.theta) mixture.theta.assign(given.theta, given.theta + K);
  if (given.gamma) mixture.gamma.assign(given.gamma, given.gamma + K * given.Q);
  const Likelihood result = evaluate_varying(varying, mixture, given);
  std::copy(result.gradient.begin(), result.gradient.end(), gradient);
  return result.value;
}

}  // namespace

extern "C" {

int best() { return static_cast<int>(best_instructions()); }
int rows_of_a_block() { return block_rows; }
int rows_of_a_piece() { return piece_rows; }
double log_likelihood(const Arguments* given, double* gradient) {
  return evaluate_family<FAMILY>(*given, gradient);
}

}
