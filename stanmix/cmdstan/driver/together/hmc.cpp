// Samplers by Hamiltonian dynamics, and variational inference: loops over gradients.
#include "driver/hmc_unit.cpp"
#include "driver/hmc_diag.cpp"
#include "driver/hmc_dense.cpp"
#include "driver/variational.cpp"
