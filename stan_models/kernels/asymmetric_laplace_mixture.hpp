// Stan's `asymmetric_laplace_mixture_lpdf`, declared in a program without a body: the log density
// of a mixture; and `interval_asymmetric_laplace_mixture_lpdf`, the log probability of intervals. See
// stan_function.hpp for the arguments, families/asymmetric_laplace.hpp for the parameters.
#ifndef STANMIX_ASYMMETRIC_LAPLACE_MIXTURE_HPP
#define STANMIX_ASYMMETRIC_LAPLACE_MIXTURE_HPP

#include "stan_function.hpp"
#include "families/asymmetric_laplace.hpp"
#include "families/censored.hpp"
#include "families/interval.hpp"
#include "families/truncated.hpp"

STANMIX_FUNCTION(asymmetric_laplace_mixture_lpdf, AsymmetricLaplace)
STANMIX_FUNCTION(interval_asymmetric_laplace_mixture_lpdf, Within<AsymmetricLaplace>)
STANMIX_FUNCTION(censored_asymmetric_laplace_mixture_lpdf, Censored<AsymmetricLaplace>)
STANMIX_FUNCTION(truncated_asymmetric_laplace_mixture_lpdf, Truncated<AsymmetricLaplace>)
STANMIX_FUNCTION(interval_truncated_asymmetric_laplace_mixture_lpdf,
                 Truncated<AsymmetricLaplace, Within<AsymmetricLaplace>>)
STANMIX_FUNCTION(censored_truncated_asymmetric_laplace_mixture_lpdf,
                 Truncated<AsymmetricLaplace, Censored<AsymmetricLaplace>>)

#endif
