// The log-normal distribution: mean mu and standard deviation sigma of the logarithm.
#ifndef STANMIX_FAMILIES_LOGNORMAL_HPP
#define STANMIX_FAMILIES_LOGNORMAL_HPP

#include "location_scale.hpp"
#include "standard.hpp"

namespace stanmix {

using LogNormal = LocationScaleOf<StandardNormal, ItsLogarithm>;

}  // namespace stanmix

#endif
