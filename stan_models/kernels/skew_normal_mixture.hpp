// Stan's `skew_normal_mixture_lpdf`, declared in a program without a body: the log density of a
// mixture; and `interval_skew_normal_mixture_lpdf`, the log probability of intervals. See
// stan_function.hpp for the arguments, families/skew_normal.hpp for the parameters.
#ifndef STANMIX_SKEW_NORMAL_MIXTURE_HPP
#define STANMIX_SKEW_NORMAL_MIXTURE_HPP

#include "stan_function.hpp"
#include "families/censored.hpp"
#include "families/interval.hpp"
#include "families/skew_normal.hpp"
#include "families/truncated.hpp"

STANMIX_FUNCTION(skew_normal_mixture_lpdf, SkewNormal)
STANMIX_FUNCTION(interval_skew_normal_mixture_lpdf, Within<SkewNormal>)
STANMIX_FUNCTION(censored_skew_normal_mixture_lpdf, Censored<SkewNormal>)
STANMIX_FUNCTION(truncated_skew_normal_mixture_lpdf, Truncated<SkewNormal>)
STANMIX_FUNCTION(interval_truncated_skew_normal_mixture_lpdf,
                 Truncated<SkewNormal, Within<SkewNormal>>)
STANMIX_FUNCTION(censored_truncated_skew_normal_mixture_lpdf,
                 Truncated<SkewNormal, Censored<SkewNormal>>)

#endif
