// Log probabilities of intervals and log densities of truncated counts, with their scores, behind a
// plain C function of each family, so that Python can call them.
#include "dispatch.hpp"
#include "families/asymmetric_laplace.hpp"
#include "families/beta.hpp"
#include "families/beta_binomial.hpp"
#include "families/binomial.hpp"
#include "families/cauchy.hpp"
#include "families/censored.hpp"
#include "families/exgaussian.hpp"
#include "families/exponential.hpp"
#include "families/frechet.hpp"
#include "families/gamma.hpp"
#include "families/geometric.hpp"
#include "families/gumbel.hpp"
#include "families/interval.hpp"
#include "families/inverse_gaussian.hpp"
#include "families/laplace.hpp"
#include "families/logistic.hpp"
#include "families/loglogistic.hpp"
#include "families/lognormal.hpp"
#include "families/negative_binomial.hpp"
#include "families/normal.hpp"
#include "families/pareto.hpp"
#include "families/poisson.hpp"
#include "families/skew_normal.hpp"
#include "families/student_t.hpp"
#include "families/truncated.hpp"
#include "families/weibull.hpp"

namespace {

using namespace stanmix;

// The value and the scores one after another, n of each, which is a multiple of 8. Beside the
// responses there are their upper ends, or numbers of trials.
struct Arguments {
  int n;
  const double *y, *beside, *parameters;
  double* result;
};

template <class Family, unsigned varying, class Pack>
STANMIX_INLINE void map(const Arguments& of) {
  constexpr int P = parameters_of<Family>;
  double constants[P] = {};  // 0 for what varies
  Pack eta[P + 1], kept[Family::template kept<varying>], score[P];
  for (int p = 0; p < P; ++p) {
    if (!varies(varying, p)) constants[p] = of.parameters[p];
    eta[p] = fill<Pack>(of.parameters[p]);
  }
  const auto component = Family::component(constants);
  for (int i = 0; i < of.n; i += lanes<Pack>) {
    const Pack y = load<Pack>(of.y + i);
    eta[P] = load<Pack>(of.beside + i);
    const Pack from = statistic_of<Family>(y);
    store(of.result + i, Family::template log_density<varying>(from, eta, component, kept));
    Family::template scores<varying>(y, kept, component, score);
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
void densities(int instructions, int by_row, const Arguments& of) {
  if (by_row)
    map_with<Family, (1u << parameters_of<Family>) - 1>(instructions, of);
  else
    map_with<Family, 0>(instructions, of);
}

}  // namespace

#define STANMIX_DENSITIES(name, Family)                          \
  void name(int instructions, int by_row, const Arguments* of) { \
    densities<Family>(instructions, by_row, *of);                \
  }

extern "C" {

STANMIX_DENSITIES(censored_lognormal, Censored<LogNormal>)
STANMIX_DENSITIES(interval_asymmetric_laplace, Within<AsymmetricLaplace>)
STANMIX_DENSITIES(interval_beta, Within<Beta>)
STANMIX_DENSITIES(interval_cauchy, Within<Cauchy>)
STANMIX_DENSITIES(interval_exgaussian, Within<ExGaussian>)
STANMIX_DENSITIES(interval_exponential, Within<Exponential>)
STANMIX_DENSITIES(interval_frechet, Within<Frechet>)
STANMIX_DENSITIES(interval_gamma, Within<Gamma>)
STANMIX_DENSITIES(interval_gumbel, Within<Gumbel>)
STANMIX_DENSITIES(interval_inverse_gaussian, Within<InverseGaussian>)
STANMIX_DENSITIES(interval_laplace, Within<Laplace>)
STANMIX_DENSITIES(interval_logistic, Within<Logistic>)
STANMIX_DENSITIES(interval_loglogistic, Within<LogLogistic>)
STANMIX_DENSITIES(interval_lognormal, Within<LogNormal>)
STANMIX_DENSITIES(interval_normal, Within<Normal>)
STANMIX_DENSITIES(interval_pareto, Within<Pareto>)
STANMIX_DENSITIES(interval_skew_normal, Within<SkewNormal>)
STANMIX_DENSITIES(interval_student_t, Within<StudentT>)
STANMIX_DENSITIES(interval_weibull, Within<Weibull>)
STANMIX_DENSITIES(truncated_beta_binomial, Truncated<BetaBinomial>)
STANMIX_DENSITIES(truncated_binomial, Truncated<Binomial>)
STANMIX_DENSITIES(truncated_geometric, Truncated<Geometric>)
STANMIX_DENSITIES(truncated_negative_binomial, Truncated<NegativeBinomial>)
STANMIX_DENSITIES(truncated_normal, Truncated<Normal>)
STANMIX_DENSITIES(truncated_poisson, Truncated<Poisson>)

}
