// The part of Stan Math that mixture programs use, in the place of all of it.
//
// Parsing all of Stan Math takes most of the time of a compile. This folder
// comes before Stan's own on the include path of a program that asks for it,
// so that "stan/math.hpp" and "stan/math/prim.hpp", "rev.hpp" and "mix.hpp"
// mean this file. A program that needs more does not compile with it, and is
// compiled with all of Stan Math instead. It never gets another result: each
// function of prim comes with its overloads in rev (a test holds this list to
// that), so that no general version is taken for want of a special one.
#ifndef STANMIX_SLIM_PROGRAMS_PRIM_HPP
#define STANMIX_SLIM_PROGRAMS_PRIM_HPP

#include <stan/math/rev/core.hpp>

#include <stan/math/prim/err.hpp>
#include <stan/math/prim/meta.hpp>

#include <stan/math/prim/fun/Phi.hpp>
#include <stan/math/prim/fun/accumulator.hpp>
#include <stan/math/prim/fun/add_diag.hpp>
#include <stan/math/prim/fun/append_row.hpp>
#include <stan/math/prim/fun/as_value_column_array_or_scalar.hpp>
#include <stan/math/prim/fun/atan.hpp>
#include <stan/math/prim/fun/cholesky_decompose.hpp>
#include <stan/math/prim/fun/col.hpp>
#include <stan/math/prim/fun/choose.hpp>
#include <stan/math/prim/fun/cols.hpp>
#include <stan/math/prim/fun/columns_dot_product.hpp>
#include <stan/math/prim/fun/columns_dot_self.hpp>
#include <stan/math/prim/fun/cumulative_sum.hpp>
#include <stan/math/prim/fun/diag_matrix.hpp>
#include <stan/math/prim/fun/diag_pre_multiply.hpp>
#include <stan/math/prim/fun/diagonal.hpp>
#include <stan/math/prim/fun/divide.hpp>
#include <stan/math/prim/fun/elt_divide.hpp>
#include <stan/math/prim/fun/elt_multiply.hpp>
#include <stan/math/prim/fun/eval.hpp>
#include <stan/math/prim/fun/fmax.hpp>
#include <stan/math/prim/fun/head.hpp>
#include <stan/math/prim/fun/identity_matrix.hpp>
#include <stan/math/prim/fun/inv_Phi.hpp>
#include <stan/math/prim/fun/inv_cloglog.hpp>
#include <stan/math/prim/fun/inv_logit.hpp>
#include <stan/math/prim/fun/log1m.hpp>
#include <stan/math/prim/fun/log1m_exp.hpp>
#include <stan/math/prim/fun/log1p_exp.hpp>
#include <stan/math/prim/fun/log2.hpp>
#include <stan/math/prim/fun/log_diff_exp.hpp>
#include <stan/math/prim/fun/log_inv_logit.hpp>
#include <stan/math/prim/fun/log_mix.hpp>
#include <stan/math/prim/fun/log_softmax.hpp>
#include <stan/math/prim/fun/logical_and.hpp>
#include <stan/math/prim/fun/logical_eq.hpp>
#include <stan/math/prim/fun/logical_gt.hpp>
#include <stan/math/prim/fun/logical_gte.hpp>
#include <stan/math/prim/fun/logical_lt.hpp>
#include <stan/math/prim/fun/logical_lte.hpp>
#include <stan/math/prim/fun/logical_negation.hpp>
#include <stan/math/prim/fun/logical_neq.hpp>
#include <stan/math/prim/fun/logical_or.hpp>
#include <stan/math/prim/fun/max.hpp>
#include <stan/math/prim/fun/mdivide_left_tri_low.hpp>
#include <stan/math/prim/fun/mean.hpp>
#include <stan/math/prim/fun/min.hpp>
#include <stan/math/prim/fun/modulus.hpp>
#include <stan/math/prim/fun/num_elements.hpp>
#include <stan/math/prim/fun/ones_vector.hpp>
#include <stan/math/prim/fun/pow.hpp>
#include <stan/math/prim/fun/primitive_value.hpp>
#include <stan/math/prim/fun/rep_array.hpp>
#include <stan/math/prim/fun/rep_matrix.hpp>
#include <stan/math/prim/fun/rep_vector.hpp>
#include <stan/math/prim/fun/rows.hpp>
#include <stan/math/prim/fun/rows_dot_product.hpp>
#include <stan/math/prim/fun/sd.hpp>
#include <stan/math/prim/fun/segment.hpp>
#include <stan/math/prim/fun/size.hpp>
#include <stan/math/prim/fun/softmax.hpp>
#include <stan/math/prim/fun/sort_asc.hpp>
#include <stan/math/prim/fun/sort_indices_asc.hpp>
#include <stan/math/prim/fun/stan_print.hpp>
#include <stan/math/prim/fun/step.hpp>
#include <stan/math/prim/fun/tail.hpp>
#include <stan/math/prim/fun/tan.hpp>
#include <stan/math/prim/fun/tcrossprod.hpp>
#include <stan/math/prim/fun/tgamma.hpp>
#include <stan/math/prim/fun/to_matrix.hpp>
#include <stan/math/prim/fun/to_row_vector.hpp>
#include <stan/math/prim/fun/to_vector.hpp>
#include <stan/math/prim/fun/trace_inv_quad_form_ldlt.hpp>
#include <stan/math/prim/fun/transpose.hpp>
#include <stan/math/prim/fun/variance.hpp>
#include <stan/math/prim/fun/zeros_vector.hpp>

#include <stan/math/prim/functor/apply_scalar_unary.hpp>
#include <stan/math/prim/functor/partials_propagator.hpp>

#include <stan/math/prim/prob/bernoulli_logit_lpmf.hpp>
#include <stan/math/prim/prob/bernoulli_lpmf.hpp>
#include <stan/math/prim/prob/bernoulli_rng.hpp>
#include <stan/math/prim/prob/beta_binomial_lpmf.hpp>
#include <stan/math/prim/prob/beta_lpdf.hpp>
#include <stan/math/prim/prob/beta_proportion_lpdf.hpp>
#include <stan/math/prim/prob/binomial_logit_lpmf.hpp>
#include <stan/math/prim/prob/binomial_lpmf.hpp>
#include <stan/math/prim/prob/categorical_logit_lpmf.hpp>
#include <stan/math/prim/prob/categorical_logit_rng.hpp>
#include <stan/math/prim/prob/categorical_lpmf.hpp>
#include <stan/math/prim/prob/categorical_rng.hpp>
#include <stan/math/prim/prob/cauchy_lpdf.hpp>
#include <stan/math/prim/prob/chi_square_lpdf.hpp>
#include <stan/math/prim/prob/dirichlet_lpdf.hpp>
#include <stan/math/prim/prob/double_exponential_lpdf.hpp>
#include <stan/math/prim/prob/exp_mod_normal_lpdf.hpp>
#include <stan/math/prim/prob/exponential_lpdf.hpp>
#include <stan/math/prim/prob/frechet_lpdf.hpp>
#include <stan/math/prim/prob/gamma_lpdf.hpp>
#include <stan/math/prim/prob/gumbel_lpdf.hpp>
#include <stan/math/prim/prob/inv_gamma_lpdf.hpp>
#include <stan/math/prim/prob/lkj_corr_cholesky_lpdf.hpp>
#include <stan/math/prim/prob/logistic_lpdf.hpp>
#include <stan/math/prim/prob/loglogistic_lpdf.hpp>
#include <stan/math/prim/prob/lognormal_lpdf.hpp>
#include <stan/math/prim/prob/multi_normal_cholesky_lpdf.hpp>
#include <stan/math/prim/prob/multi_normal_lpdf.hpp>
#include <stan/math/prim/prob/multi_student_t_cholesky_lpdf.hpp>
#include <stan/math/prim/prob/multi_student_t_lpdf.hpp>
#include <stan/math/prim/prob/neg_binomial_2_log_lpmf.hpp>
#include <stan/math/prim/prob/neg_binomial_2_lpmf.hpp>
#include <stan/math/prim/prob/normal_lpdf.hpp>
#include <stan/math/prim/prob/normal_rng.hpp>
#include <stan/math/prim/prob/ordered_logistic_lpmf.hpp>
#include <stan/math/prim/prob/ordered_probit_lpmf.hpp>
#include <stan/math/prim/prob/pareto_lpdf.hpp>
#include <stan/math/prim/prob/poisson_log_lpmf.hpp>
#include <stan/math/prim/prob/poisson_lpmf.hpp>
#include <stan/math/prim/prob/skew_double_exponential_lpdf.hpp>
#include <stan/math/prim/prob/skew_normal_lpdf.hpp>
#include <stan/math/prim/prob/std_normal_lpdf.hpp>
#include <stan/math/prim/prob/student_t_lpdf.hpp>
#include <stan/math/prim/prob/uniform_lpdf.hpp>
#include <stan/math/prim/prob/weibull_lpdf.hpp>

#include <stan/math/rev/meta.hpp>

#include <stan/math/rev/fun/Phi.hpp>
#include <stan/math/rev/fun/accumulator.hpp>
#include <stan/math/rev/fun/append_row.hpp>
#include <stan/math/rev/fun/as_array_or_scalar.hpp>
#include <stan/math/rev/fun/as_column_vector_or_scalar.hpp>
#include <stan/math/rev/fun/atan.hpp>
#include <stan/math/rev/fun/atanh.hpp>
#include <stan/math/rev/fun/beta.hpp>
#include <stan/math/rev/fun/cholesky_decompose.hpp>
#include <stan/math/rev/fun/columns_dot_product.hpp>
#include <stan/math/rev/fun/columns_dot_self.hpp>
#include <stan/math/rev/fun/cumulative_sum.hpp>
#include <stan/math/rev/fun/diag_pre_multiply.hpp>
#include <stan/math/rev/fun/digamma.hpp>
#include <stan/math/rev/fun/divide.hpp>
#include <stan/math/rev/fun/elt_divide.hpp>
#include <stan/math/rev/fun/elt_multiply.hpp>
#include <stan/math/rev/fun/erf.hpp>
#include <stan/math/rev/fun/erfc.hpp>
#include <stan/math/rev/fun/expm1.hpp>
#include <stan/math/rev/fun/floor.hpp>
#include <stan/math/rev/fun/fma.hpp>
#include <stan/math/rev/fun/fmax.hpp>
#include <stan/math/rev/fun/from_var_value.hpp>
#include <stan/math/rev/fun/inv_Phi.hpp>
#include <stan/math/rev/fun/inv_cloglog.hpp>
#include <stan/math/rev/fun/inv_logit.hpp>
#include <stan/math/rev/fun/lbeta.hpp>
#include <stan/math/rev/fun/lgamma.hpp>
#include <stan/math/rev/fun/log1m.hpp>
#include <stan/math/rev/fun/log1m_exp.hpp>
#include <stan/math/rev/fun/log1m_inv_logit.hpp>
#include <stan/math/rev/fun/log1p.hpp>
#include <stan/math/rev/fun/log1p_exp.hpp>
#include <stan/math/rev/fun/log2.hpp>
#include <stan/math/rev/fun/log_determinant_ldlt.hpp>
#include <stan/math/rev/fun/log_diff_exp.hpp>
#include <stan/math/rev/fun/log_inv_logit.hpp>
#include <stan/math/rev/fun/log_inv_logit_diff.hpp>
#include <stan/math/rev/fun/log_mix.hpp>
#include <stan/math/rev/fun/log_softmax.hpp>
#include <stan/math/rev/fun/log_sum_exp.hpp>
#include <stan/math/rev/fun/logit.hpp>
#include <stan/math/rev/fun/mdivide_left_ldlt.hpp>
#include <stan/math/rev/fun/mdivide_left_tri.hpp>
#include <stan/math/rev/fun/multiply.hpp>
#include <stan/math/rev/fun/multiply_log.hpp>
#include <stan/math/rev/fun/pow.hpp>
#include <stan/math/rev/fun/primitive_value.hpp>
#include <stan/math/rev/fun/read_corr_L.hpp>
#include <stan/math/rev/fun/read_corr_matrix.hpp>
#include <stan/math/rev/fun/rep_matrix.hpp>
#include <stan/math/rev/fun/rep_vector.hpp>
#include <stan/math/rev/fun/rows_dot_product.hpp>
#include <stan/math/rev/fun/sd.hpp>
#include <stan/math/rev/fun/softmax.hpp>
#include <stan/math/rev/fun/stan_print.hpp>
#include <stan/math/rev/fun/step.hpp>
#include <stan/math/rev/fun/tan.hpp>
#include <stan/math/rev/fun/tanh.hpp>
#include <stan/math/rev/fun/tcrossprod.hpp>
#include <stan/math/rev/fun/tgamma.hpp>
#include <stan/math/rev/fun/to_var_value.hpp>
#include <stan/math/rev/fun/to_vector.hpp>
#include <stan/math/rev/fun/trace.hpp>
#include <stan/math/rev/fun/trace_inv_quad_form_ldlt.hpp>
#include <stan/math/rev/fun/trigamma.hpp>
#include <stan/math/rev/fun/variance.hpp>

#include <stan/math/rev/functor/apply_scalar_binary.hpp>
#include <stan/math/rev/functor/apply_vector_unary.hpp>
#include <stan/math/rev/functor/gradient.hpp>

#include "transforms.hpp"

#include "compiled.hpp"

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>

#endif
