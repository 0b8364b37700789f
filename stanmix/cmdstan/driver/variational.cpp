// method=variational
#include "run.hpp"

#include <stan/services/experimental/advi/fullrank.hpp>
#include <stan/services/experimental/advi/meanfield.hpp>

namespace driver {

int variational(Run& run) {
  namespace advi = stan::services::experimental::advi;
  const Argument& method = run.method();
  const Argument& adapt = method["adapt"];
  const auto whole
      = [&](const char* name) -> int { return method[name].as_integer(); };
  const Context init = run.inits(1)[0];
  CsvWriter draws = run.csv(run.output_path());
  CsvWriter diagnostics = run.csv(run.output()["diagnostic_file"].value());
  stan::callbacks::writer init_writer;

  const auto service = method["algorithm"].value() == "meanfield"
                           ? advi::meanfield<stan::model::model_base>
                           : advi::fullrank<stan::model::model_base>;
  const int code = service(
      run.model, *init, run.seed, run.id, run.init_radius,
      whole("grad_samples"), whole("elbo_samples"), whole("iter"),
      method["tol_rel_obj"].as_real(), method["eta"].as_real(),
      adapt["engaged"].as_boolean(), adapt["iter"].as_integer(),
      whole("eval_elbo"), whole("output_samples"), run.interrupt, run.logger,
      init_writer, draws, diagnostics);
  draws.file().close();
  diagnostics.file().close();
  return code;
}

}  // namespace driver
