// Stan's `gamma_mixture_lpdf`, declared in a program without a body: the log density of a mixture;
// and `interval_gamma_mixture_lpdf`, the log probability of intervals. See stan_function.hpp for
// the arguments, families/gamma.hpp for the parameters.
#ifndef STANMIX_GAMMA_MIXTURE_HPP
#define STANMIX_GAMMA_MIXTURE_HPP

#include "stan_function.hpp"
#include "families/censored.hpp"
#include "families/gamma.hpp"
#include "families/interval.hpp"
#include "families/truncated.hpp"

STANMIX_FUNCTION(gamma_mixture_lpdf, Gamma)
STANMIX_FUNCTION(interval_gamma_mixture_lpdf, Within<Gamma>)
STANMIX_FUNCTION(censored_gamma_mixture_lpdf, Censored<Gamma>)
STANMIX_FUNCTION(truncated_gamma_mixture_lpdf, Truncated<Gamma>)
STANMIX_FUNCTION(interval_truncated_gamma_mixture_lpdf, Truncated<Gamma, Within<Gamma>>)
STANMIX_FUNCTION(censored_truncated_gamma_mixture_lpdf, Truncated<Gamma, Censored<Gamma>>)

#endif
