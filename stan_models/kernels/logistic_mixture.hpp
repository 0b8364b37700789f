// Stan's `logistic_mixture_lpdf`, declared in a program without a body: the log density of a
// mixture; and `interval_logistic_mixture_lpdf`, the log probability of intervals. See
// stan_function.hpp for the arguments, families/logistic.hpp for the parameters.
#ifndef STANMIX_LOGISTIC_MIXTURE_HPP
#define STANMIX_LOGISTIC_MIXTURE_HPP

#include "stan_function.hpp"
#include "families/logistic.hpp"
#include "families/censored.hpp"
#include "families/interval.hpp"
#include "families/truncated.hpp"

STANMIX_FUNCTION(logistic_mixture_lpdf, Logistic)
STANMIX_FUNCTION(interval_logistic_mixture_lpdf, Within<Logistic>)
STANMIX_FUNCTION(censored_logistic_mixture_lpdf, Censored<Logistic>)
STANMIX_FUNCTION(truncated_logistic_mixture_lpdf, Truncated<Logistic>)
STANMIX_FUNCTION(interval_truncated_logistic_mixture_lpdf, Truncated<Logistic, Within<Logistic>>)
STANMIX_FUNCTION(censored_truncated_logistic_mixture_lpdf, Truncated<Logistic, Censored<Logistic>>)

#endif
