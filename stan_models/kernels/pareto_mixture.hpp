// Stan's `pareto_mixture_lpdf`, declared in a program without a body: the log density of a
// mixture. See stan_function.hpp for the arguments, families/pareto.hpp for the parameters.
#ifndef STANMIX_PARETO_MIXTURE_HPP
#define STANMIX_PARETO_MIXTURE_HPP

#include "stan_function.hpp"
#include "families/pareto.hpp"

STANMIX_FUNCTION(pareto_mixture_lpdf, Pareto)

#endif
