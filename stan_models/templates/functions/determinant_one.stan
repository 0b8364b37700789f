  // A Cholesky factor, times a number by which its determinant is 1.
  matrix of_determinant_one(matrix L) {
    return L / exp(mean(log(diagonal(L))));
  }
