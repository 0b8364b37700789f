// The logistic distribution: mean mu, scale sigma.
#ifndef STANMIX_FAMILIES_LOGISTIC_HPP
#define STANMIX_FAMILIES_LOGISTIC_HPP

#include "location_scale.hpp"
#include "standard.hpp"

namespace stanmix {

using Logistic = LocationScale<StandardLogistic>;

}  // namespace stanmix

#endif
