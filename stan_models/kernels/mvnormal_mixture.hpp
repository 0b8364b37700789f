// Stan's `mvnormal_mixture_lpdf`, declared in a program without a body: the log density of a
// mixture of multivariate normals with spherical or diagonal covariances. See stan_function.hpp
// for the arguments.
#ifndef STANMIX_MVNORMAL_MIXTURE_HPP
#define STANMIX_MVNORMAL_MIXTURE_HPP

#include "stan_function.hpp"
#include "families/normal.hpp"

STANMIX_FUNCTION(mvnormal_mixture_lpdf, Normal)

#endif
