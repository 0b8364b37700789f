// Stan's `student_t_mixture_lpdf`, declared in a program without a body: the log density of a
// mixture; and `interval_student_t_mixture_lpdf`, the log probability of intervals. See
// stan_function.hpp for the arguments, families/student_t.hpp for the parameters.
#ifndef STANMIX_STUDENT_T_MIXTURE_HPP
#define STANMIX_STUDENT_T_MIXTURE_HPP

#include "stan_function.hpp"
#include "families/censored.hpp"
#include "families/interval.hpp"
#include "families/student_t.hpp"
#include "families/truncated.hpp"

STANMIX_FUNCTION(student_t_mixture_lpdf, StudentT)
STANMIX_FUNCTION(interval_student_t_mixture_lpdf, Within<StudentT>)
STANMIX_FUNCTION(censored_student_t_mixture_lpdf, Censored<StudentT>)
STANMIX_FUNCTION(truncated_student_t_mixture_lpdf, Truncated<StudentT>)
STANMIX_FUNCTION(interval_truncated_student_t_mixture_lpdf, Truncated<StudentT, Within<StudentT>>)
STANMIX_FUNCTION(censored_truncated_student_t_mixture_lpdf, Truncated<StudentT, Censored<StudentT>>)

#endif
