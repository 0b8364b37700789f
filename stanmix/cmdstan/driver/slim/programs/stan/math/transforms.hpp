// The transforms of constrained parameters, and their inverses: Stan Math gave them folders of
// their own with Stan 2.36.
#ifndef STANMIX_SLIM_PROGRAMS_TRANSFORMS_HPP
#define STANMIX_SLIM_PROGRAMS_TRANSFORMS_HPP

#if __has_include(<stan/math/prim/constraint.hpp>)

#include <stan/math/prim/constraint.hpp>
#include <stan/math/rev/constraint.hpp>
#include <stan/math/rev/fun/read_cov_L.hpp>
#include <stan/math/rev/fun/read_cov_matrix.hpp>

#else

#include <stan/math/prim/fun/cholesky_corr_constrain.hpp>
#include <stan/math/prim/fun/cholesky_corr_free.hpp>
#include <stan/math/prim/fun/cholesky_factor_constrain.hpp>
#include <stan/math/prim/fun/cholesky_factor_free.hpp>
#include <stan/math/prim/fun/corr_matrix_constrain.hpp>
#include <stan/math/prim/fun/corr_matrix_free.hpp>
#include <stan/math/prim/fun/cov_matrix_constrain.hpp>
#include <stan/math/prim/fun/cov_matrix_free.hpp>
#include <stan/math/prim/fun/lb_constrain.hpp>
#include <stan/math/prim/fun/lb_free.hpp>
#include <stan/math/prim/fun/lub_constrain.hpp>
#include <stan/math/prim/fun/lub_free.hpp>
#include <stan/math/prim/fun/offset_multiplier_constrain.hpp>
#include <stan/math/prim/fun/offset_multiplier_free.hpp>
#include <stan/math/prim/fun/ordered_constrain.hpp>
#include <stan/math/prim/fun/ordered_free.hpp>
#include <stan/math/prim/fun/positive_ordered_constrain.hpp>
#include <stan/math/prim/fun/positive_ordered_free.hpp>
#include <stan/math/prim/fun/simplex_constrain.hpp>
#include <stan/math/prim/fun/simplex_free.hpp>
#include <stan/math/prim/fun/ub_constrain.hpp>
#include <stan/math/prim/fun/ub_free.hpp>
#include <stan/math/prim/fun/unit_vector_constrain.hpp>
#include <stan/math/prim/fun/unit_vector_free.hpp>

#include <stan/math/rev/fun/cholesky_corr_constrain.hpp>
#include <stan/math/rev/fun/cholesky_factor_constrain.hpp>
#include <stan/math/rev/fun/corr_matrix_constrain.hpp>
#include <stan/math/rev/fun/cov_matrix_constrain.hpp>
#include <stan/math/rev/fun/lb_constrain.hpp>
#include <stan/math/rev/fun/lub_constrain.hpp>
#include <stan/math/rev/fun/ordered_constrain.hpp>
#include <stan/math/rev/fun/positive_ordered_constrain.hpp>
#include <stan/math/rev/fun/simplex_constrain.hpp>
#include <stan/math/rev/fun/ub_constrain.hpp>
#include <stan/math/rev/fun/unit_vector_constrain.hpp>

#endif
#endif
