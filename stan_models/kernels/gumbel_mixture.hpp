// Stan's `gumbel_mixture_lpdf`, declared in a program without a body: the log density of a mixture;
// and `interval_gumbel_mixture_lpdf`, the log probability of intervals. See stan_function.hpp for
// the arguments, families/gumbel.hpp for the parameters.
#ifndef STANMIX_GUMBEL_MIXTURE_HPP
#define STANMIX_GUMBEL_MIXTURE_HPP

#include "stan_function.hpp"
#include "families/gumbel.hpp"
#include "families/censored.hpp"
#include "families/interval.hpp"
#include "families/truncated.hpp"

STANMIX_FUNCTION(gumbel_mixture_lpdf, Gumbel)
STANMIX_FUNCTION(interval_gumbel_mixture_lpdf, Within<Gumbel>)
STANMIX_FUNCTION(censored_gumbel_mixture_lpdf, Censored<Gumbel>)
STANMIX_FUNCTION(truncated_gumbel_mixture_lpdf, Truncated<Gumbel>)
STANMIX_FUNCTION(interval_truncated_gumbel_mixture_lpdf, Truncated<Gumbel, Within<Gumbel>>)
STANMIX_FUNCTION(censored_truncated_gumbel_mixture_lpdf, Truncated<Gumbel, Censored<Gumbel>>)

#endif
