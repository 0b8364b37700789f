// Stan's `frechet_mixture_lpdf`, declared in a program without a body: the log density of a
// mixture; and `interval_frechet_mixture_lpdf`, the log probability of intervals. See
// stan_function.hpp for the arguments, families/frechet.hpp for the parameters.
#ifndef STANMIX_FRECHET_MIXTURE_HPP
#define STANMIX_FRECHET_MIXTURE_HPP

#include "stan_function.hpp"
#include "families/frechet.hpp"
#include "families/censored.hpp"
#include "families/interval.hpp"
#include "families/truncated.hpp"

STANMIX_FUNCTION(frechet_mixture_lpdf, Frechet)
STANMIX_FUNCTION(interval_frechet_mixture_lpdf, Within<Frechet>)
STANMIX_FUNCTION(censored_frechet_mixture_lpdf, Censored<Frechet>)
STANMIX_FUNCTION(truncated_frechet_mixture_lpdf, Truncated<Frechet>)
STANMIX_FUNCTION(interval_truncated_frechet_mixture_lpdf, Truncated<Frechet, Within<Frechet>>)
STANMIX_FUNCTION(censored_truncated_frechet_mixture_lpdf, Truncated<Frechet, Censored<Frechet>>)

#endif
