// Stan's `von_mises_mixture_lpdf`, declared in a program without a body: the log density of a
// mixture. See stan_function.hpp for the arguments, families/von_mises.hpp for the parameters.
#ifndef STANMIX_VON_MISES_MIXTURE_HPP
#define STANMIX_VON_MISES_MIXTURE_HPP

#include "stan_function.hpp"
#include "families/von_mises.hpp"

STANMIX_FUNCTION(von_mises_mixture_lpdf, VonMises)

#endif
