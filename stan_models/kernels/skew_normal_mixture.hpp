// Stan's `skew_normal_mixture_lpdf`, declared in a program without a body: the log density of a
// mixture. See stan_function.hpp for the arguments, families/skew_normal.hpp for the parameters.
#ifndef STANMIX_SKEW_NORMAL_MIXTURE_HPP
#define STANMIX_SKEW_NORMAL_MIXTURE_HPP

#include "stan_function.hpp"
#include "families/skew_normal.hpp"

STANMIX_FUNCTION(skew_normal_mixture_lpdf, SkewNormal)

#endif
