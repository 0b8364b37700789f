// Stan's `inverse_gaussian_mixture_lpdf`, declared in a program without a body: the log density of
// a mixture. See stan_function.hpp for the arguments, families/inverse_gaussian.hpp for the
// parameters.
#ifndef STANMIX_INVERSE_GAUSSIAN_MIXTURE_HPP
#define STANMIX_INVERSE_GAUSSIAN_MIXTURE_HPP

#include "stan_function.hpp"
#include "families/inverse_gaussian.hpp"

STANMIX_FUNCTION(inverse_gaussian_mixture_lpdf, InverseGaussian)

#endif
