// Stan's stack of derivatives, one to a thread. So it is laid out with STAN_THREADS alone; then
// programs that are compiled without it can be linked with the driver, which is compiled with it.
// Without threads it costs no time: the stack is found by one register instead of another.
#pragma once
#ifdef STAN_THREADS
#include_next <stan/math/rev/core/autodiffstackstorage.hpp>
#else
#define STAN_THREADS
#include_next <stan/math/rev/core/autodiffstackstorage.hpp>
#undef STAN_THREADS
#endif
