// Stan's `asymmetric_laplace_mixture_lpdf`, declared in a program without a body: the log density
// of a mixture. See stan_function.hpp for the arguments, families/asymmetric_laplace.hpp for the
// parameters.
#ifndef STANMIX_ASYMMETRIC_LAPLACE_MIXTURE_HPP
#define STANMIX_ASYMMETRIC_LAPLACE_MIXTURE_HPP

#include "stan_function.hpp"
#include "families/asymmetric_laplace.hpp"

STANMIX_FUNCTION(asymmetric_laplace_mixture_lpdf, AsymmetricLaplace)

#endif
