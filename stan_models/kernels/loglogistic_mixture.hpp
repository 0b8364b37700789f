// Stan's `loglogistic_mixture_lpdf`, declared in a program without a body: the log density of a
// mixture. See stan_function.hpp for the arguments, families/loglogistic.hpp for the parameters.
#ifndef STANMIX_LOGLOGISTIC_MIXTURE_HPP
#define STANMIX_LOGLOGISTIC_MIXTURE_HPP

#include "stan_function.hpp"
#include "families/loglogistic.hpp"

STANMIX_FUNCTION(loglogistic_mixture_lpdf, LogLogistic)

#endif
