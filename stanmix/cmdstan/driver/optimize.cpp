// method=optimize
#include "run.hpp"

#include <stan/services/error_codes.hpp>
#include <stan/services/optimize/bfgs.hpp>
#include <stan/services/optimize/lbfgs.hpp>
#include <stan/services/optimize/newton.hpp>

namespace driver {

namespace {

// Hands everything on to the file, and remembers lp__ of the last estimate.
class Estimates final : public stan::callbacks::writer {
 public:
  explicit Estimates(CsvWriter& file) : file_(file) {}

  using writer::operator();
  void operator()(const std::vector<std::string>& names) override {
    file_(names);
  }
  void operator()(const std::vector<double>& values) override {
    last_density_ = values.at(0);
    file_(values);
  }
  void operator()() override { file_(); }
  void operator()(const std::string& message) override { file_(message); }
  double last_density() const { return last_density_; }

 private:
  CsvWriter& file_;
  double last_density_ = 0;
};

template <bool jacobian>
int optimize(Run& run, stan::callbacks::writer& draws) {
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
  Estimates estimates(draws);
  int code = run.method()["jacobian"].as_boolean()
                 ? optimize<true>(run, estimates)
                 : optimize<false>(run, estimates);
  draws.file().close();
  // Stan scales the Hessian of Newton's method by 1e-6, so that its steps
  // can leave the support; the service then ends without a word, with lp__ at
  // nan or at the -1e100 that it takes for "no density".
  if (code == 0 && !(estimates.last_density() > -1e100)) {
    run.logger.error(
        "Optimization diverged: the log density of the result is not finite. "
        "Use algorithm=lbfgs or algorithm=bfgs, or other starting values.");
    code = stan::services::error_codes::SOFTWARE;
  }
  return code;
}

}  // namespace driver
