// Hamiltonian Monte Carlo with a diagonal metric: NUTS, and a fixed integration
// time. Together, for they share most of what there is to compile.
#include "sample.hpp"

#include <stan/services/sample/hmc_nuts_diag_e.hpp>
#include <stan/services/sample/hmc_nuts_diag_e_adapt.hpp>
#include <stan/services/sample/hmc_static_diag_e.hpp>
#include <stan/services/sample/hmc_static_diag_e_adapt.hpp>

namespace driver {

int sample_nuts_diag(Run& run, const SampleSettings& s, Chains& chains) {
  using namespace stan::services::sample;
  const auto metrics = initial_metrics(run, chains, Metric::diagonal);
  if (s.adapt)
    return hmc_nuts_diag_e_adapt(
        run.model, s.num_chains, chains.inits, metrics, run.seed, run.id,
        run.init_radius, s.num_warmup, s.num_samples, s.thin, s.save_warmup,
        run.refresh, s.stepsize, s.stepsize_jitter, s.max_depth, s.delta,
        s.gamma, s.kappa, s.t0, s.init_buffer, s.term_buffer,
        s.window, run.interrupt, run.logger,
        chains.init_writers, chains.draws, chains.diagnostics,
        chains.adapted_metrics);
  return hmc_nuts_diag_e(
      run.model, s.num_chains, chains.inits, metrics, run.seed, run.id,
      run.init_radius, s.num_warmup, s.num_samples, s.thin, s.save_warmup,
      run.refresh, s.stepsize, s.stepsize_jitter, s.max_depth, run.interrupt,
      run.logger, chains.init_writers, chains.draws, chains.diagnostics);
}

int sample_static_diag(Run& run, const SampleSettings& s, Chains& chains) {
  using namespace stan::services::sample;
  const auto metrics = initial_metrics(run, chains, Metric::diagonal);
  if (s.adapt)
    return hmc_static_diag_e_adapt(
        run.model, *chains.inits[0], *metrics[0], run.seed, run.id,
        run.init_radius, s.num_warmup, s.num_samples, s.thin, s.save_warmup,
        run.refresh, s.stepsize, s.stepsize_jitter, s.int_time, s.delta,
        s.gamma, s.kappa, s.t0, s.init_buffer, s.term_buffer, s.window,
        run.interrupt, run.logger,
        chains.init_writers[0], chains.draws[0], chains.diagnostics[0]);
  return hmc_static_diag_e(
      run.model, *chains.inits[0], *metrics[0], run.seed, run.id,
      run.init_radius, s.num_warmup, s.num_samples, s.thin, s.save_warmup,
      run.refresh, s.stepsize, s.stepsize_jitter, s.int_time, run.interrupt,
      run.logger, chains.init_writers[0], chains.draws[0],
      chains.diagnostics[0]);
}

}  // namespace driver
