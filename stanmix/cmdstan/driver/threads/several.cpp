// Linked with a program that is compiled with STAN_THREADS.
#include "threads.hpp"

const bool driver::has_threads = true;
