// Likelihoods by C++ functions, and the same written out in Stan.
functions {
  real normal_mixture_lpdf(data vector y, vector mu, vector sigma, vector theta);
  real normal_mixture_lpdf(data vector y, data matrix X, array[] vector beta, vector sigma,
                           vector theta);
  real normal_mixture_lpdf(data vector y, vector mu, vector sigma, data matrix Z,
                           array[] vector gamma);
  real normal_mixture_lpdf(data vector y, vector mu, vector sigma, vector theta,
                           data vector offsets, data vector weights, array[] int group);
  real normal_mixture_lpdf(data vector y, data matrix X, array[] vector beta, vector sigma,
                           data matrix Z, array[] vector gamma, data vector offsets,
                           data vector weights, array[] int group);
  real normal_mixture_lpdf(data vector y, vector mu, data matrix X_sigma,
                           array[] vector beta_sigma, vector theta);
  real normal_mixture_lpdf(data vector y, data matrix X, array[] vector beta,
                           data matrix X_sigma, array[] vector beta_sigma, data matrix Z,
                           array[] vector gamma, data vector offsets, data vector weights,
                           array[] int group);
  real interval_logistic_mixture_lpdf(data vector y, data vector y_to, vector mu, vector sigma,
                                      vector theta);
  real student_t_mixture_lpdf(data vector y, vector mu, vector sigma, vector nu, vector theta);
  real student_t_mixture_lpdf(data vector y, data matrix X, array[] vector beta, vector sigma,
                              data matrix X_nu, array[] vector beta_nu, vector theta);
  real student_t_mixture_lpdf(data vector y, data matrix X, array[] vector beta,
                              data matrix X_sigma, array[] vector beta_sigma, data matrix X_nu,
                              array[] vector beta_nu, data matrix Z, array[] vector gamma,
                              data vector offsets, data vector weights, array[] int group);
  real poisson_mixture_lpmf(data array[] int y, vector mu, vector theta);
  real poisson_mixture_lpmf(data array[] int y, data matrix X, array[] vector beta, vector theta);
  real poisson_mixture_lpmf(data array[] int y, vector mu, data matrix Z, array[] vector gamma,
                            data vector offsets, data vector weights, array[] int group);
  real negative_binomial_mixture_lpmf(data array[] int y, vector mu, vector phi, vector theta);
  real negative_binomial_mixture_lpmf(data array[] int y, vector mu, data matrix X_phi,
                                      array[] vector beta_phi, vector theta);
  real negative_binomial_mixture_lpmf(data array[] int y, data matrix X, array[] vector beta,
                                      vector phi, data matrix Z, array[] vector gamma,
                                      data vector offsets, data vector weights,
                                      array[] int group);
  real mvnormal_mixture_lpdf(data matrix y, array[] vector mu, array[] vector sigma,
                             vector theta);
  real multi_normal_cholesky_mixture_lpdf(data matrix y, vector mu, array[] matrix L_Sigma,
                                          data matrix Z, array[] vector gamma,
                                          data vector offsets, data vector weights,
                                          array[] int group);
  real mvnormal_mixture_lpdf(data matrix y, vector mu, vector sigma, data matrix Z,
                             array[] vector gamma, data vector offsets, data vector weights,
                             array[] int group);
  real lognormal_mixture_lpdf(data vector y, vector mu, vector sigma, data matrix Z,
                              array[] vector gamma, array[] real recorded, data vector offsets,
                              data vector weights, array[] int group);
  real lognormal_mixture_lpdf(data vector y, vector mu, vector sigma, vector theta,
                              array[] real recorded);
  real beta_binomial_mixture_lpmf(data array[] int y, data array[] int trials, vector mu,
                                  vector phi, data matrix Z, array[] vector gamma,
                                  data vector offsets, data vector weights, array[] int group);
  real gamma_mixture_lpdf(data vector y, vector mu, data matrix X_shape,
                          array[] vector beta_shape, vector theta);
  real bernoulli_mixture_lpmf(data array[] int y, vector mu, vector theta);

  matrix predictor(matrix X, array[] vector beta) {
    matrix[rows(X), size(beta)] eta;
    for (k in 1:size(beta)) {
      eta[, k] = X * beta[k];
    }
    return eta;
  }
  matrix normal_terms(vector y, matrix eta, matrix sigma) {
    matrix[rows(eta), cols(eta)] terms;
    for (n in 1:rows(eta)) {
      for (k in 1:cols(eta)) {
        terms[n, k] = normal_lpdf(y[n] | eta[n, k], sigma[n, k]);
      }
    }
    return terms;
  }
  // By the smaller tails, which keep their digits.
  matrix logistic_interval_terms(vector y, vector y_to, vector mu, vector sigma) {
    matrix[rows(y), rows(mu)] terms;
    for (n in 1:rows(y)) {
      for (k in 1:rows(mu)) {
        real low = (y[n] - mu[k]) / sigma[k];
        real high = (y_to[n] - mu[k]) / sigma[k];
        terms[n, k] = low > 0 ? log_diff_exp(log_inv_logit(-low), log_inv_logit(-high))
                      : log_diff_exp(log_inv_logit(high), log_inv_logit(low));
      }
    }
    return terms;
  }
  matrix student_t_terms(vector y, matrix eta, matrix sigma, matrix nu) {
    matrix[rows(eta), cols(eta)] terms;
    for (n in 1:rows(eta)) {
      for (k in 1:cols(eta)) {
        terms[n, k] = student_t_lpdf(y[n] | nu[n, k], eta[n, k], sigma[n, k]);
      }
    }
    return terms;
  }
  matrix negative_binomial_terms(array[] int y, matrix eta, matrix phi) {
    matrix[rows(eta), cols(eta)] terms;
    for (n in 1:rows(eta)) {
      for (k in 1:cols(eta)) {
        terms[n, k] = neg_binomial_2_log_lpmf(y[n] | eta[n, k], phi[n, k]);
      }
    }
    return terms;
  }
  matrix poisson_terms(array[] int y, matrix eta) {
    matrix[rows(eta), cols(eta)] terms;
    for (n in 1:rows(eta)) {
      for (k in 1:cols(eta)) {
        terms[n, k] = poisson_log_lpmf(y[n] | eta[n, k]);
      }
    }
    return terms;
  }
  matrix beta_binomial_terms(array[] int y, array[] int trials, matrix eta, matrix phi) {
    matrix[rows(eta), cols(eta)] terms;
    for (n in 1:rows(eta)) {
      for (k in 1:cols(eta)) {
        terms[n, k] = beta_binomial_lpmf(y[n] | trials[n], inv_logit(eta[n, k]) * phi[n, k],
                                         inv_logit(-eta[n, k]) * phi[n, k]);
      }
    }
    return terms;
  }
  matrix gamma_terms(vector y, matrix mu, matrix shape) {
    matrix[rows(mu), cols(mu)] terms;
    for (n in 1:rows(mu)) {
      for (k in 1:cols(mu)) {
        terms[n, k] = gamma_lpdf(y[n] | shape[n, k], shape[n, k] / mu[n, k]);
      }
    }
    return terms;
  }
  matrix bernoulli_terms(array[] int y, matrix mu) {
    matrix[rows(mu), cols(mu)] terms;
    for (n in 1:rows(mu)) {
      for (k in 1:cols(mu)) {
        terms[n, k] = bernoulli_lpmf(y[n] | mu[n, k]);
      }
    }
    return terms;
  }
  matrix multi_normal_terms(matrix y, vector mu, array[] matrix L, vector offsets) {
    matrix[rows(y), rows(mu)] terms;
    for (k in 1:rows(mu)) {
      for (n in 1:rows(y)) {
        terms[n, k] = multi_normal_cholesky_lpdf(y[n] | rep_vector(mu[k] + offsets[n], 2), L[k]);
      }
    }
    return terms;
  }
  matrix mvnormal_terms(matrix y, array[] vector mu, array[] vector sigma, vector offsets) {
    matrix[rows(y), size(mu)] terms;
    for (n in 1:rows(y)) {
      for (k in 1:size(mu)) {
        terms[n, k] = normal_lpdf(y[n] | mu[k] + offsets[n], sigma[k]);
      }
    }
    return terms;
  }
  array[] vector all_coordinates(vector of, int D) {
    array[rows(of)] vector[D] result;
    for (k in 1:rows(of)) {
      result[k] = rep_vector(of[k], D);
    }
    return result;
  }
  matrix log_softmax_rows(matrix logits) {
    matrix[rows(logits), cols(logits)] logs;
    for (n in 1:rows(logits)) {
      logs[n] = log_softmax(logits[n]')';
    }
    return logs;
  }
  // Empty weights and groups: rows count once, and each is its own group.
  real mixed(matrix terms, matrix log_weights, vector weights, array[] int group) {
    matrix[rows(log_weights), cols(log_weights)] sums = log_weights;
    vector[rows(log_weights)] values;
    for (n in 1:rows(terms)) {
      int g = size(group) > 0 ? group[n] : n;
      real weight = size(group) > 0 && size(weights) > 0 ? weights[n] : 1;
      sums[g] += weight * terms[n];
    }
    for (g in 1:rows(sums)) {
      values[g] = log_sum_exp(sums[g]);
    }
    return size(group) == 0 && size(weights) > 0 ? dot_product(weights, values) : sum(values);
  }
  // What programs begin with has no array made of a vector, nor one with the sign turned.
  array[] real negative(vector of) {
    array[rows(of)] real result;
    for (k in 1:rows(of)) {
      result[k] = -of[k];
    }
    return result;
  }
  matrix each(vector row, int N) {
    return rep_matrix(row', N);
  }

  real likelihood(int fused, int kind, data vector y, data vector y_to, data array[] int counts,
                  data matrix X, data matrix Z, data vector offsets, data vector weights,
                  array[] int group, data vector known, vector theta, vector mu,
                  array[] vector beta, vector sigma, array[] vector gamma, vector nu, array[] vector delta,
                  array[] vector alpha) {
    int N = rows(y);
    int K = rows(theta);
    vector[0] no_weights;
    array[0] int no_groups;
    matrix[N, K] shift = rep_matrix(rows(offsets) > 0 ? offsets : rep_vector(0, N), K);
    if (kind == 1) {
      return fused ? normal_mixture_lpdf(y | mu, sigma, theta)
             : mixed(normal_terms(y, each(mu, N), each(sigma, N)), each(log(theta), N), no_weights,
                     no_groups);
    } else if (kind == 2) {
      return fused ? normal_mixture_lpdf(y | X, beta, sigma, theta)
             : mixed(normal_terms(y, predictor(X, beta), each(sigma, N)), each(log(theta), N),
                     no_weights, no_groups);
    } else if (kind == 3) {  // shared scale, known weights
      return fused ? normal_mixture_lpdf(y | X, beta, rep_vector(sigma[1], K), known)
             : mixed(normal_terms(y, predictor(X, beta), rep_matrix(sigma[1], N, K)),
                     each(log(known), N), no_weights, no_groups);
    } else if (kind == 4) {
      return fused ? normal_mixture_lpdf(y | mu, sigma, X, gamma)
             : mixed(normal_terms(y, each(mu, N), each(sigma, N)),
                     log_softmax_rows(predictor(X, gamma)), no_weights, no_groups);
    } else if (kind == 5) {
      return fused ? normal_mixture_lpdf(y | mu, sigma, theta, offsets, weights, group)
             : mixed(normal_terms(y, each(mu, N) + shift, each(sigma, N)),
                     each(log(theta), rows(Z)), weights, group);
    } else if (kind == 6) {
      return fused ? normal_mixture_lpdf(y | X, beta, sigma, Z, gamma, offsets, weights, group)
             : mixed(normal_terms(y, predictor(X, beta) + shift, each(sigma, N)),
                     log_softmax_rows(predictor(Z, gamma)), weights, group);
    } else if (kind == 7) {
      return fused ? poisson_mixture_lpmf(counts | exp(mu), theta)
             : mixed(poisson_terms(counts, each(mu, N)), each(log(theta), N), no_weights, no_groups);
    } else if (kind == 8) {
      return fused ? poisson_mixture_lpmf(counts | X, beta, theta)
             : mixed(poisson_terms(counts, predictor(X, beta)), each(log(theta), N),
                     no_weights, no_groups);
    } else if (kind == 9) {  // the rows of X as vectors of responses, all else as it comes
      return fused ? mvnormal_mixture_lpdf(X | beta, exp(gamma), theta)
             : mixed(mvnormal_terms(X, beta, exp(gamma), rep_vector(0, N)), each(log(theta), N),
                     no_weights, no_groups);
    } else if (kind == 10) {
      return fused ? mvnormal_mixture_lpdf(X | mu, sigma, Z, gamma, offsets, weights, group)
             : mixed(mvnormal_terms(X, all_coordinates(mu, cols(X)),
                                    all_coordinates(sigma, cols(X)), shift[, 1]),
                     log_softmax_rows(predictor(Z, gamma)), weights, group);
    } else if (kind == 11) {
      return fused ? normal_mixture_lpdf(y | mu, Z, delta, theta)
             : mixed(normal_terms(y, each(mu, N), exp(predictor(Z, delta))), each(log(theta), N),
                     no_weights, no_groups);
    } else if (kind == 12) {
      return fused
             ? normal_mixture_lpdf(y | X, beta, X, delta, Z, gamma, offsets, weights, group)
             : mixed(normal_terms(y, predictor(X, beta) + shift, exp(predictor(X, delta))),
                     log_softmax_rows(predictor(Z, gamma)), weights, group);
    } else if (kind == 13) {
      return fused ? student_t_mixture_lpdf(y | mu, sigma, nu, theta)
             : mixed(student_t_terms(y, each(mu, N), each(sigma, N), each(nu, N)),
                     each(log(theta), N), no_weights, no_groups);
    } else if (kind == 14) {
      return fused ? student_t_mixture_lpdf(y | X, beta, sigma, Z, delta, theta)
             : mixed(student_t_terms(y, predictor(X, beta), each(sigma, N),
                                     exp(predictor(Z, delta))),
                     each(log(theta), N), no_weights, no_groups);
    } else if (kind == 15) {
      return fused
             ? student_t_mixture_lpdf(y | X, beta, X, delta, X, alpha, Z, gamma, offsets, weights,
                                      group)
             : mixed(student_t_terms(y, predictor(X, beta) + shift, exp(predictor(X, delta)),
                                     exp(predictor(X, alpha))),
                     log_softmax_rows(predictor(Z, gamma)), weights, group);
    } else if (kind == 16) {
      return fused ? negative_binomial_mixture_lpmf(counts | exp(mu), nu, theta)
             : mixed(negative_binomial_terms(counts, each(mu, N), each(nu, N)),
                     each(log(theta), N), no_weights, no_groups);
    } else if (kind == 17) {
      return fused ? negative_binomial_mixture_lpmf(counts | exp(mu), X, alpha, theta)
             : mixed(negative_binomial_terms(counts, each(mu, N), exp(predictor(X, alpha))),
                     each(log(theta), N), no_weights, no_groups);
    } else if (kind == 18) {
      return fused
             ? negative_binomial_mixture_lpmf(counts | X, beta, nu, Z, gamma, offsets, weights,
                                              group)
             : mixed(negative_binomial_terms(counts, predictor(X, beta) + shift, each(nu, N)),
                     log_softmax_rows(predictor(Z, gamma)), weights, group);
    } else if (kind == 20) {  // counts are of nine trials
      array[N] int trials = rep_array(9, N);
      return fused
             ? beta_binomial_mixture_lpmf(counts | trials, inv_logit(mu), nu, Z, gamma, offsets,
                                          weights, group)
             : mixed(beta_binomial_terms(counts, trials, each(mu, N) + shift, each(nu, N)),
                     log_softmax_rows(predictor(Z, gamma)), weights, group);
    } else if (kind == 21) {
      return fused ? gamma_mixture_lpdf(exp(y) | sigma, X, alpha, theta)
             : mixed(gamma_terms(exp(y), each(sigma, N), exp(predictor(X, alpha))),
                     each(log(theta), N), no_weights, no_groups);
    } else if (kind == 23) {
      return fused ? lognormal_mixture_lpdf(exp(y) | mu, sigma, Z, gamma, negative(nu), offsets,
                                            weights, group)
             : mixed(normal_terms(y, each(mu, N) + shift, each(sigma, N)) - rep_matrix(y, K)
                         + each(nu, N),
                     log_softmax_rows(predictor(Z, gamma)), weights, group);
    } else if (kind == 24) {
      return fused ? lognormal_mixture_lpdf(exp(y) | mu, sigma, theta, negative(-1 * log(nu)))
             : mixed(normal_terms(y, each(mu, N), each(sigma, N)) - rep_matrix(y, K)
                         - each(log(nu), N),
                     each(log(theta), N), no_weights, no_groups);
    } else if (kind == 25) {
      return fused ? interval_logistic_mixture_lpdf(y | y_to, mu, sigma, theta)
             : mixed(logistic_interval_terms(y, y_to, mu, sigma), each(log(theta), N), no_weights,
                     no_groups);
    } else if (kind == 26) {  // the rows of X as vectors of two responses
      array[K] matrix[2, 2] L = rep_array(rep_matrix(0, 2, 2), K);
      for (k in 1:K) {
        L[k, 1, 1] = sigma[k];
        L[k, 2, 1] = beta[k, 1];
        L[k, 2, 2] = nu[k] * known[k];
      }
      return fused
             ? multi_normal_cholesky_mixture_lpdf(X | mu, L, Z, gamma, offsets, weights, group)
             : mixed(multi_normal_terms(X, mu, L, shift[, 1]), log_softmax_rows(predictor(Z, gamma)),
                     weights, group);
    } else if (kind == 22) {
      array[N] int truths;
      for (n in 1:N) {
        truths[n] = counts[n] %/% 5;
      }
      return fused ? bernoulli_mixture_lpmf(truths | inv_logit(mu), theta)
             : mixed(bernoulli_terms(truths, inv_logit(each(mu, N))), each(log(theta), N),
                     no_weights, no_groups);
    }
    return fused ? poisson_mixture_lpmf(counts | exp(mu), Z, gamma, offsets, weights, group)
           : mixed(poisson_terms(counts, each(mu, N) + shift), log_softmax_rows(predictor(Z, gamma)),
                   weights, group);
  }
}
data {
  int N, K, P, G;
  int fused;
  int kind;
  vector[N] y;
  vector[N] y_to;
  array[N] int counts;
  matrix[N, P] X;
  matrix[G, P] Z;
  int M;  // rows with options
  vector[M] offsets;
  vector[M] weights;
  int grouped;
  array[grouped] int group;
  vector[K] known;
}
parameters {
  simplex[K] theta;
  vector[K] mu;
  array[K] vector[P] beta;
  vector<lower=0>[K] sigma;
  array[K] vector[P] gamma;
  vector<lower=0>[K] nu;
  array[K] vector[P] delta;
  array[K] vector[P] alpha;
}
model {
  target += likelihood(fused, kind, y, y_to, counts, X, Z, offsets, weights, group, known, theta,
                       mu, beta, sigma, gamma, nu, delta, alpha);
}
generated quantities {
  real value = likelihood(fused, kind, y, y_to, counts, X, Z, offsets, weights, group, known,
                          theta, mu, beta, sigma, gamma, nu, delta, alpha);
}
