// Stan's `cauchy_mixture_lpdf`, declared in a program without a body: the log density of a mixture;
// and `interval_cauchy_mixture_lpdf`, the log probability of intervals. See stan_function.hpp for
// the arguments, families/cauchy.hpp for the parameters.
#ifndef STANMIX_CAUCHY_MIXTURE_HPP
#define STANMIX_CAUCHY_MIXTURE_HPP

#include "stan_function.hpp"
#include "families/cauchy.hpp"
#include "families/censored.hpp"
#include "families/interval.hpp"
#include "families/truncated.hpp"

STANMIX_FUNCTION(cauchy_mixture_lpdf, Cauchy)
STANMIX_FUNCTION(interval_cauchy_mixture_lpdf, Within<Cauchy>)
STANMIX_FUNCTION(censored_cauchy_mixture_lpdf, Censored<Cauchy>)
STANMIX_FUNCTION(truncated_cauchy_mixture_lpdf, Truncated<Cauchy>)
STANMIX_FUNCTION(interval_truncated_cauchy_mixture_lpdf, Truncated<Cauchy, Within<Cauchy>>)
STANMIX_FUNCTION(censored_truncated_cauchy_mixture_lpdf, Truncated<Cauchy, Censored<Cauchy>>)

#endif
