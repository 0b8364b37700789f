// Stan's `exgaussian_mixture_lpdf`, declared in a program without a body: the log density of a
// mixture. See stan_function.hpp for the arguments, families/exgaussian.hpp for the parameters.
#ifndef STANMIX_EXGAUSSIAN_MIXTURE_HPP
#define STANMIX_EXGAUSSIAN_MIXTURE_HPP

#include "stan_function.hpp"
#include "families/exgaussian.hpp"

STANMIX_FUNCTION(exgaussian_mixture_lpdf, ExGaussian)

#endif
