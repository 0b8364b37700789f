// method=log_prob
#include "run.hpp"

#include <stan/model/log_prob_grad.hpp>

#include <iostream>
#include <sstream>
#include <stdexcept>

namespace driver {

namespace {

// The variable "params_r" of the file: one set, or one set a row.
std::vector<Eigen::VectorXd> unconstrained_sets(const std::string& path,
                                                size_t size) {
  const Context context = read_context(path);
  if (!context->contains_r("params_r"))
    throw std::invalid_argument(
        "\"" + path + "\" has no variable \"params_r\". Give the unconstrained "
        "parameters in a variable of that name.");
  const auto dims = context->dims_r("params_r");
  const auto values = context->vals_r("params_r");
  const size_t sets = dims.size() == 2 ? dims[0] : 1;
  const size_t found = dims.empty() ? 1 : dims.back();
  if (dims.size() > 2 || found != size) {
    std::stringstream message;
    message << "\"params_r\" in \"" << path << "\" has sets of " << found
            << " values (" << dims.size() << " dimensions); the program has "
            << size << " unconstrained parameters. Give an array of " << size
            << ", or a list of such arrays.";
    throw std::invalid_argument(message.str());
  }
  // The file is read in column-major order.
  std::vector<Eigen::VectorXd> all(sets, Eigen::VectorXd(size));
  for (size_t set = 0; set < sets; ++set)
    for (size_t i = 0; i < size; ++i)
      all[set](i) = values[i * sets + set];
  return all;
}

template <bool jacobian>
double density(Run& run, std::vector<double>& set,
               std::vector<double>& gradient) {
  std::vector<int> no_integers;
  std::stringstream messages;
  // Constants are dropped, as they are for lp__ of the other methods.
  const double lp = stan::model::log_prob_grad<true, jacobian>(
      run.model, set, no_integers, gradient, &messages);
  if (!messages.str().empty())
    run.logger.info(messages);
  return lp;
}

}  // namespace

int log_prob(Run& run) {
  const Argument& method = run.method();
  const std::string free = method["unconstrained_params"].value();
  const std::string constrained = method["constrained_params"].value();
  if (free.empty() == constrained.empty())
    throw UsageError(
        "log_prob needs one file of parameters, "
        + std::string(free.empty() ? "and none was given"
                                   : "and two were given")
        + ".\n  Give constrained_params=<file> or unconstrained_params=<file>.");
  const auto sets
      = free.empty() ? read_unconstrained(constrained, run.model)
                     : unconstrained_sets(free, run.model.num_params_r());

  CsvWriter table = run.csv(run.output_path());
  std::vector<std::string> names{"lp__"};
  run.model.unconstrained_param_names(names, false, false);
  table(names);
  for (const auto& row : sets) {
    std::vector<double> set(row.data(), row.data() + row.size());
    std::vector<double> gradient;
    const double lp = method["jacobian"].as_boolean()
                          ? density<true>(run, set, gradient)
                          : density<false>(run, set, gradient);
    gradient.insert(gradient.begin(), lp);
    table(gradient);
  }
  table.file().close();
  return 0;
}

}  // namespace driver
