// Stan's `pareto_mixture_lpdf`, declared in a program without a body: the log density of a mixture;
// and `interval_pareto_mixture_lpdf`, the log probability of intervals. See stan_function.hpp for
// the arguments, families/pareto.hpp for the parameters.
#ifndef STANMIX_PARETO_MIXTURE_HPP
#define STANMIX_PARETO_MIXTURE_HPP

#include "stan_function.hpp"
#include "families/pareto.hpp"
#include "families/censored.hpp"
#include "families/interval.hpp"
#include "families/truncated.hpp"

STANMIX_FUNCTION(pareto_mixture_lpdf, Pareto)
STANMIX_FUNCTION(interval_pareto_mixture_lpdf, Within<Pareto>)
STANMIX_FUNCTION(censored_pareto_mixture_lpdf, Censored<Pareto>)
STANMIX_FUNCTION(truncated_pareto_mixture_lpdf, Truncated<Pareto>)
STANMIX_FUNCTION(interval_truncated_pareto_mixture_lpdf, Truncated<Pareto, Within<Pareto>>)
STANMIX_FUNCTION(censored_truncated_pareto_mixture_lpdf, Truncated<Pareto, Censored<Pareto>>)

#endif
