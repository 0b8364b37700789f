"""Bayesian mixture models in Stan: programs, fits, relabelled draws, and the truth about them.

>>> import stanmix
>>> model = stanmix.Mixture("y ~ x", components=2)
>>> fit = model.fit(frame, seed=1)  # doctest: +SKIP
>>> print(fit.diagnose())  # doctest: +SKIP
"""

__version__ = "0.1.0"

from stanmix import cmdstan, datasets, relabel
from stanmix.compare import Comparison, compare
from stanmix.errors import (
    CompileError,
    InferenceError,
    InputError,
    OutputError,
    StanmixError,
    ToolchainError,
)
from stanmix.fit import Fit, load
from stanmix.foreign import relabel_inference_data
from stanmix.foreign_fit import from_draws
from stanmix.mixture import Mixture
from stanmix.prior_draws import prior_predictive
from stanmix.priors import (
    Beta,
    Cauchy,
    Dirichlet,
    Exponential,
    Flat,
    Gamma,
    HalfNormal,
    HalfStudentT,
    InverseGamma,
    Laplace,
    Logistic,
    LogNormal,
    Normal,
    StudentT,
    Uniform,
)
from stanmix.provenance import Provenance
from stanmix.reading import read
from stanmix.rerun import Rerun, rerun

__all__ = [
    "Beta",
    "Cauchy",
    "Comparison",
    "CompileError",
    "Dirichlet",
    "Exponential",
    "Fit",
    "Flat",
    "Gamma",
    "HalfNormal",
    "HalfStudentT",
    "InferenceError",
    "InputError",
    "InverseGamma",
    "Laplace",
    "LogNormal",
    "Logistic",
    "Mixture",
    "Normal",
    "OutputError",
    "Provenance",
    "Rerun",
    "StanmixError",
    "StudentT",
    "ToolchainError",
    "Uniform",
    "cmdstan",
    "compare",
    "datasets",
    "from_draws",
    "load",
    "prior_predictive",
    "read",
    "relabel",
    "relabel_inference_data",
    "rerun",
]
