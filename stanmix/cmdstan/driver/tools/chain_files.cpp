#include "chain_files.hpp"

#include <stan/analyze/mcmc/compute_effective_sample_size.hpp>
#include <stan/analyze/mcmc/compute_potential_scale_reduction.hpp>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace tools {

namespace {

stan::io::stan_csv read(const std::string& path) {
  std::ifstream in(path);
  if (!in)
    throw std::invalid_argument("Cannot read the input csv file \"" + path
                                + "\". Check that it exists.");
  std::stringstream messages;
  stan::io::stan_csv csv;
  try {
    csv = stan::io::stan_csv_reader::parse(in, &messages);
  } catch (const std::exception& e) {
    messages << e.what();
  }
  if (csv.header.empty() || csv.samples.rows() == 0
      || csv.samples.cols() != static_cast<int>(csv.header.size()))
    throw std::invalid_argument(
        "\"" + path + "\" is not the Stan CSV file of a finished run. "
        + messages.str());
  return csv;
}

}  // namespace

ChainFiles read_chain_files(const std::vector<std::string>& paths) {
  ChainFiles chains;
  chains.paths = paths;
  for (const auto& path : paths) {
    auto csv = read(path);
    if (chains.files.empty())
      chains.names = csv.header;
    else if (csv.header != chains.names)
      throw std::invalid_argument("\"" + path + "\" has other columns than \""
                                  + paths[0]
                                  + "\". Give the chains of one program.");
    const size_t thin = std::max<size_t>(1, csv.metadata.thin);
    const Eigen::Index warmup
        = csv.metadata.save_warmup && csv.metadata.algorithm != "fixed_param"
              ? (csv.metadata.num_warmup + thin - 1) / thin
              : 0;
    if (csv.samples.rows() <= warmup)
      throw std::invalid_argument("\"" + path
                                  + "\" has no draws after warm-up.");
    chains.draws.push_back(
        csv.samples.bottomRows(csv.samples.rows() - warmup));
    csv.samples.resize(0, 0);
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
