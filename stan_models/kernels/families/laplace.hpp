// The Laplace distribution: mean mu, scale sigma.
#ifndef STANMIX_FAMILIES_LAPLACE_HPP
#define STANMIX_FAMILIES_LAPLACE_HPP

#include "location_scale.hpp"
#include "standard.hpp"

namespace stanmix {

using Laplace = LocationScale<StandardLaplace>;

}  // namespace stanmix

#endif
