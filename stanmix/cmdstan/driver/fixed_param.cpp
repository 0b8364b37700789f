// Draws of generated quantities from parameters that do not move.
#include "sample.hpp"

#include <stan/services/sample/fixed_param.hpp>

namespace driver {

int sample_fixed_param(Run& run, const SampleSettings& s, Chains& chains) {
  return stan::services::sample::fixed_param(
      run.model, s.num_chains, chains.inits, run.seed, run.id, run.init_radius,
      s.num_samples, s.thin, run.refresh, run.interrupt, run.logger,
      chains.init_writers, chains.draws, chains.diagnostics);
}

}  // namespace driver
