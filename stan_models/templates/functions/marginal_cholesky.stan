  // Cholesky factor of the covariance of some columns, of that of all.
  matrix marginal_cholesky(matrix L, array[] int there) {
    return size(there) == rows(L) ? L : cholesky_decompose(tcrossprod(L[there]));
  }
