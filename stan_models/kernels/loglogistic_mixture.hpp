// Stan's `loglogistic_mixture_lpdf`, declared in a program without a body: the log density of a
// mixture; and `interval_loglogistic_mixture_lpdf`, the log probability of intervals. See
// stan_function.hpp for the arguments, families/loglogistic.hpp for the parameters.
#ifndef STANMIX_LOGLOGISTIC_MIXTURE_HPP
#define STANMIX_LOGLOGISTIC_MIXTURE_HPP

#include "stan_function.hpp"
#include "families/loglogistic.hpp"
#include "families/censored.hpp"
#include "families/interval.hpp"
#include "families/truncated.hpp"

STANMIX_FUNCTION(loglogistic_mixture_lpdf, LogLogistic)
STANMIX_FUNCTION(interval_loglogistic_mixture_lpdf, Within<LogLogistic>)
STANMIX_FUNCTION(censored_loglogistic_mixture_lpdf, Censored<LogLogistic>)
STANMIX_FUNCTION(truncated_loglogistic_mixture_lpdf, Truncated<LogLogistic>)
STANMIX_FUNCTION(interval_truncated_loglogistic_mixture_lpdf, Truncated<LogLogistic, Within<LogLogistic>>)
STANMIX_FUNCTION(censored_truncated_loglogistic_mixture_lpdf,
                 Truncated<LogLogistic, Censored<LogLogistic>>)

#endif
