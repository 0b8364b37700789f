// Stan's `laplace_mixture_lpdf`, declared in a program without a body: the log density of a
// mixture; and `interval_laplace_mixture_lpdf`, the log probability of intervals. See
// stan_function.hpp for the arguments, families/laplace.hpp for the parameters.
#ifndef STANMIX_LAPLACE_MIXTURE_HPP
#define STANMIX_LAPLACE_MIXTURE_HPP

#include "stan_function.hpp"
#include "families/laplace.hpp"
#include "families/censored.hpp"
#include "families/interval.hpp"
#include "families/truncated.hpp"

STANMIX_FUNCTION(laplace_mixture_lpdf, Laplace)
STANMIX_FUNCTION(interval_laplace_mixture_lpdf, Within<Laplace>)
STANMIX_FUNCTION(censored_laplace_mixture_lpdf, Censored<Laplace>)
STANMIX_FUNCTION(truncated_laplace_mixture_lpdf, Truncated<Laplace>)
STANMIX_FUNCTION(interval_truncated_laplace_mixture_lpdf, Truncated<Laplace, Within<Laplace>>)
STANMIX_FUNCTION(censored_truncated_laplace_mixture_lpdf, Truncated<Laplace, Censored<Laplace>>)

#endif
