#include "grammar.hpp"

#include "stan_version.hpp"

#include <cmath>

namespace driver {

namespace {

using A = Argument;

Validity at_least(long long least, const std::string& name) {
  return {std::to_string(least) + " <= " + name,
          [least](double x) { return x >= static_cast<double>(least); }};
}

Validity positive(const std::string& name) {
  return {"0 < " + name, [](double x) { return x > 0 && std::isfinite(x); }};
}

Validity not_negative(const std::string& name) {
  return {"0 <= " + name, [](double x) { return x >= 0 && std::isfinite(x); }};
}

A count(const std::string& name, const std::string& help, long long value) {
  return A::integer(name, help, value, at_least(1, name));
}

A tally(const std::string& name, const std::string& help, long long value) {
  return A::integer(name, help, value, at_least(0, name));
}

A scale(const std::string& name, const std::string& help, double value) {
  return A::real(name, help, value, positive(name));
}

A tolerance(const std::string& name, const std::string& help, double value) {
  return A::real(name, help, value, not_negative(name));
}

std::vector<A> operator+(std::vector<A> left, const std::vector<A>& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

A sample() {
  A adapt = A::group(
      "adapt", "Warmup Adaptation",
      {A::boolean("engaged", "Adaptation engaged?", true),
       scale("gamma", "Adaptation regularization scale", 0.05),
       A::real("delta", "Adaptation target acceptance statistic", 0.8,
               {"0 < delta < 1", [](double x) { return x > 0 && x < 1; }}),
       scale("kappa", "Adaptation relaxation exponent", 0.75),
       scale("t0", "Adaptation iteration offset", 10),
       tally("init_buffer", "Width of initial fast adaptation interval", 75),
       tally("term_buffer", "Width of final fast adaptation interval", 50),
       tally("window", "Initial width of slow adaptation interval", 25),
       A::boolean("save_metric",
                  "Save metric and stepsize as JSON at the end of warmup",
                  false)});
  A engine = A::choice(
      "engine", "Engine for Hamiltonian Monte Carlo", "nuts",
      {A::group("static", "Static integration time",
                {scale("int_time",
                       "Total integration time for Hamiltonian evolution",
                       6.28318530717959)}),
       A::group("nuts", "The No-U-Turn Sampler",
                {count("max_depth", "Maximum tree depth", 10)})});
  A hmc = A::group(
      "hmc", "Hamiltonian Monte Carlo",
      {engine,
       A::text("metric", "Geometry of base manifold", "diag_e",
               {"unit_e", "diag_e", "dense_e"}),
       A::text("metric_file", "Input file with precomputed Euclidean metric",
               ""),
       scale("stepsize", "Step size for discrete evolution", 1),
       A::real("stepsize_jitter",
               "Uniformly random jitter of the stepsize, in percent", 0,
               {"0 <= stepsize_jitter <= 1",
                [](double x) { return x >= 0 && x <= 1; }})});
  return A::group(
      "sample", "Bayesian inference with Markov Chain Monte Carlo",
      {tally("num_samples", "Number of sampling iterations", 1000),
       tally("num_warmup", "Number of warmup iterations", 1000),
       A::boolean("save_warmup", "Stream warmup samples to output?", false),
       count("thin", "Period between saved samples", 1), adapt,
       A::choice("algorithm", "Sampling algorithm", "hmc",
                 {hmc, A::group("fixed_param", "Fixed Parameter Sampler")}),
       count("num_chains", "Number of chains", 1)});
}

std::vector<A> bfgs_arguments() {
  return {scale("init_alpha", "Line search step size for first iteration",
                0.001),
          tolerance("tol_obj",
                    "Convergence tolerance on absolute changes in objective "
                    "function value",
                    1e-12),
          tolerance("tol_rel_obj",
                    "Convergence tolerance on relative changes in objective "
                    "function value",
                    1e4),
          tolerance("tol_grad",
                    "Convergence tolerance on the norm of the gradient", 1e-8),
          tolerance("tol_rel_grad",
                    "Convergence tolerance on the relative norm of the "
                    "gradient",
                    1e7),
          tolerance("tol_param",
                    "Convergence tolerance on changes in parameter value",
                    1e-8)};
}

A history_size() {
  return count("history_size", "Amount of history to keep for L-BFGS", 5);
}

A optimize() {
  return A::group(
      "optimize", "Point estimation",
      {A::choice("algorithm", "Optimization algorithm", "lbfgs",
                 {A::group("bfgs", "BFGS with linesearch", bfgs_arguments()),
                  A::group("lbfgs", "LBFGS with linesearch",
                           bfgs_arguments() + std::vector<A>{history_size()}),
                  A::group("newton", "Newton's method")}),
       A::boolean("jacobian",
                  "When true, include change-of-variables adjustment for "
                  "constraining parameter transforms",
                  false),
       count("iter", "Total number of iterations", 2000),
       A::boolean("save_iterations", "Stream optimization progress to output?",
                  false)});
}

A variational() {
  A adapt = A::group(
      "adapt", "Eta Adaptation for Variational Inference",
      {A::boolean("engaged", "Boolean flag for eta adaptation.", true),
       count("iter", "Number of iterations for eta adaptation.", 50)});
  return A::group(
      "variational", "Variational inference",
      {A::choice("algorithm", "Variational inference algorithm", "meanfield",
                 {A::group("meanfield", "mean-field approximation"),
                  A::group("fullrank", "full-rank covariance")}),
       count("iter", "Maximum number of ADVI iterations.", 10000),
       count("grad_samples",
             "Number of Monte Carlo draws for computing the gradient.", 1),
       count("elbo_samples",
             "Number of Monte Carlo draws for estimate of ELBO.", 100),
       scale("eta", "Stepsize scaling parameter.", 1), adapt,
       scale("tol_rel_obj", "Relative tolerance parameter for convergence.",
             0.01),
       count("eval_elbo", "Number of iterations between ELBO evaluations",
             100),
       count("output_samples",
             "Number of approximate posterior output draws to save.", 1000)});
}

A pathfinder() {
  const std::vector<A> paths{
      history_size(),
      count("num_psis_draws",
            "Number of draws from PSIS sample (multi-path pathfinder only)",
            1000),
      count("num_paths", "Number of single pathfinders", 4),
      A::boolean("save_single_paths",
                 "Output single-path pathfinder draws as CSV", false),
      A::boolean("psis_resample",
                 "If true, perform PSIS sampling on samples from multiple "
                 "paths",
                 true),
      A::boolean("calculate_lp",
                 "If true, calculate the log probability of every draw", true),
      count("max_lbfgs_iters", "Maximum number of LBFGS iterations", 1000),
      count("num_draws", "Number of approximate posterior draws", 1000),
      count("num_elbo_draws", "Number of Monte Carlo draws to evaluate ELBO",
            25)};
  return A::group("pathfinder",
                  "Pathfinder variational inference algorithm",
                  bfgs_arguments() + paths);
}

A diagnose() {
  return A::group(
      "diagnose", "Model diagnostics",
      {A::choice(
          "test", "Diagnostic test", "gradient",
          {A::group("gradient",
                    "Check model gradient against finite differences",
                    {scale("epsilon", "Finite difference step size", 1e-6),
                     scale("error", "Error threshold", 1e-6)})})});
}

A laplace() {
  return A::group(
      "laplace", "Sample from a Laplace approximation",
      {A::text("mode", "A specification of a mode on the constrained scale "
                       "for all model parameters, either in JSON or CSV format",
               ""),
       A::boolean("jacobian",
                  "When true, include change-of-variables adjustment for "
                  "constraining parameter transforms",
                  true),
       count("draws", "Number of draws from the laplace approximation", 1000),
       A::boolean("calculate_lp",
                  "If true, calculate the log probability of every draw",
                  true)});
}

A generate_quantities() {
  return A::group("generate_quantities", "Generate quantities of interest",
                  {A::text("fitted_params",
                           "Input file of sample of fitted parameter values "
                           "for model conditioned on data",
                           ""),
                   count("num_chains", "Number of chains", 1)});
}

A log_prob() {
  return A::group(
      "log_prob",
      "Return the log density up to a constant and its gradients, given "
      "supplied parameters",
      {A::text("unconstrained_params",
               "Input file (JSON or R dump) of parameter values on "
               "unconstrained scale",
               ""),
       A::text("constrained_params",
               "Input file (JSON, R dump or Stan CSV) of parameter values on "
               "constrained scale",
               ""),
       A::boolean("jacobian",
                  "When true, include change-of-variables adjustment for "
                  "constraining parameter transforms",
                  true)});
}

}  // namespace

A grammar() {
  return A::group(
      "", "",
      {A::choice("method", "Analysis method (Note that method= is optional)",
                 "sample",
                 {sample(), optimize(), variational(), diagnose(),
                  generate_quantities(), pathfinder(), log_prob(), laplace()}),
       tally("id", "Unique process identifier", 1),
       A::group("data", "Input data options",
                {A::text("file", "Input data file", "")}),
       A::text("init",
               "Initialization method: \"x\" initializes randomly between "
               "[-x, x], \"0\" initializes to 0, anything else identifies a "
               "file of values",
               "2"),
       A::group(
           "random", "Random number configuration",
           // The guide says both that 0 takes the time and that only the
           // default does; here -1 takes the time, and 0 is a seed like any
           // other, so that a run with seed=0 can be repeated.
           {A::integer("seed", "Random number generator seed", -1,
                       {"non-negative integer < 4294967296, or -1 to generate "
                        "a seed from the system time",
                        [](double x) { return x >= -1 && x < 4294967296.; }})}),
       A::group(
           "output", "File output options",
           {A::text("file", "Output file", "output.csv"),
            A::text("diagnostic_file", "Auxiliary output file for diagnostics",
                    ""),
            A::integer("refresh",
                       "Number of iterations between screen updates", 100,
                       at_least(0, "refresh")),
            // Before CmdStan 2.37 the stream's default precision (6 digits).
            A::integer("sig_figs",
                       "The number of significant figures used for the output "
                       "CSV files.",
                       stan_from(37) ? 8 : -1,
                       {"0 <= sig_figs <= 18 or -1 to use the default number "
                        "of significant figures",
                        [](double x) { return x >= -1 && x <= 18; }}),
            A::text("profile_file", "File to store profiling information",
                    "profile.csv"),
            A::boolean("save_cmdstan_config",
                       "When true, save CmdStan configuration in JSON file.",
                       false)}),
       A::integer("num_threads",
                  "Number of threads available to the program. For full "
                  "effect, the model must be compiled with STAN_THREADS=true.",
                  1,
                  {"num_threads > 0 || num_threads == -1",
                   [](double x) { return x > 0 || x == -1; }})});
}

Help read_command_line(Argument& root, const std::vector<std::string>& tokens) {
  Help help;
  std::vector<std::string> remaining;
  for (const auto& token : tokens) {
    if (token == "help" || token == "help-all") {
      help.asked = true;
      help.all = token == "help-all";
      // The names before the request lead to what it asks about.
      help.path = remaining;
      return help;
    }
    remaining.push_back(token);
  }
  size_t position = 0;
  root.read(remaining, position);
  if (position < remaining.size())
    throw UsageError(
        "\"" + remaining[position]
        + "\" is either mistyped or misplaced.\n"
          "  An argument belongs after the name of its group, for example "
          "\"output file=output.csv\".\n"
          "  \"help-all\" lists every argument where it belongs.");
  if (root["method"].is_default())
    throw UsageError("A method must be specified!\n  Valid values: "
                     + root["method"].valid_values());
  return help;
}

}  // namespace driver
