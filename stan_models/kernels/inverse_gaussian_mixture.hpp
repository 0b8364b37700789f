// Stan's `inverse_gaussian_mixture_lpdf`, declared in a program without a body: the log density of
// a mixture; and `interval_inverse_gaussian_mixture_lpdf`, the log probability of intervals. See
// stan_function.hpp for the arguments, families/inverse_gaussian.hpp for the parameters.
#ifndef STANMIX_INVERSE_GAUSSIAN_MIXTURE_HPP
#define STANMIX_INVERSE_GAUSSIAN_MIXTURE_HPP

#include "stan_function.hpp"
#include "families/censored.hpp"
#include "families/interval.hpp"
#include "families/inverse_gaussian.hpp"
#include "families/truncated.hpp"

STANMIX_FUNCTION(inverse_gaussian_mixture_lpdf, InverseGaussian)
STANMIX_FUNCTION(interval_inverse_gaussian_mixture_lpdf, Within<InverseGaussian>)
STANMIX_FUNCTION(censored_inverse_gaussian_mixture_lpdf, Censored<InverseGaussian>)
STANMIX_FUNCTION(truncated_inverse_gaussian_mixture_lpdf, Truncated<InverseGaussian>)
STANMIX_FUNCTION(interval_truncated_inverse_gaussian_mixture_lpdf,
                 Truncated<InverseGaussian, Within<InverseGaussian>>)
STANMIX_FUNCTION(censored_truncated_inverse_gaussian_mixture_lpdf,
                 Truncated<InverseGaussian, Censored<InverseGaussian>>)

#endif
