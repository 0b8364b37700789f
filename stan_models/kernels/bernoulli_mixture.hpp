// Stan's `bernoulli_mixture_lpmf`, declared in a program without a body: the log probability of a
// mixture. See stan_function.hpp for the arguments, families/bernoulli.hpp for the parameters.
#ifndef STANMIX_BERNOULLI_MIXTURE_HPP
#define STANMIX_BERNOULLI_MIXTURE_HPP

#include "stan_function.hpp"
#include "families/bernoulli.hpp"

STANMIX_FUNCTION(bernoulli_mixture_lpmf, Bernoulli)

#endif
