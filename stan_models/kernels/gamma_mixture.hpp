// Stan's `gamma_mixture_lpdf`, declared in a program without a body: the log density of a
// mixture. See stan_function.hpp for the arguments, families/gamma.hpp for the parameters.
#ifndef STANMIX_GAMMA_MIXTURE_HPP
#define STANMIX_GAMMA_MIXTURE_HPP

#include "stan_function.hpp"
#include "families/gamma.hpp"

STANMIX_FUNCTION(gamma_mixture_lpdf, Gamma)

#endif
