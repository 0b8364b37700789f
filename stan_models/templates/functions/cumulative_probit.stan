  // Log probability of category y of a standard normal latent response about mu, cut at `ends`.
  // Stan's own (ordered_probit) loses the digits of categories whose ends both lie above the mean.
  real cumulative_probit_lpmf(int y, real mu, vector ends) {
    if (y == 1) return log_Phi(ends[1] - mu);
    if (y > rows(ends)) return log_Phi(mu - ends[y - 1]);
    if (ends[y - 1] > mu) return log_diff_exp(log_Phi(mu - ends[y - 1]), log_Phi(mu - ends[y]));
    return log_diff_exp(log_Phi(ends[y] - mu), log_Phi(ends[y - 1] - mu));
  }
