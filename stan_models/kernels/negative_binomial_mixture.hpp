// Stan's `negative_binomial_mixture_lpmf`, declared in a program without a body: the log
// probability of a mixture of negative binomials with means mu, or of regressions with log link.
// See stan_function.hpp for the arguments.
#ifndef STANMIX_NEGATIVE_BINOMIAL_MIXTURE_HPP
#define STANMIX_NEGATIVE_BINOMIAL_MIXTURE_HPP

#include "stan_function.hpp"
#include "families/negative_binomial.hpp"
#include "families/censored.hpp"
#include "families/truncated.hpp"

STANMIX_FUNCTION(negative_binomial_mixture_lpmf, NegativeBinomial)
STANMIX_FUNCTION(censored_negative_binomial_mixture_lpmf, Censored<NegativeBinomial>)
STANMIX_FUNCTION(truncated_negative_binomial_mixture_lpmf, Truncated<NegativeBinomial>)
STANMIX_FUNCTION(censored_truncated_negative_binomial_mixture_lpmf, Truncated<NegativeBinomial, Censored<NegativeBinomial>>)

#endif
