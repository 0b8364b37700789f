// Stan's `multi_student_t_cholesky_mixture_lpdf`, declared in a program without a body: the log
// density of a mixture of multivariate t distributions. See stan_function.hpp for the arguments.
#ifndef STANMIX_MULTI_STUDENT_T_CHOLESKY_MIXTURE_HPP
#define STANMIX_MULTI_STUDENT_T_CHOLESKY_MIXTURE_HPP

#include "stan_function.hpp"
#include "families/multi_student_t_cholesky.hpp"

STANMIX_FUNCTION(multi_student_t_cholesky_mixture_lpdf, MultiStudentTCholesky)

#endif
