// method=optimize
#include "run.hpp"

#include <stan/services/optimize/bfgs.hpp>
#include <stan/services/optimize/lbfgs.hpp>
#include <stan/services/optimize/newton.hpp>

namespace driver {

namespace {

template <bool jacobian>
int optimize(Run& run, CsvWriter& draws) {
  namespace services = stan::services::optimize;
  using Model = stan::model::model_base;
  const Argument& method = run.method();
  const Argument& algorithm = method["algorithm"].chosen();
  const int iterations = method["iter"].as_integer();
  const bool save = method["save_iterations"].as_boolean();
  const Context init = run.inits(1)[0];
  stan::callbacks::writer init_writer;

  if (algorithm.name() == "newton")
    return services::newton<Model, jacobian>(
        run.model, *init, run.seed, run.id, run.init_radius, iterations, save,
        run.interrupt, run.logger, init_writer, draws);

  const auto real
      = [&](const char* name) { return algorithm[name].as_real(); };
  if (algorithm.name() == "bfgs")
    return services::bfgs<Model, jacobian>(
        run.model, *init, run.seed, run.id, run.init_radius,
        real("init_alpha"), real("tol_obj"), real("tol_rel_obj"),
        real("tol_grad"), real("tol_rel_grad"), real("tol_param"), iterations,
        save, run.refresh, run.interrupt, run.logger, init_writer, draws);
  return services::lbfgs<Model, jacobian>(
      run.model, *init, run.seed, run.id, run.init_radius,
      algorithm["history_size"].as_integer(), real("init_alpha"),
      real("tol_obj"), real("tol_rel_obj"), real("tol_grad"),
      real("tol_rel_grad"), real("tol_param"), iterations, save, run.refresh,
      run.interrupt, run.logger, init_writer, draws);
}

}  // namespace

int optimize(Run& run) {
  CsvWriter draws = run.csv(run.output_path());
  const int code = run.method()["jacobian"].as_boolean()
                       ? optimize<true>(run, draws)
                       : optimize<false>(run, draws);
  draws.file().close();
  return code;
}

}  // namespace driver
