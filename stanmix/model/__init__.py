"""What is stated: a mixture as values; no data, no Stan."""
