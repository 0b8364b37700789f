// Stan's `lognormal_mixture_lpdf`, declared in a program without a body: the log density of a
// mixture. See stan_function.hpp for the arguments, families/lognormal.hpp for the parameters.
#ifndef STANMIX_LOGNORMAL_MIXTURE_HPP
#define STANMIX_LOGNORMAL_MIXTURE_HPP

#include "stan_function.hpp"
#include "families/lognormal.hpp"

STANMIX_FUNCTION(lognormal_mixture_lpdf, LogNormal)

#endif
