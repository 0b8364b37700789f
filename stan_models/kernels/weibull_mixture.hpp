// Stan's `weibull_mixture_lpdf`, declared in a program without a body: the log density of a
// mixture. See stan_function.hpp for the arguments, families/weibull.hpp for the parameters.
#ifndef STANMIX_WEIBULL_MIXTURE_HPP
#define STANMIX_WEIBULL_MIXTURE_HPP

#include "stan_function.hpp"
#include "families/weibull.hpp"

STANMIX_FUNCTION(weibull_mixture_lpdf, Weibull)

#endif
