// Stan's `beta_binomial_mixture_lpmf`, declared in a program without a body: the log probability
// of a mixture. See stan_function.hpp for the arguments, families/beta_binomial.hpp for the
// parameters.
#ifndef STANMIX_BETA_BINOMIAL_MIXTURE_HPP
#define STANMIX_BETA_BINOMIAL_MIXTURE_HPP

#include "stan_function.hpp"
#include "families/beta_binomial.hpp"
#include "families/censored.hpp"
#include "families/truncated.hpp"

STANMIX_FUNCTION(beta_binomial_mixture_lpmf, BetaBinomial)
STANMIX_FUNCTION(censored_beta_binomial_mixture_lpmf, Censored<BetaBinomial>)
STANMIX_FUNCTION(truncated_beta_binomial_mixture_lpmf, Truncated<BetaBinomial>)
STANMIX_FUNCTION(censored_truncated_beta_binomial_mixture_lpmf, Truncated<BetaBinomial, Censored<BetaBinomial>>)

#endif
