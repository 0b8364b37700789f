  // Loadings stand one factor after another: of D columns on the first, of all but the first
  // column on the second, and so on.
  //
  // The Cholesky factor of the covariance of columns that have factors in common.
  matrix factor_cholesky(vector loadings, vector sigma) {
    int D = rows(sigma);
    matrix[D, D] Lambda = rep_matrix(0, D, D);
    int d = 1;
    int r = 1;
    for (j in 1:rows(loadings)) {
      Lambda[d, r] = loadings[j];
      d += 1;
      if (d > D) {
        r += 1;
        d = r;
      }
    }
    return cholesky_decompose(add_diag(tcrossprod(Lambda), square(sigma)));
  }

  // Loadings in the units of the columns, of those in units of scales.
  vector in_units(vector loadings, vector scale) {
    int D = rows(scale);
    vector[rows(loadings)] found;
    int d = 1;
    int r = 1;
    for (j in 1:rows(loadings)) {
      found[j] = scale[d] * loadings[j];
      d += 1;
      if (d > D) {
        r += 1;
        d = r;
      }
    }
    return found;
  }
