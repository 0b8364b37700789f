// Functions of packs behind plain C functions, so that Python can call them.
#include "dispatch.hpp"
#include "gamma.hpp"

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

struct AboveOne {
  template <class Pack>
  static STANMIX_INLINE Pack of(const Pack& x) {
    return log_gamma_above_one(x);
  }
};

struct Deficit {
  template <class Pack>
  static STANMIX_INLINE Pack of(const Pack& x) {
    return log_gamma_deficit(x);
  }
};

struct DeficitSlope {
  template <class Pack>
  static STANMIX_INLINE Pack of(const Pack& x) {
    return log_gamma_deficit_slope(x);
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

}  // namespace

extern "C" {

double log_factorial_of(int y) { return log_factorial(y); }
double log_choose_of(int n, int y) { return log_choose(n, y); }

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

void log_gamma_above_one_of(int instructions, int n, const double* x, double* result) {
  map_with<AboveOne>(instructions, n, x, result);
}

void log_gamma_deficit_of(int instructions, int n, const double* x, double* result) {
  map_with<Deficit>(instructions, n, x, result);
}

void log_gamma_deficit_slope_of(int instructions, int n, const double* x, double* result) {
  map_with<DeficitSlope>(instructions, n, x, result);
}

void log_gamma_half_step_of(int instructions, int n, const double* x, double* result) {
  map_with<HalfStep>(instructions, n, x, result);
}

void log_gamma_half_step_slope_of(int instructions, int n, const double* x, double* result) {
  map_with<HalfStepSlope>(instructions, n, x, result);
}

}
