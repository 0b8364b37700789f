// method=sample: reads its arguments, opens its files, picks the sampler.
#include "sample.hpp"

#include <stan/services/error_codes.hpp>
#include <stan/services/util/create_unit_e_dense_inv_metric.hpp>
#include <stan/services/util/create_unit_e_diag_inv_metric.hpp>

#include <sstream>

namespace driver {

namespace {

SampleSettings settings_of(const Argument& method) {
  const Argument& adapt = method["adapt"];
  const Argument& hmc = method["algorithm"]["hmc"];
  SampleSettings s;
  s.num_samples = method["num_samples"].as_integer();
  s.num_warmup = method["num_warmup"].as_integer();
  s.thin = method["thin"].as_integer();
  s.num_chains = method["num_chains"].as_integer();
  s.save_warmup = method["save_warmup"].as_boolean();
  s.adapt = adapt["engaged"].as_boolean();
  s.delta = adapt["delta"].as_real();
  s.gamma = adapt["gamma"].as_real();
  s.kappa = adapt["kappa"].as_real();
  s.t0 = adapt["t0"].as_real();
  s.init_buffer = adapt["init_buffer"].as_integer();
  s.term_buffer = adapt["term_buffer"].as_integer();
  s.window = adapt["window"].as_integer();
  s.stepsize = hmc["stepsize"].as_real();
  s.stepsize_jitter = hmc["stepsize_jitter"].as_real();
  s.int_time = hmc["engine"]["static"]["int_time"].as_real();
  s.max_depth = hmc["engine"]["nuts"]["max_depth"].as_integer();
  return s;
}

int saved(int iterations, int thin) {
  return (iterations + thin - 1) / thin;
}

}  // namespace

std::vector<Context> initial_metrics(const Run& run, const Chains& chains,
                                     Metric metric) {
  if (!chains.metrics.empty() || metric == Metric::unit)
    return chains.metrics;
  using namespace stan::services::util;
  const size_t n = run.model.num_params_r();
  Context unit;
  if (metric == Metric::diagonal)
    unit = std::make_shared<stan::io::array_var_context>(
        create_unit_e_diag_inv_metric(n));
  else
    unit = std::make_shared<stan::io::array_var_context>(
        create_unit_e_dense_inv_metric(n));
  return std::vector<Context>(chains.draws.size(), unit);
}

int sample(Run& run) {
  const Argument& method = run.method();
  const Argument& hmc = method["algorithm"]["hmc"];
  const SampleSettings s = settings_of(method);
  const int n = s.num_chains;
  const bool fixed = method["algorithm"].value() == "fixed_param";
  const bool no_parameters = run.model.num_params_r() == 0;
  const std::string engine = hmc["engine"].value();
  const std::string metric = hmc["metric"].value();
  const std::string metric_file = hmc["metric_file"].value();

  if (!fixed && engine == "static" && n > 1)
    throw UsageError(
        "num_chains=" + std::to_string(n)
        + " was given with engine=static, which runs one chain a process.\n"
          "  Run it once a chain, with id=1, id=2, ..., or use engine=nuts.");
  if (!fixed && s.adapt && s.num_warmup == 0)
    throw UsageError(
        "num_warmup=0 leaves nothing to adapt in.\n"
        "  Give num_warmup of 1 or more, or \"adapt engaged=0\".");
  if (!fixed && !metric_file.empty() && metric == "unit_e")
    throw UsageError(
        "metric_file=" + metric_file + " was given with metric=unit_e, which "
        "reads none.\n  Choose metric=diag_e or metric=dense_e.");

  Chains chains;
  chains.inits = run.inits(n);
  if (!metric_file.empty())
    chains.metrics = read_metrics(metric_file, n, run.id);
  chains.init_writers.resize(n);
  const auto paths = run.chain_paths(run.output_path(), n);
  const auto diagnostic_paths
      = run.chain_paths(run.output()["diagnostic_file"].value(), n);
  std::vector<OutputFile> metric_files;
  const bool save_metric
      = method["adapt"]["save_metric"].as_boolean() && s.adapt && !fixed;
  for (int i = 0; i < n; ++i) {
    chains.draws.push_back(run.csv(paths[i]));
    chains.diagnostics.push_back(run.csv(diagnostic_paths[i]));
    metric_files.emplace_back(
        save_metric
            ? with_extension(with_suffix(paths[i], "_metric"), ".json")
            : "",
        run.sig_figs);
  }
  for (auto& file : metric_files)
    chains.adapted_metrics.push_back(json_writer(file));

  int code;
  if (fixed || no_parameters) {
    if (!fixed)
      run.logger.info(
          "Model contains no parameters, running fixed_param sampler, no "
          "updates to Markov chain");
    code = sample_fixed_param(run, s, chains);
  } else if (engine == "nuts") {
    code = metric == "unit_e"   ? sample_nuts_unit(run, s, chains)
           : metric == "diag_e" ? sample_nuts_diag(run, s, chains)
                                : sample_nuts_dense(run, s, chains);
  } else {
    code = metric == "unit_e"   ? sample_static_unit(run, s, chains)
           : metric == "diag_e" ? sample_static_diag(run, s, chains)
                                : sample_static_dense(run, s, chains);
  }

  for (auto& file : metric_files)
    file.close();
  for (auto& writer : chains.diagnostics)
    writer.file().close();
  // The service ends quietly when no step size can be found; a file without
  // its draws is not a success.
  size_t expected = saved(s.num_samples, s.thin);
  if (!fixed && !no_parameters && s.save_warmup)
    expected += saved(s.num_warmup, s.thin);
  for (auto& writer : chains.draws) {
    writer.file().close();
    if (code == stan::services::error_codes::OK && writer.rows() < expected) {
      std::stringstream message;
      message << "\"" << writer.file().path() << "\" holds " << writer.rows()
              << " draws where " << expected
              << " were asked for; see the messages above.";
      run.logger.error(message);
      code = stan::services::error_codes::SOFTWARE;
    }
  }
  return code;
}

}  // namespace driver
