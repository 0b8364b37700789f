// Stan's `beta_mixture_lpdf`, declared in a program without a body: the log density of a
// mixture. See stan_function.hpp for the arguments, families/beta.hpp for the parameters.
#ifndef STANMIX_BETA_MIXTURE_HPP
#define STANMIX_BETA_MIXTURE_HPP

#include "stan_function.hpp"
#include "families/beta.hpp"

STANMIX_FUNCTION(beta_mixture_lpdf, Beta)

#endif
