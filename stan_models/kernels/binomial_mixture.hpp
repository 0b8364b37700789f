// Stan's `binomial_mixture_lpmf`, declared in a program without a body: the log probability of a
// mixture. See stan_function.hpp for the arguments, families/binomial.hpp for the parameters.
#ifndef STANMIX_BINOMIAL_MIXTURE_HPP
#define STANMIX_BINOMIAL_MIXTURE_HPP

#include "stan_function.hpp"
#include "families/binomial.hpp"
#include "families/censored.hpp"
#include "families/truncated.hpp"

STANMIX_FUNCTION(binomial_mixture_lpmf, Binomial)
STANMIX_FUNCTION(censored_binomial_mixture_lpmf, Censored<Binomial>)
STANMIX_FUNCTION(truncated_binomial_mixture_lpmf, Truncated<Binomial>)
STANMIX_FUNCTION(censored_truncated_binomial_mixture_lpmf, Truncated<Binomial, Censored<Binomial>>)

#endif
