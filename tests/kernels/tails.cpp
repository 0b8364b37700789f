// Log probabilities of intervals and their scores behind a plain C function of each family, so that
// Python can call them.
#include "dispatch.hpp"
#include "families/cauchy.hpp"
#include "families/exponential.hpp"
#include "families/frechet.hpp"
#include "families/gumbel.hpp"
#include "families/interval.hpp"
#include "families/laplace.hpp"
#include "families/logistic.hpp"
#include "families/loglogistic.hpp"
#include "families/lognormal.hpp"
#include "families/normal.hpp"
#include "families/pareto.hpp"
#include "families/weibull.hpp"

namespace {

using namespace stanmix;

// The value and the scores one after another, n of each, which is a multiple of 8.
struct Arguments {
  int n;
  const double *low, *high, *parameters;
  double* result;
};

template <class Family, unsigned varying, class Pack>
STANMIX_INLINE void map(const Arguments& of) {
  using Known = Within<Family>;
  constexpr int P = parameters_of<Family>;
  double constants[P] = {};  // 0 for what varies
  Pack eta[P + 1], kept[Known::template kept<varying>], score[P];
  for (int p = 0; p < P; ++p) {
    if (!varies(varying, p)) constants[p] = of.parameters[p];
    eta[p] = fill<Pack>(of.parameters[p]);
  }
  const auto component = Known::component(constants);
  for (int i = 0; i < of.n; i += lanes<Pack>) {
    const Pack low = load<Pack>(of.low + i);
    eta[P] = load<Pack>(of.high + i);
    store(of.result + i, Known::template log_density<varying>(low, eta, component, kept));
    Known::template scores<varying>(low, kept, component, score);
    for (int p = 0; p < P; ++p) store(of.result + (p + 1) * of.n + i, score[p]);
  }
}

template <class Family, unsigned varying>
STANMIX_AVX2 void map_avx2(const Arguments& of) {
  map<Family, varying, PackOf<4>::Real>(of);
}

template <class Family, unsigned varying>
STANMIX_AVX512 void map_avx512(const Arguments& of) {
  map<Family, varying, PackOf<8>::Real>(of);
}

template <class Family, unsigned varying>
void map_with(int instructions, const Arguments& of) {
  switch (static_cast<Instructions>(instructions)) {
    case Instructions::avx512:
      return map_avx512<Family, varying>(of);
    case Instructions::avx2:
      return map_avx2<Family, varying>(of);
    case Instructions::baseline:
      return map<Family, varying, PackOf<2>::Real>(of);
  }
}

// With constants, or with all parameters by row.
template <class Family>
void intervals(int instructions, int by_row, const Arguments& of) {
  if (by_row)
    map_with<Family, (1u << parameters_of<Family>) - 1>(instructions, of);
  else
    map_with<Family, 0>(instructions, of);
}

}  // namespace

#define STANMIX_INTERVALS(name, Family)                                        \
  void name(int instructions, int by_row, const Arguments* of) {               \
    intervals<Family>(instructions, by_row, *of);                              \
  }

extern "C" {

STANMIX_INTERVALS(intervals_of_cauchy, Cauchy)
STANMIX_INTERVALS(intervals_of_exponential, Exponential)
STANMIX_INTERVALS(intervals_of_frechet, Frechet)
STANMIX_INTERVALS(intervals_of_gumbel, Gumbel)
STANMIX_INTERVALS(intervals_of_laplace, Laplace)
STANMIX_INTERVALS(intervals_of_logistic, Logistic)
STANMIX_INTERVALS(intervals_of_loglogistic, LogLogistic)
STANMIX_INTERVALS(intervals_of_lognormal, LogNormal)
STANMIX_INTERVALS(intervals_of_normal, Normal)
STANMIX_INTERVALS(intervals_of_pareto, Pareto)
STANMIX_INTERVALS(intervals_of_weibull, Weibull)

}
