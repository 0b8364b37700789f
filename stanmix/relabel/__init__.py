"""Label switching undone: draws of a mixture aligned to one labelling.

One module an algorithm, over NumPy arrays of any origin. Allocations ``z`` are
``(chain, draw, obs)``, allocation probabilities ``p`` ``(chain, draw, obs, component)``,
parameters ``theta`` ``(chain, draw, component[, parameter])``. Every algorithm gives
permutations ``(chain, draw, component)`` with ``perm[chain, draw, new] = old``, and
aligns all chains to one labelling.
"""

from stanmix.relabel.alternation import Convergence, RelabellingWarning
from stanmix.relabel.auto import auto
from stanmix.relabel.compare import agreement, compare, compare_relabellings
from stanmix.relabel.data_based import data_based
from stanmix.relabel.ecr import ecr
from stanmix.relabel.ecr_iterative import ecr_iterative_1, ecr_iterative_2
from stanmix.relabel.order import order
from stanmix.relabel.permutations import apply, apply_to_allocations, name_by
from stanmix.relabel.pra import pra
from stanmix.relabel.probabilities import ComputedProbabilities, ProbabilitySource
from stanmix.relabel.sample_allocations import sample_allocations
from stanmix.relabel.sjw import sjw
from stanmix.relabel.stephens import stephens
from stanmix.relabel.xarray_draws import apply_to_dataset, stack_parameters

__all__ = [
    "ComputedProbabilities",
    "Convergence",
    "ProbabilitySource",
    "RelabellingWarning",
    "agreement",
    "apply",
    "apply_to_allocations",
    "apply_to_dataset",
    "auto",
    "compare",
    "compare_relabellings",
    "data_based",
    "ecr",
    "ecr_iterative_1",
    "ecr_iterative_2",
    "name_by",
    "order",
    "pra",
    "sample_allocations",
    "sjw",
    "stack_parameters",
    "stephens",
]
