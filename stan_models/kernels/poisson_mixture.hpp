// Stan's `poisson_mixture_lpmf`, declared in a program without a body: the log probability of a
// mixture of Poisson distributions with means mu, or of Poisson regressions with log link. See
// stan_function.hpp for the arguments.
#ifndef STANMIX_POISSON_MIXTURE_HPP
#define STANMIX_POISSON_MIXTURE_HPP

#include "stan_function.hpp"
#include "families/poisson.hpp"
#include "families/censored.hpp"
#include "families/truncated.hpp"

STANMIX_FUNCTION(poisson_mixture_lpmf, Poisson)
STANMIX_FUNCTION(censored_poisson_mixture_lpmf, Censored<Poisson>)
STANMIX_FUNCTION(truncated_poisson_mixture_lpmf, Truncated<Poisson>)
STANMIX_FUNCTION(censored_truncated_poisson_mixture_lpmf, Truncated<Poisson, Censored<Poisson>>)

#endif
