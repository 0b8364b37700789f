// Linked with a program that is compiled without STAN_THREADS.
#include "threads.hpp"

const bool driver::has_threads = false;
