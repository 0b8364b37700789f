// Hamiltonian Monte Carlo with a unit metric: NUTS, and a fixed integration
// time. Together, for they share most of what there is to compile.
#include "sample.hpp"

#include <stan/services/sample/hmc_nuts_unit_e.hpp>
#include <stan/services/sample/hmc_nuts_unit_e_adapt.hpp>
#include <stan/services/sample/hmc_static_unit_e.hpp>
#include <stan/services/sample/hmc_static_unit_e_adapt.hpp>

namespace driver {

int sample_nuts_unit(Run& run, const SampleSettings& s, Chains& chains) {
  using namespace stan::services::sample;
  if (s.adapt)
    return hmc_nuts_unit_e_adapt(
        run.model, s.num_chains, chains.inits, run.seed, run.id,
        run.init_radius, s.num_warmup, s.num_samples, s.thin, s.save_warmup,
        run.refresh, s.stepsize, s.stepsize_jitter, s.max_depth, s.delta,
        s.gamma, s.kappa, s.t0, run.interrupt, run.logger,
        chains.init_writers, chains.draws, chains.diagnostics,
        chains.adapted_metrics);
  return hmc_nuts_unit_e(
      run.model, s.num_chains, chains.inits, run.seed, run.id,
      run.init_radius, s.num_warmup, s.num_samples, s.thin, s.save_warmup,
      run.refresh, s.stepsize, s.stepsize_jitter, s.max_depth, run.interrupt,
      run.logger, chains.init_writers, chains.draws, chains.diagnostics);
}

int sample_static_unit(Run& run, const SampleSettings& s, Chains& chains) {
  using namespace stan::services::sample;
  if (s.adapt)
    return hmc_static_unit_e_adapt(
        run.model, *chains.inits[0], run.seed, run.id,
        run.init_radius, s.num_warmup, s.num_samples, s.thin, s.save_warmup,
        run.refresh, s.stepsize, s.stepsize_jitter, s.int_time, s.delta,
        s.gamma, s.kappa, s.t0, run.interrupt, run.logger,
        chains.init_writers[0], chains.draws[0], chains.diagnostics[0]);
  return hmc_static_unit_e(
      run.model, *chains.inits[0], run.seed, run.id,
      run.init_radius, s.num_warmup, s.num_samples, s.thin, s.save_warmup,
      run.refresh, s.stepsize, s.stepsize_jitter, s.int_time, run.interrupt,
      run.logger, chains.init_writers[0], chains.draws[0],
      chains.diagnostics[0]);
}

}  // namespace driver
