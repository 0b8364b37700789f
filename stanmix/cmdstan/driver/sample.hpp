// What the samplers share: settings, and the files of each chain.
#ifndef STANMIX_DRIVER_SAMPLE_HPP
#define STANMIX_DRIVER_SAMPLE_HPP

#include "run.hpp"

namespace driver {

struct SampleSettings {
  int num_samples, num_warmup, thin, num_chains;
  bool save_warmup;
  // Adaptation.
  bool adapt;
  double delta, gamma, kappa, t0;
  unsigned int init_buffer, term_buffer, window;
  // Hamiltonian Monte Carlo.
  double stepsize, stepsize_jitter, int_time;
  int max_depth;
};

struct Chains {
  std::vector<Context> inits;
  // Empty without a metric file.
  std::vector<Context> metrics;
  std::vector<stan::callbacks::writer> init_writers;
  std::vector<CsvWriter> draws;
  std::vector<CsvWriter> diagnostics;
  std::vector<JsonWriter> adapted_metrics;
};

// The metric files as given, or the unit metric of the right shape.
enum class Metric { unit, diagonal, dense };
std::vector<Context> initial_metrics(const Run& run, const Chains& chains,
                                     Metric metric);

// The functions of a metric share an object file; each costs seconds to
// compile.
int sample_fixed_param(Run& run, const SampleSettings& s, Chains& chains);
int sample_nuts_unit(Run& run, const SampleSettings& s, Chains& chains);
int sample_nuts_diag(Run& run, const SampleSettings& s, Chains& chains);
int sample_nuts_dense(Run& run, const SampleSettings& s, Chains& chains);
int sample_static_unit(Run& run, const SampleSettings& s, Chains& chains);
int sample_static_diag(Run& run, const SampleSettings& s, Chains& chains);
int sample_static_dense(Run& run, const SampleSettings& s, Chains& chains);

}  // namespace driver
#endif
