// The draws of several chains, from their Stan CSV files.
#ifndef STANMIX_DRIVER_TOOLS_CHAIN_FILES_HPP
#define STANMIX_DRIVER_TOOLS_CHAIN_FILES_HPP

#include "stan_csv.hpp"

#include <stan/math/prim.hpp>

// Used by the headers of stan/analyze, which take it from all of Stan Math.
#include <stan/math/prim/fun/autocorrelation.hpp>
#include <stan/math/prim/fun/mean.hpp>
#include <stan/math/prim/fun/quantile.hpp>
#include <stan/math/prim/fun/variance.hpp>

#include <string>
#include <vector>

namespace tools {

struct ChainFiles {
  std::vector<std::string> paths;
  // Names of the columns: "lp__", "theta[1,2]", ...
  std::vector<std::string> names;
  // A chain at a time: what the file says of the run, and its draws after
  // warm-up, one column a name.
  std::vector<driver::StanCsv> files;
  std::vector<Eigen::MatrixXd> draws;

  int column(const std::string& name) const;  // -1 where there is none
  size_t total_draws() const;
  // The draws of one column, a chain at a time, for stan::analyze.
  std::vector<const double*> begins(int column) const;
  std::vector<size_t> sizes() const;
  Eigen::VectorXd pooled(int column) const;
};

// Throws std::invalid_argument, with what to change, for a file that cannot be
// read or does not belong to the others.
ChainFiles read_chain_files(const std::vector<std::string>& paths);

// Statistics of Stan's analysis of chains.
double effective_sample_size(const ChainFiles& chains, int column);
double potential_scale_reduction(const ChainFiles& chains, int column);

}  // namespace tools
#endif
