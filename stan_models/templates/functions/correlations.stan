  // Correlations below the diagonal, row by row, of the Cholesky factor of their matrix.
  vector correlations(matrix L) {
    int D = rows(L);
    vector[choose(D, 2)] rho;
    int at = 0;
    for (i in 2:D) {
      for (j in 1:(i - 1)) {
        at += 1;
        rho[at] = dot_product(L[i, 1:j], L[j, 1:j]);
      }
    }
    return rho;
  }
