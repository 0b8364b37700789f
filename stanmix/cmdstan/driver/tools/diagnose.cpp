// bin/diagnose: what may be wrong with the draws of a Hamiltonian sampler.
#include "chain_files.hpp"

#include <cmath>
#include <iomanip>
#include <iostream>
#include <sstream>
#include <stdexcept>

namespace {

// The thresholds of CmdStan.
constexpr double low_efficiency = 0.001;
constexpr double high_r_hat = 1.05;
constexpr double low_e_bfmi = 0.3;

// "9 of 4000 (0.23%)"
std::string share(size_t count, size_t total) {
  std::ostringstream out;
  out << count << " of " << total << " (" << std::setprecision(2)
      << 100.0 * count / total << "%)";
  return out.str();
}

bool check_treedepth(const tools::ChainFiles& chains) {
  const int column = chains.column("treedepth__");
  if (column < 0)
    return true;
  size_t hits = 0;
  int limit = 0;
  for (size_t i = 0; i < chains.draws.size(); ++i) {
    limit = chains.files[i].whole("max_depth", 10);
    hits += (chains.draws[i].col(column).array() >= limit).count();
  }
  std::cout << "Checking sampler transitions treedepth.\n";
  if (hits == 0) {
    std::cout << "Treedepth satisfactory for all transitions.\n\n";
    return true;
  }
  std::cout << share(hits, chains.total_draws())
            << " transitions hit the maximum treedepth limit of " << limit
            << ", or 2^" << limit << " leapfrog steps.\n"
            << "Trajectories that are prematurely terminated due to this "
               "limit will result in slow exploration.\n"
               "For optimal performance, increase this limit.\n\n";
  return false;
}

bool check_divergences(const tools::ChainFiles& chains) {
  const int column = chains.column("divergent__");
  if (column < 0)
    return true;
  const auto divergent
      = static_cast<size_t>((chains.pooled(column).array() != 0).count());
  std::cout << "Checking sampler transitions for divergences.\n";
  if (divergent == 0) {
    std::cout << "No divergent transitions found.\n\n";
    return true;
  }
  std::cout << share(divergent, chains.total_draws())
            << " transitions ended with a divergence.\n"
               "These divergent transitions indicate that HMC is not fully "
               "able to explore the posterior distribution.\n"
               "Try increasing adapt delta closer to 1.\n"
               "If this doesn't remove all divergences, try to reparameterize "
               "the model.\n\n";
  return false;
}

// The estimated Bayesian fraction of missing information of one chain
// (Betancourt 2016, arXiv:1604.00695).
double e_bfmi(const Eigen::VectorXd& energy) {
  const Eigen::Index n = energy.size();
  const double steps
      = (energy.tail(n - 1) - energy.head(n - 1)).squaredNorm();
  return steps / (energy.array() - energy.mean()).square().sum();
}

bool check_energy(const tools::ChainFiles& chains) {
  const int column = chains.column("energy__");
  if (column < 0)
    return true;
  bool good = true;
  std::cout << "Checking E-BFMI - sampler transitions HMC potential energy.\n";
  for (const auto& chain : chains.draws) {
    const double fraction = e_bfmi(chain.col(column));
    if (fraction >= low_e_bfmi || std::isnan(fraction))
      continue;
    good = false;
    std::cout << "The E-BFMI, " << std::setprecision(2) << fraction
              << ", is below the nominal threshold of " << low_e_bfmi
              << " which suggests that HMC may have trouble exploring the "
                 "target distribution.\n";
  }
  std::cout << (good ? "E-BFMI satisfactory.\n\n"
                     : "If possible, try to reparameterize the model.\n\n");
  return good;
}

// Prints the parameters of a list under its title; nothing for an empty one.
bool report(const std::vector<std::string>& names, const std::string& title,
            const std::string& advice, const std::string& satisfied) {
  if (names.empty()) {
    std::cout << satisfied << "\n\n";
    return true;
  }
  std::cout << title << "\n  ";
  for (size_t i = 0; i < names.size(); ++i)
    std::cout << (i > 0 ? ", " : "") << names[i];
  std::cout << "\n" << advice << "\n\n";
  return false;
}

bool check_parameters(const tools::ChainFiles& chains) {
  std::vector<std::string> inefficient, unmixed;
  for (size_t i = 0; i < chains.names.size(); ++i) {
    const std::string& name = chains.names[i];
    if (name.size() > 2 && name.compare(name.size() - 2, 2, "__") == 0)
      continue;
    const double n_eff = tools::effective_sample_size(chains, i);
    if (n_eff / chains.total_draws() < low_efficiency)
      inefficient.push_back(name);
    if (tools::potential_scale_reduction(chains, i) > high_r_hat)
      unmixed.push_back(name);
  }
  const bool efficient = report(
      inefficient,
      "The following parameters had fewer than 0.001 effective draws per "
      "transition:",
      "Such low values indicate that the effective sample size estimators may "
      "be biased high and actual performance may be substantially lower than "
      "quoted.",
      "Effective sample size satisfactory.");
  const bool mixed = report(
      unmixed, "The following parameters had split R-hat greater than 1.05:",
      "Such high values indicate incomplete mixing and biased estimation.\n"
      "You should consider regularizing your model with additional prior "
      "information or a more effective parameterization.",
      "Split R-hat values satisfactory all parameters.");
  return efficient && mixed;
}

int diagnose(const std::vector<std::string>& paths) {
  const auto chains = tools::read_chain_files(paths);
  std::cout << "Processing csv files: ";
  for (size_t i = 0; i < paths.size(); ++i)
    std::cout << (i > 0 ? ", " : "") << paths[i];
  std::cout << "\n\n";
  bool good = check_treedepth(chains);
  good = check_divergences(chains) && good;
  good = check_energy(chains) && good;
  good = check_parameters(chains) && good;
  std::cout << (good ? "Processing complete, no problems detected."
                     : "Processing complete.")
            << std::endl;
  return 0;
}

}  // namespace

int main(int argc, const char* argv[]) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.empty() || arguments[0] == "-h" || arguments[0] == "--help") {
    std::cout << "Usage: diagnose <filename 1> [<filename 2> ... <filename N>]"
              << std::endl;
    return arguments.empty() ? 1 : 0;
  }
  try {
    return diagnose(arguments);
  } catch (const std::exception& e) {
    std::cerr << e.what() << std::endl;
    return 1;
  }
}
