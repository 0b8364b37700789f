// The log-logistic distribution: median mu, shape.
#ifndef STANMIX_FAMILIES_LOGLOGISTIC_HPP
#define STANMIX_FAMILIES_LOGLOGISTIC_HPP

#include "location_scale.hpp"
#include "standard.hpp"

namespace stanmix {

using LogLogistic = LogLocationShape<StandardLogistic>;

}  // namespace stanmix

#endif
