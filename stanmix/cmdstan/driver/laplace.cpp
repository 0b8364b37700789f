// method=laplace
#include "run.hpp"

// Used by the service below, which takes it from all of Stan Math.
#include <stan/math/rev/functor/finite_diff_hessian_auto.hpp>

#include <stan/services/optimize/laplace_sample.hpp>

#include <stdexcept>
#include <type_traits>

namespace driver {

int laplace(Run& run) {
  const Argument& method = run.method();
  const std::string mode_file = method["mode"].value();
  if (mode_file.empty())
    throw UsageError(
        "laplace needs the mode: mode=<the CSV file of method optimize, or a "
        "JSON file of constrained parameters>.");
  const auto sets = read_unconstrained(mode_file, run.model);
  if (sets.empty())
    throw std::invalid_argument("\"" + mode_file
                                + "\" holds no estimate. Give the output of a "
                                  "run of optimize that converged.");
  // With save_iterations=true the last row is the estimate.
  const Eigen::VectorXd& mode = sets.back();

  CsvWriter draws = run.csv(run.output_path());
  // CmdStan's guide gives the curvature no file of its own unless a
  // diagnostic file is asked for.
  OutputFile hessian(run.output()["diagnostic_file"].value(), run.sig_figs);
  JsonWriter hessian_writer = json_writer(hessian);
  const auto draw = [&](auto jacobian) {
    return stan::services::laplace_sample<decltype(jacobian)::value>(
        run.model, mode, method["draws"].as_integer(),
        method["calculate_lp"].as_boolean(), run.seed, run.refresh,
        run.interrupt, run.logger, draws, hessian_writer);
  };
  const int code = method["jacobian"].as_boolean() ? draw(std::true_type{})
                                                   : draw(std::false_type{});
  hessian.close();
  draws.file().close();
  return code;
}

}  // namespace driver
