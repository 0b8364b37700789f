// The command line of a compiled Stan program.
#include "console.hpp"
#include "grammar.hpp"
#include "run.hpp"
#include "threads/threads.hpp"

#include <stan/math/prim/core/init_threadpool_tbb.hpp>
#include <stan/math/rev/core/profiling.hpp>
#include <stan/version.hpp>

#include <chrono>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <limits>
#include <memory>

// Defined by every program that stanc writes.
stan::model::model_base& new_model(stan::io::var_context& data,
                                   unsigned int seed, std::ostream* messages);
stan::math::profile_map& get_stan_profile_data();

namespace driver {

namespace {

// CmdStan's program ends with 1 on any failure.
constexpr int success = 0;
constexpr int failure = 1;

void print_info(std::ostream& out) {
  const char* threads = has_threads ? "true" : "false";
#ifdef STAN_NO_RANGE_CHECKS
  const char* no_range_checks = "true";
#else
  const char* no_range_checks = "false";
#endif
#ifdef STAN_CPP_OPTIMS
  const char* optims = "true";
#else
  const char* optims = "false";
#endif
  out << "stan_version_major = " << stan::MAJOR_VERSION << "\n"
      << "stan_version_minor = " << stan::MINOR_VERSION << "\n"
      << "stan_version_patch = " << stan::PATCH_VERSION << "\n"
      << "STAN_THREADS=" << threads << "\n"
      << "STAN_MPI=false\n"
      << "STAN_OPENCL=false\n"
      << "STAN_NO_RANGE_CHECKS=" << no_range_checks << "\n"
      << "STAN_CPP_OPTIMS=" << optims << "\n"
      << std::flush;
}

unsigned int seed_from_time() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count()
         % std::numeric_limits<unsigned int>::max();
}

// "init": a number is a radius, anything else a file.
void read_init(const std::string& init, Run& run) {
  char* end = nullptr;
  const double radius = std::strtod(init.c_str(), &end);
  if (!init.empty() && *end == '\0') {
    if (!(radius >= 0))
      throw UsageError("\"" + init
                       + "\" is not a valid value for \"init\"\n"
                         "  Valid values: a radius of 0 or more, or a file");
    run.init_radius = radius;
  } else {
    run.init_file = init;
  }
}

// One row a profile statement and thread.
void write_profile(const stan::math::profile_map& profile,
                   const std::string& path, int sig_figs) {
  if (profile.empty())
    return;
  OutputFile file(path, sig_figs);
  auto& out = file.stream();
  out << "name,thread_id,total_time,forward_time,reverse_time,chain_stack,"
         "no_chain_stack,autodiff_calls,no_autodiff_calls\n";
  for (const auto& entry : profile) {
    const auto& info = entry.second;
    out << entry.first.first << ",0x" << std::hex
        << std::hash<std::thread::id>()(entry.first.second) << std::dec << ","
        << info.get_fwd_time() + info.get_rev_time() << ","
        << info.get_fwd_time() << "," << info.get_rev_time() << ","
        << info.get_chain_stack_used() << "," << info.get_nochain_stack_used()
        << "," << info.get_num_rev_passes() << ","
        << info.get_num_no_AD_fwd_passes() << "\n";
  }
  file.close();
}

void set_threads(Argument& argument) {
  int threads = argument.as_integer();
  if (!has_threads && threads != 1)
    throw UsageError("num_threads=" + argument.value()
                     + " was given to a program without threads.\n"
                       "  Compile it with STAN_THREADS=true, or leave "
                       "num_threads out.");
  if (has_threads && argument.is_default()) {
    // 0 lets Stan read STAN_NUM_THREADS.
    threads = stan::math::internal::get_num_threads();
    argument.set_default(std::to_string(threads));
  }
  stan::math::init_threadpool_tbb(threads);
}

int dispatch(Run& run) {
  const std::string method = run.arguments["method"].value();
  if (method == "sample")
    return sample(run);
  if (method == "optimize")
    return optimize(run);
  if (method == "variational")
    return variational(run);
  if (method == "diagnose")
    return diagnose(run);
  if (method == "generate_quantities")
    return generate_quantities(run);
  if (method == "pathfinder")
    return pathfinder(run);
  if (method == "log_prob")
    return log_prob(run);
  return laplace(run);
}

int command(const std::vector<std::string>& tokens) {
  if (tokens.size() == 1 && tokens[0] == "info") {
    print_info(std::cout);
    return success;
  }
  Argument root = grammar();
  const Help help = read_command_line(root, tokens);
  if (help.asked) {
    print_help(root, help, std::cout);
    return success;
  }
  set_threads(const_cast<Argument&>(root["num_threads"]));
  Argument& seed = const_cast<Argument&>(root["random"]["seed"]);
  if (seed.as_integer() < 0)
    seed.set_default(std::to_string(seed_from_time()));

  for (const auto& line : configuration_lines(root))
    std::cout << line << "\n";
  std::cout << std::endl;

  Console console;
  const Argument& output = root["output"];
  const Context data = read_context(root["data"]["file"].value());
  const unsigned int seed_value = seed.as_integer();
  std::unique_ptr<stan::model::model_base> model(
      &new_model(*data, seed_value, &std::cout));
  Run run{root,
          *model,
          console,
          provenance(model->model_name(), model->model_compile_info()),
          seed_value,
          static_cast<unsigned int>(root["id"].as_integer()),
          static_cast<int>(output["refresh"].as_integer()),
          static_cast<int>(output["sig_figs"].as_integer()),
          2.0,
          "",
          {}};
  read_init(root["init"].value(), run);

  if (output["save_cmdstan_config"].as_boolean()) {
    // Of several listed files, beside the first.
    const std::string path = run.output_path();
    const Argument* chains = run.method().find("num_chains");
    const auto listed
        = listed_paths(path, chains ? chains->as_integer() : 1);
    OutputFile file(with_extension(
        with_suffix(listed.empty() ? path : listed[0], "_config"), ".json"));
    JsonWriter writer = json_writer(file);
    write_configuration(root, run.about, writer);
    file.close();
  }
  const int code = dispatch(run);
  write_profile(get_stan_profile_data(), output["profile_file"].value(),
                run.sig_figs);
  return code == 0 ? success : failure;
}

}  // namespace

}  // namespace driver

int main(int argc, const char* argv[]) {
  try {
    return driver::command(std::vector<std::string>(argv + 1, argv + argc));
  } catch (const driver::UsageError& e) {
    std::cerr << e.what()
              << "\nFailed to parse command arguments, cannot run model."
              << std::endl;
  } catch (const std::exception& e) {
    std::cerr << e.what() << std::endl;
  }
  return driver::failure;
}
