// method=diagnose
#include "run.hpp"

// Used by the service below, which leaves it to others to include it.
#include <iomanip>

#include <stan/services/diagnose/diagnose.hpp>

namespace driver {

int diagnose(Run& run) {
  const Argument& test = run.method()["test"].chosen();
  const Context init = run.inits(1)[0];
  CsvWriter table = run.csv(run.output_path());
  stan::callbacks::writer init_writer;
  const int failures = stan::services::diagnose::diagnose(
      run.model, *init, run.seed, run.id, run.init_radius,
      test["epsilon"].as_real(), test["error"].as_real(), run.interrupt,
      run.logger, init_writer, table);
  table.file().close();
  return failures;
}

}  // namespace driver
