// The Gumbel distribution (of a maximum): mode mu, scale sigma.
#ifndef STANMIX_FAMILIES_GUMBEL_HPP
#define STANMIX_FAMILIES_GUMBEL_HPP

#include "location_scale.hpp"
#include "standard.hpp"

namespace stanmix {

using Gumbel = LocationScale<StandardGumbel>;

}  // namespace stanmix

#endif
