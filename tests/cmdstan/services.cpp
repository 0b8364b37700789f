// Calls Stan's services as Stan's headers document them, with CmdStan's documented defaults, and
// prints the rows that they write. The program has no data; the seed is 7 and the chain 3.
#include <stan/callbacks/interrupt.hpp>
#include <stan/callbacks/logger.hpp>
#include <stan/callbacks/writer.hpp>
#include <stan/io/empty_var_context.hpp>
#include <stan/model/model_base.hpp>
#include <stan/services/experimental/advi/meanfield.hpp>
#include <stan/services/optimize/lbfgs.hpp>
#include <stan/services/sample/hmc_nuts_diag_e_adapt.hpp>

#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

stan::model::model_base& new_model(stan::io::var_context& data, unsigned int seed,
                                   std::ostream* messages);

struct Rows : stan::callbacks::writer {
  void operator()(const std::vector<double>& row) override {
    for (double value : row) std::printf("%.17g ", value);
    std::printf("\n");
  }
};

int main(int, char** arguments) {
  const std::string method = arguments[1];
  const unsigned int seed = 7, chain = 3;
  const double init_radius = 2;
  stan::io::empty_var_context none;
  stan::model::model_base& model = new_model(none, seed, &std::cerr);
  stan::callbacks::interrupt interrupt;
  stan::callbacks::logger logger;
  stan::callbacks::writer ignored;
  Rows rows;
  if (method == "sample") {
    const int warmup = 1000, draws = 1000, thin = 1, refresh = 100, max_depth = 10;
    const bool save_warmup = false;
    const double stepsize = 1, jitter = 0, delta = 0.8, gamma = 0.05, kappa = 0.75, t0 = 10;
    const unsigned int init_buffer = 75, term_buffer = 50, window = 25;
    return stan::services::sample::hmc_nuts_diag_e_adapt(
        model, none, seed, chain, init_radius, warmup, draws, thin, save_warmup, refresh, stepsize,
        jitter, max_depth, delta, gamma, kappa, t0, init_buffer, term_buffer, window, interrupt,
        logger, ignored, rows, ignored);
  }
  if (method == "variational") {
    const int grad_samples = 1, elbo_samples = 100, iterations = 10000, adapt_iterations = 50;
    const int eval_elbo = 100, draws = 1000;
    const double tol_rel_obj = 0.01, eta = 1;
    const bool adapt = true;
    return stan::services::experimental::advi::meanfield(
        model, none, seed, chain, init_radius, grad_samples, elbo_samples, iterations, tol_rel_obj,
        eta, adapt, adapt_iterations, eval_elbo, draws, interrupt, logger, ignored, rows, ignored);
  }
  const int history = 5, iterations = 2000, refresh = 100;
  const double init_alpha = 0.001, tol_obj = 1e-12, tol_rel_obj = 1e4, tol_grad = 1e-8;
  const double tol_rel_grad = 1e7, tol_param = 1e-8;
  const bool save_iterations = false;
  return stan::services::optimize::lbfgs<stan::model::model_base, false>(
      model, none, seed, chain, init_radius, history, init_alpha, tol_obj, tol_rel_obj, tol_grad,
      tol_rel_grad, tol_param, iterations, save_iterations, refresh, interrupt, logger, ignored,
      rows);
}
