#include "chain_files.hpp"

#include <stan/analyze/mcmc/compute_effective_sample_size.hpp>
#include <stan/analyze/mcmc/compute_potential_scale_reduction.hpp>
#include <stan/io/stan_csv_reader.hpp>

#include <algorithm>
#include <stdexcept>

namespace tools {

namespace {

driver::StanCsv read(const std::string& path) {
  const std::string refused
      = "\"" + path + "\" is not the Stan CSV file of a finished run: ";
  driver::StanCsv csv;
  try {
    csv = driver::read_stan_csv(path);
  } catch (const std::invalid_argument& e) {
    throw std::invalid_argument(refused + e.what() + ".");
  }
  if (csv.rows.rows() == 0)
    throw std::invalid_argument(refused + "it has no draws.");
  return csv;
}

}  // namespace

ChainFiles read_chain_files(const std::vector<std::string>& paths) {
  ChainFiles chains;
  chains.paths = paths;
  for (const auto& path : paths) {
    auto csv = read(path);
    for (auto& name : csv.names)
      stan::io::prettify_stan_csv_name(name);
    if (chains.files.empty())
      chains.names = csv.names;
    else if (csv.names != chains.names)
      throw std::invalid_argument("\"" + path + "\" has other columns than \""
                                  + paths[0]
                                  + "\". Give the chains of one program.");
    const Eigen::Index thin = std::max(1LL, csv.whole("thin", 1));
    const Eigen::Index warmup
        = csv.flag("save_warmup") && csv.text("algorithm") != "fixed_param"
              ? (csv.whole("num_warmup", 0) + thin - 1) / thin
              : 0;
    if (csv.rows.rows() <= warmup)
      throw std::invalid_argument("\"" + path
                                  + "\" has no draws after warm-up.");
    chains.draws.push_back(csv.rows.bottomRows(csv.rows.rows() - warmup));
    csv.rows.resize(0, 0);
    chains.files.push_back(std::move(csv));
  }
  return chains;
}

int ChainFiles::column(const std::string& name) const {
  const auto found = std::find(names.begin(), names.end(), name);
  return found == names.end() ? -1 : static_cast<int>(found - names.begin());
}

size_t ChainFiles::total_draws() const {
  size_t total = 0;
  for (const auto& chain : draws)
    total += chain.rows();
  return total;
}

std::vector<const double*> ChainFiles::begins(int column) const {
  std::vector<const double*> all;
  for (const auto& chain : draws)
    all.push_back(chain.col(column).data());
  return all;
}

std::vector<size_t> ChainFiles::sizes() const {
  std::vector<size_t> all;
  for (const auto& chain : draws)
    all.push_back(chain.rows());
  return all;
}

Eigen::VectorXd ChainFiles::pooled(int column) const {
  Eigen::VectorXd all(total_draws());
  Eigen::Index at = 0;
  for (const auto& chain : draws) {
    all.segment(at, chain.rows()) = chain.col(column);
    at += chain.rows();
  }
  return all;
}

double effective_sample_size(const ChainFiles& chains, int column) {
  return stan::analyze::compute_effective_sample_size(chains.begins(column),
                                                      chains.sizes());
}

double potential_scale_reduction(const ChainFiles& chains, int column) {
  return stan::analyze::compute_split_potential_scale_reduction(
      chains.begins(column), chains.sizes());
}

}  // namespace tools
