// Stan's `beta_mixture_lpdf`, declared in a program without a body: the log density of a mixture;
// and `interval_beta_mixture_lpdf`, the log probability of intervals. See stan_function.hpp for
// the arguments, families/beta.hpp for the parameters.
#ifndef STANMIX_BETA_MIXTURE_HPP
#define STANMIX_BETA_MIXTURE_HPP

#include "stan_function.hpp"
#include "families/beta.hpp"
#include "families/censored.hpp"
#include "families/interval.hpp"
#include "families/truncated.hpp"

STANMIX_FUNCTION(beta_mixture_lpdf, Beta)
STANMIX_FUNCTION(interval_beta_mixture_lpdf, Within<Beta>)
STANMIX_FUNCTION(censored_beta_mixture_lpdf, Censored<Beta>)
STANMIX_FUNCTION(truncated_beta_mixture_lpdf, Truncated<Beta>)
STANMIX_FUNCTION(interval_truncated_beta_mixture_lpdf, Truncated<Beta, Within<Beta>>)
STANMIX_FUNCTION(censored_truncated_beta_mixture_lpdf, Truncated<Beta, Censored<Beta>>)

#endif
