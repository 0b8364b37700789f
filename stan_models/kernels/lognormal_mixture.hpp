// Stan's `lognormal_mixture_lpdf`, declared in a program without a body: the log density of a
// mixture; and `interval_lognormal_mixture_lpdf`, the log probability of intervals. See
// stan_function.hpp for the arguments, families/lognormal.hpp for the parameters.
#ifndef STANMIX_LOGNORMAL_MIXTURE_HPP
#define STANMIX_LOGNORMAL_MIXTURE_HPP

#include "stan_function.hpp"
#include "families/lognormal.hpp"
#include "families/censored.hpp"
#include "families/interval.hpp"
#include "families/truncated.hpp"

STANMIX_FUNCTION(lognormal_mixture_lpdf, LogNormal)
STANMIX_FUNCTION(interval_lognormal_mixture_lpdf, Within<LogNormal>)
STANMIX_FUNCTION(censored_lognormal_mixture_lpdf, Censored<LogNormal>)
STANMIX_FUNCTION(truncated_lognormal_mixture_lpdf, Truncated<LogNormal>)
STANMIX_FUNCTION(interval_truncated_lognormal_mixture_lpdf, Truncated<LogNormal, Within<LogNormal>>)
STANMIX_FUNCTION(censored_truncated_lognormal_mixture_lpdf,
                 Truncated<LogNormal, Censored<LogNormal>>)

#endif
