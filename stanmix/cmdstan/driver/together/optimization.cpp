// Ways to a mode, and draws around it.
#include "driver/optimize.cpp"
#include "driver/laplace.cpp"
