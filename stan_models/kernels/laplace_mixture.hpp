// Stan's `laplace_mixture_lpdf`, declared in a program without a body: the log density of a
// mixture. See stan_function.hpp for the arguments, families/laplace.hpp for the parameters.
#ifndef STANMIX_LAPLACE_MIXTURE_HPP
#define STANMIX_LAPLACE_MIXTURE_HPP

#include "stan_function.hpp"
#include "families/laplace.hpp"

STANMIX_FUNCTION(laplace_mixture_lpdf, Laplace)

#endif
