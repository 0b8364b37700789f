  // Numbers of the columns that are observed.
  array[] int which(array[] int observed) {
    array[sum(observed)] int there;
    int at = 0;
    for (d in 1:size(observed)) {
      if (observed[d]) {
        at += 1;
        there[at] = d;
      }
    }
    return there;
  }
