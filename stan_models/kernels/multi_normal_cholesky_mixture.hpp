// Stan's `multi_normal_cholesky_mixture_lpdf`, declared in a program without a body: the log density
// of a mixture of multivariate normals with correlations. See stan_function.hpp for the arguments.
#ifndef STANMIX_MULTI_NORMAL_CHOLESKY_MIXTURE_HPP
#define STANMIX_MULTI_NORMAL_CHOLESKY_MIXTURE_HPP

#include "stan_function.hpp"
#include "families/multi_normal_cholesky.hpp"

STANMIX_FUNCTION(multi_normal_cholesky_mixture_lpdf, MultiNormalCholesky)

#endif
