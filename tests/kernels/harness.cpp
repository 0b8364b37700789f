// The engine behind plain C functions, so that Python can call it without Stan.
#include "dispatch.hpp"
#include "families/negative_binomial.hpp"
#include "families/normal.hpp"
#include "families/poisson.hpp"
#include "families/student_t.hpp"

#include <algorithm>
#include <thread>
#include <vector>

namespace {

using namespace stanmix;

// A function of packs, for as many numbers as are multiples of 8.
struct Exponential {
  template <class Pack>
  static STANMIX_INLINE Pack of(const Pack& x) {
    return exponential(x);
  }
};

struct LogarithmOf {
  template <class Pack>
  static STANMIX_INLINE Pack of(const Pack& x) {
    return logarithm(x);
  }
};

struct Excess {  // of log(1 + x) over x
  template <class Pack>
  static STANMIX_INLINE Pack of(const Pack& x) {
    return logarithm<Pack>(1.0 + x, x).excess;
  }
};

struct HalfStep {
  template <class Pack>
  static STANMIX_INLINE Pack of(const Pack& x) {
    return log_gamma_half_step(x);
  }
};

struct HalfStepSlope {
  template <class Pack>
  static STANMIX_INLINE Pack of(const Pack& x) {
    return log_gamma_half_step_slope(x);
  }
};

template <class Function, class Pack>
STANMIX_INLINE void map(int n, const double* x, double* result) {
  for (int i = 0; i + lanes<Pack> <= n; i += lanes<Pack>)
    store(result + i, Function::of(load<Pack>(x + i)));
}

template <class Function>
STANMIX_AVX2 void map_avx2(int n, const double* x, double* result) {
  map<Function, PackOf<4>::Real>(n, x, result);
}

template <class Function>
STANMIX_AVX512 void map_avx512(int n, const double* x, double* result) {
  map<Function, PackOf<8>::Real>(n, x, result);
}

template <class Function>
void map_with(int instructions, int n, const double* x, double* result) {
  switch (static_cast<Instructions>(instructions)) {
    case Instructions::avx512:
      return map_avx512<Function>(n, x, result);
    case Instructions::avx2:
      return map_avx2<Function>(n, x, result);
    case Instructions::baseline:
      return map<Function, PackOf<2>::Real>(n, x, result);
  }
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

// What a mixture is made of; absent parts are null.
struct Arguments {
  int instructions, threads, K, N;
  const void* y;
  const int* columns;        // of the covariates of each parameter; 0: it is constant
  const double* const* X;
  const double* const* values;  // of each parameter
  const double *offset, *weights;
  const int* group;
  int groups, Q;
  const double *Z, *theta, *gamma;
};

template <unsigned varying, class Family>
Likelihood evaluate_with(const Mixture<Family>& mixture, const Arguments& given) {
  const auto chosen = static_cast<Instructions>(given.instructions);
  return given.threads ? evaluate<varying>(mixture, chosen, EachInAThread())
                       : evaluate<varying>(mixture, chosen);
}

// Calls the engine for the parameters that have covariates.
template <class Family, unsigned varying = 0>
Likelihood evaluate_varying(unsigned wanted, const Mixture<Family>& mixture,
                            const Arguments& given) {
  if constexpr (varying + 1 < 1u << parameters_of<Family>)
    if (varying < wanted) return evaluate_varying<Family, varying + 1>(wanted, mixture, given);
  return evaluate_with<varying>(mixture, given);
}

template <class Family>
double evaluate_family(const Arguments& given, double* gradient) {
  Mixture<Family> mixture;
  const int K = mixture.K = given.K;
  mixture.rows.size = given.N;
  mixture.rows.y = {static_cast<const typename Family::Response*>(given.y), 0, 1};
  mixture.rows.offset = given.offset;
  mixture.rows.weights = given.weights;
  mixture.rows.group = given.group;
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
double log_factorial_of(int y) { return log_factorial(y); }

// n is a multiple of 8.
void exponential_of(int instructions, int n, const double* x, double* result) {
  map_with<Exponential>(instructions, n, x, result);
}

void logarithm_of(int instructions, int n, const double* x, double* result) {
  map_with<LogarithmOf>(instructions, n, x, result);
}

void log1p_excess_of(int instructions, int n, const double* x, double* result) {
  map_with<Excess>(instructions, n, x, result);
}

void log_gamma_half_step_of(int instructions, int n, const double* x, double* result) {
  map_with<HalfStep>(instructions, n, x, result);
}

void log_gamma_half_step_slope_of(int instructions, int n, const double* x, double* result) {
  map_with<HalfStepSlope>(instructions, n, x, result);
}

double evaluate_negative_binomial(const Arguments* given, double* gradient) {
  return evaluate_family<NegativeBinomial>(*given, gradient);
}

double evaluate_normal(const Arguments* given, double* gradient) {
  return evaluate_family<Normal>(*given, gradient);
}

double evaluate_poisson(const Arguments* given, double* gradient) {
  return evaluate_family<Poisson>(*given, gradient);
}

double evaluate_student_t(const Arguments* given, double* gradient) {
  return evaluate_family<StudentT>(*given, gradient);
}

}
