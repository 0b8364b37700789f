// The Cauchy distribution: median mu, scale sigma.
#ifndef STANMIX_FAMILIES_CAUCHY_HPP
#define STANMIX_FAMILIES_CAUCHY_HPP

#include "location_scale.hpp"
#include "standard.hpp"

namespace stanmix {

using Cauchy = LocationScale<StandardCauchy>;

}  // namespace stanmix

#endif
