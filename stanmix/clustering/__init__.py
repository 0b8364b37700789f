"""Point estimates of partitions, over arrays of sampled allocations."""
