// method=generate_quantities
#include "run.hpp"

#include <stan/services/sample/standalone_gqs.hpp>

namespace driver {

int generate_quantities(Run& run) {
  const Argument& method = run.method();
  const std::string fitted = method["fitted_params"].value();
  const int chains = method["num_chains"].as_integer();
  if (fitted.empty())
    throw UsageError(
        "generate_quantities needs a fit: "
        "fitted_params=<the Stan CSV file of a run of this program>.");

  std::vector<Eigen::MatrixXd> draws;
  for (const auto& path : paths_of_chains(fitted, chains, run.id))
    draws.push_back(read_draws(path, run.model));
  std::vector<CsvWriter> writers;
  for (const auto& path : run.chain_paths(run.output_path(), chains))
    writers.push_back(run.csv(path));
  const int code = stan::services::standalone_generate(
      run.model, chains, draws, run.seed, run.interrupt, run.logger, writers);
  for (auto& writer : writers)
    writer.file().close();
  return code;
}

}  // namespace driver
