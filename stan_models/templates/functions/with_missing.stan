  // Numbers of columns, with what is no number where a row lacks one.
  matrix with_missing(matrix y, array[,] int observed) {
    matrix[rows(y), cols(y)] found = y;
    for (n in 1:rows(y)) {
      for (d in 1:cols(y)) {
        if (!observed[n, d]) found[n, d] = not_a_number();
      }
    }
    return found;
  }
