// The part of Stan Math that Stan's services use, in the place of all of it.
//
// Parsing all of Stan Math takes most of the time of a compile. This folder
// comes before Stan's own on the include path of the driver's objects, so that
// "stan/math.hpp" and "stan/math/prim.hpp", "rev.hpp" and "mix.hpp" mean this
// file. What is missing here is a compile error, never another result: Stan's
// services call these functions on numbers alone, and leave functions of
// autodiff variables to the program.
#ifndef STANMIX_SLIM_SERVICES_PRIM_HPP
#define STANMIX_SLIM_SERVICES_PRIM_HPP

#include <stan/math/rev/core.hpp>

#include <stan/math/prim/fun/log_sum_exp.hpp>
#include <stan/math/prim/fun/sum.hpp>
#include <stan/math/prim/fun/to_matrix.hpp>
#include <stan/math/prim/fun/welford_covar_estimator.hpp>
#include <stan/math/prim/fun/welford_var_estimator.hpp>
#include <stan/math/prim/prob/normal_rng.hpp>
#include <stan/math/prim/prob/std_normal_rng.hpp>
#include <stan/math/rev/fun/grad.hpp>
#include <stan/math/rev/functor/gradient.hpp>

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>

#endif
