// A small part of Stan Math, in the place of all of it.
//
// Parsing all of Stan Math takes most of the time of a compile. This folder
// comes before Stan's own on the include path, so that "stan/math/prim.hpp",
// "rev.hpp", "mix.hpp" and "stan/math.hpp" mean this file: what Stan's
// services use. What is missing is a compile error, never another result: for
// each function of prim that is here, its overloads in rev are here too.
#ifndef STANMIX_SLIM_PRIM_HPP
#define STANMIX_SLIM_PRIM_HPP

#include <stan/math/prim/err.hpp>
#include <stan/math/prim/fun/Eigen.hpp>
#include <stan/math/prim/fun/constants.hpp>
#include <stan/math/prim/fun/expm1.hpp>
#include <stan/math/prim/fun/log_sum_exp.hpp>
#include <stan/math/prim/fun/square.hpp>
#include <stan/math/prim/fun/sum.hpp>
#include <stan/math/prim/fun/to_matrix.hpp>
#include <stan/math/prim/fun/variance.hpp>
#include <stan/math/prim/fun/welford_covar_estimator.hpp>
#include <stan/math/prim/fun/welford_var_estimator.hpp>
#include <stan/math/prim/meta.hpp>
#include <stan/math/prim/prob/normal_rng.hpp>
#include <stan/math/prim/prob/std_normal_rng.hpp>
#include <stan/math/rev/core.hpp>
#include <stan/math/rev/fun/expm1.hpp>
#include <stan/math/rev/fun/grad.hpp>
#include <stan/math/rev/fun/log_sum_exp.hpp>
#include <stan/math/rev/fun/square.hpp>
#include <stan/math/rev/fun/sum.hpp>
#include <stan/math/rev/functor/finite_diff_hessian_auto.hpp>
#include <stan/math/rev/functor/gradient.hpp>
#include <stan/math/rev/meta.hpp>

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>

#endif
