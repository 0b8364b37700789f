// Stan's `normal_mixture_lpdf`, declared in a program without a body: the log density of a mixture
// of normals, or of linear regressions; and `interval_normal_mixture_lpdf`, the log probability of
// intervals. See stan_function.hpp for the arguments.
#ifndef STANMIX_NORMAL_MIXTURE_HPP
#define STANMIX_NORMAL_MIXTURE_HPP

#include "stan_function.hpp"
#include "families/normal.hpp"
#include "families/censored.hpp"
#include "families/interval.hpp"
#include "families/truncated.hpp"

STANMIX_FUNCTION(normal_mixture_lpdf, Normal)
STANMIX_FUNCTION(interval_normal_mixture_lpdf, Within<Normal>)
STANMIX_FUNCTION(censored_normal_mixture_lpdf, Censored<Normal>)
STANMIX_FUNCTION(truncated_normal_mixture_lpdf, Truncated<Normal>)
STANMIX_FUNCTION(interval_truncated_normal_mixture_lpdf, Truncated<Normal, Within<Normal>>)
STANMIX_FUNCTION(censored_truncated_normal_mixture_lpdf, Truncated<Normal, Censored<Normal>>)

#endif
