"""Point estimates of partitions, over arrays of sampled allocations."""

from stanmix.clustering.estimate import (
    CredibleBall,
    PartitionEstimate,
    credible_ball,
    distances,
    expected_loss,
    point_estimate,
)

__all__ = [
    "CredibleBall",
    "PartitionEstimate",
    "credible_ball",
    "distances",
    "expected_loss",
    "point_estimate",
]
