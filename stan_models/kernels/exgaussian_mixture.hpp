// Stan's `exgaussian_mixture_lpdf`, declared in a program without a body: the log density of a
// mixture; and `interval_exgaussian_mixture_lpdf`, the log probability of intervals. See
// stan_function.hpp for the arguments, families/exgaussian.hpp for the parameters.
#ifndef STANMIX_EXGAUSSIAN_MIXTURE_HPP
#define STANMIX_EXGAUSSIAN_MIXTURE_HPP

#include "stan_function.hpp"
#include "families/censored.hpp"
#include "families/exgaussian.hpp"
#include "families/interval.hpp"
#include "families/truncated.hpp"

STANMIX_FUNCTION(exgaussian_mixture_lpdf, ExGaussian)
STANMIX_FUNCTION(interval_exgaussian_mixture_lpdf, Within<ExGaussian>)
STANMIX_FUNCTION(censored_exgaussian_mixture_lpdf, Censored<ExGaussian>)
STANMIX_FUNCTION(truncated_exgaussian_mixture_lpdf, Truncated<ExGaussian>)
STANMIX_FUNCTION(interval_truncated_exgaussian_mixture_lpdf,
                 Truncated<ExGaussian, Within<ExGaussian>>)
STANMIX_FUNCTION(censored_truncated_exgaussian_mixture_lpdf,
                 Truncated<ExGaussian, Censored<ExGaussian>>)

#endif
