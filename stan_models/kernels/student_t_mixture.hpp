// Stan's `student_t_mixture_lpdf`, declared in a program without a body: the log density of a
// mixture of Student's t distributions, or of regressions with such errors. See
// stan_function.hpp for the arguments.
#ifndef STANMIX_STUDENT_T_MIXTURE_HPP
#define STANMIX_STUDENT_T_MIXTURE_HPP

#include "stan_function.hpp"
#include "families/student_t.hpp"

STANMIX_FUNCTION(student_t_mixture_lpdf, StudentT)

#endif
