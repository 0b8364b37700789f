  // Positive numbers of the ratios of some shares, whose product is 1.
  vector of_product_one(vector shares) {
    return shares / exp(mean(log(shares)));
  }
