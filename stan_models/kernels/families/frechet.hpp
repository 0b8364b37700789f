// The Frechet distribution: scale mu, shape. Its logarithm is Gumbel's.
#ifndef STANMIX_FAMILIES_FRECHET_HPP
#define STANMIX_FAMILIES_FRECHET_HPP

#include "location_scale.hpp"
#include "standard.hpp"

namespace stanmix {

using Frechet = LogLocationShape<StandardGumbel>;

}  // namespace stanmix

#endif
