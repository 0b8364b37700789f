// Files that the driver reads: data, starting values, metrics, draws.
#ifndef STANMIX_DRIVER_CONTEXTS_HPP
#define STANMIX_DRIVER_CONTEXTS_HPP

#include <stan/io/var_context.hpp>
#include <stan/model/model_base.hpp>

#include <memory>
#include <string>
#include <vector>

namespace driver {

using Context = std::shared_ptr<stan::io::var_context>;

// The variables of a JSON or R dump file; an empty path has none.
Context read_context(const std::string& path);

// The files for `count` chains that begin with number `first`: those that `path`
// lists, with commas between them; for "a.json" the files "a_1.json", "a_2.json", ... where the first of them exists, else
// "a.json" for all of them.
std::vector<std::string> paths_of_chains(const std::string& path, int count,
                                         int first);
std::vector<Context> read_contexts(const std::string& path, int count,
                                   int first);

// The variable "inv_metric" of each chain's metric file. A file that
// "adapt save_metric=1" wrote also names the kind of metric, in words, which a
// reader of data refuses.
std::vector<Context> read_metrics(const std::string& path, int count,
                                  int first);

// One row a draw, one column a parameter of `model` on the constrained scale,
// from a Stan CSV file.
Eigen::MatrixXd read_draws(const std::string& path,
                           const stan::model::model_base& model);

// Whether the name ends in ".csv".
bool is_csv(const std::string& path);

// Constrained values, one set a row, as unconstrained ones; from a file in
// Stan CSV, JSON or R dump format.
std::vector<Eigen::VectorXd> read_unconstrained(
    const std::string& path, const stan::model::model_base& model);

}  // namespace driver
#endif
