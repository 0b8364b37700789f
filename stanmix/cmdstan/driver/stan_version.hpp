// The version of Stan that the driver is compiled with.
#ifndef STANMIX_DRIVER_STAN_VERSION_HPP
#define STANMIX_DRIVER_STAN_VERSION_HPP

#include <stan/version.hpp>

namespace driver {

// Whether it is Stan 2.`minor` or later.
constexpr bool stan_from(int minor) {
  return STAN_MAJOR > 2 || STAN_MINOR >= minor;
}

}  // namespace driver
#endif
