// What most of the driver's objects begin with: compiled once, before them.
#ifndef STANMIX_DRIVER_BEGIN_HPP
#define STANMIX_DRIVER_BEGIN_HPP

#include "sample.hpp"

#include <stan/math/mix.hpp>
#include <stan/services/error_codes.hpp>
#include <stan/services/util/create_rng.hpp>
#include <stan/services/util/initialize.hpp>

#endif
