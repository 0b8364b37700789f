// Stan's `exponential_mixture_lpdf`, declared in a program without a body: the log density of a
// mixture; and `interval_exponential_mixture_lpdf`, the log probability of intervals. See
// stan_function.hpp for the arguments, families/exponential.hpp for the parameters.
#ifndef STANMIX_EXPONENTIAL_MIXTURE_HPP
#define STANMIX_EXPONENTIAL_MIXTURE_HPP

#include "stan_function.hpp"
#include "families/exponential.hpp"
#include "families/censored.hpp"
#include "families/interval.hpp"
#include "families/truncated.hpp"

STANMIX_FUNCTION(exponential_mixture_lpdf, Exponential)
STANMIX_FUNCTION(interval_exponential_mixture_lpdf, Within<Exponential>)
STANMIX_FUNCTION(censored_exponential_mixture_lpdf, Censored<Exponential>)
STANMIX_FUNCTION(truncated_exponential_mixture_lpdf, Truncated<Exponential>)
STANMIX_FUNCTION(interval_truncated_exponential_mixture_lpdf, Truncated<Exponential, Within<Exponential>>)
STANMIX_FUNCTION(censored_truncated_exponential_mixture_lpdf,
                 Truncated<Exponential, Censored<Exponential>>)

#endif
