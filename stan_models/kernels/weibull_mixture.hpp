// Stan's `weibull_mixture_lpdf`, declared in a program without a body: the log density of a
// mixture; and `interval_weibull_mixture_lpdf`, the log probability of intervals. See
// stan_function.hpp for the arguments, families/weibull.hpp for the parameters.
#ifndef STANMIX_WEIBULL_MIXTURE_HPP
#define STANMIX_WEIBULL_MIXTURE_HPP

#include "stan_function.hpp"
#include "families/weibull.hpp"
#include "families/censored.hpp"
#include "families/interval.hpp"
#include "families/truncated.hpp"

STANMIX_FUNCTION(weibull_mixture_lpdf, Weibull)
STANMIX_FUNCTION(interval_weibull_mixture_lpdf, Within<Weibull>)
STANMIX_FUNCTION(censored_weibull_mixture_lpdf, Censored<Weibull>)
STANMIX_FUNCTION(truncated_weibull_mixture_lpdf, Truncated<Weibull>)
STANMIX_FUNCTION(interval_truncated_weibull_mixture_lpdf, Truncated<Weibull, Within<Weibull>>)
STANMIX_FUNCTION(censored_truncated_weibull_mixture_lpdf, Truncated<Weibull, Censored<Weibull>>)

#endif
