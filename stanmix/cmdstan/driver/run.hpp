// What every method gets: the model, the arguments and the files.
#ifndef STANMIX_DRIVER_RUN_HPP
#define STANMIX_DRIVER_RUN_HPP

#include "arguments.hpp"
#include "configuration.hpp"
#include "contexts.hpp"
#include "output.hpp"

#include <stan/callbacks/interrupt.hpp>
#include <stan/callbacks/logger.hpp>
#include <stan/model/model_base.hpp>

#include <string>
#include <vector>

namespace driver {

struct Run {
  const Argument& arguments;
  stan::model::model_base& model;
  stan::callbacks::logger& logger;
  Provenance about;
  unsigned int seed;
  unsigned int id;
  int refresh;
  int sig_figs;
  // "init": a radius, or a file (and then the radius of what it leaves out).
  double init_radius;
  std::string init_file;
  stan::callbacks::interrupt interrupt;

  const Argument& method() const { return arguments["method"].chosen(); }
  const Argument& output() const { return arguments["output"]; }
  std::string output_path() const { return output()["file"].value(); }

  std::vector<Context> inits(int count) const {
    return read_contexts(init_file, count, id);
  }
  // A file of draws, with the configuration at its head.
  CsvWriter csv(const std::string& path) const {
    CsvWriter writer(OutputFile(path, sig_figs));
    if (!path.empty())
      write_configuration(arguments, about, writer);
    return writer;
  }
  // One path a chain: those that `path` lists, else "a.csv" itself, or
  // "a_1.csv", "a_2.csv", ...
  std::vector<std::string> chain_paths(const std::string& path,
                                       int chains) const {
    std::vector<std::string> paths = listed_paths(path, chains);
    if (!paths.empty())
      return paths;
    paths.assign(chains, path);
    if (chains > 1 && !path.empty())
      for (int i = 0; i < chains; ++i)
        paths[i] = with_suffix(path, "_" + std::to_string(id + i));
    return paths;
  }
};

// The methods. Each returns 0, or one of stan::services::error_codes.
int sample(Run& run);
int optimize(Run& run);
int variational(Run& run);
int diagnose(Run& run);
int generate_quantities(Run& run);
int pathfinder(Run& run);
int log_prob(Run& run);
int laplace(Run& run);

}  // namespace driver
#endif
