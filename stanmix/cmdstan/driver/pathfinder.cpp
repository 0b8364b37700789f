// method=pathfinder
#include "run.hpp"

// Used by the services below, which leave it to others to include these.
#include <stan/math/prim/fun/expm1.hpp>
#include <boost/range/iterator_range.hpp>
#include <iomanip>
#include <tuple>

#include <stan/services/error_codes.hpp>
#include <stan/services/pathfinder/multi.hpp>
#include <stan/services/pathfinder/single.hpp>

namespace driver {

int pathfinder(Run& run) {
  namespace services = stan::services::pathfinder;
  const Argument& method = run.method();
  const auto whole
      = [&](const char* name) -> int { return method[name].as_integer(); };
  const auto real = [&](const char* name) { return method[name].as_real(); };
  const int paths = whole("num_paths");
  const bool save = method["save_single_paths"].as_boolean();
  const bool calculate_lp = method["calculate_lp"].as_boolean();
  const auto inits = run.inits(paths);
  const std::string path = run.output_path();

  CsvWriter draws = run.csv(path);
  if (paths == 1) {
    stan::callbacks::writer init_writer;
    OutputFile trace(save ? with_extension(path, ".json") : "", run.sig_figs);
    JsonWriter trace_writer = json_writer(trace);
    const int code = services::pathfinder_lbfgs_single(
        run.model, *inits[0], run.seed, run.id, run.init_radius,
        whole("history_size"), real("init_alpha"), real("tol_obj"),
        real("tol_rel_obj"), real("tol_grad"), real("tol_rel_grad"),
        real("tol_param"), whole("max_lbfgs_iters"), whole("num_elbo_draws"),
        whole("num_draws"), save, run.refresh, run.interrupt, run.logger,
        init_writer, draws, trace_writer, calculate_lp);
    trace.close();
    draws.file().close();
    return code;
  }

  std::vector<stan::callbacks::writer> init_writers(paths);
  std::vector<CsvWriter> single_draws;
  std::vector<OutputFile> traces;
  for (int i = 0; i < paths; ++i) {
    const std::string single
        = save ? with_suffix(path, "_path_" + std::to_string(run.id + i)) : "";
    single_draws.push_back(run.csv(single));
    traces.emplace_back(save ? with_extension(single, ".json") : "",
                        run.sig_figs);
  }
  std::vector<JsonWriter> trace_writers;
  for (auto& trace : traces)
    trace_writers.push_back(json_writer(trace));
  stan::callbacks::writer no_diagnostics;
  const int code = services::pathfinder_lbfgs_multi(
      run.model, inits, run.seed, run.id, run.init_radius,
      whole("history_size"), real("init_alpha"), real("tol_obj"),
      real("tol_rel_obj"), real("tol_grad"), real("tol_rel_grad"),
      real("tol_param"), whole("max_lbfgs_iters"), whole("num_elbo_draws"),
      whole("num_draws"), whole("num_psis_draws"), paths, save, run.refresh,
      run.interrupt, run.logger, init_writers, single_draws, trace_writers,
      draws, no_diagnostics, calculate_lp,
      method["psis_resample"].as_boolean());
  for (auto& trace : traces)
    trace.close();
  for (auto& writer : single_draws)
    writer.file().close();
  draws.file().close();
  return code;
}

}  // namespace driver
