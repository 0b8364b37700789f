// Stan's `geometric_mixture_lpmf`, declared in a program without a body: the log probability of a
// mixture. See stan_function.hpp for the arguments, families/geometric.hpp for the parameters.
#ifndef STANMIX_GEOMETRIC_MIXTURE_HPP
#define STANMIX_GEOMETRIC_MIXTURE_HPP

#include "stan_function.hpp"
#include "families/geometric.hpp"
#include "families/censored.hpp"
#include "families/truncated.hpp"

STANMIX_FUNCTION(geometric_mixture_lpmf, Geometric)
STANMIX_FUNCTION(censored_geometric_mixture_lpmf, Censored<Geometric>)
STANMIX_FUNCTION(truncated_geometric_mixture_lpmf, Truncated<Geometric>)
STANMIX_FUNCTION(censored_truncated_geometric_mixture_lpmf, Truncated<Geometric, Censored<Geometric>>)

#endif
