"""Bayesian mixture models in Stan: programs, fits, relabelled draws, and the truth about them.

>>> import stanmix
>>> model = stanmix.Mixture("y ~ x", components=2)
>>> fit = model.fit(frame, seed=1)  # doctest: +SKIP
>>> print(fit.diagnose())  # doctest: +SKIP
"""

from stanmix import cmdstan, datasets, relabel
from stanmix._version import __version__ as __version__
from stanmix.errors import (
    CompileError,
    InferenceError,
    InputError,
    OutputError,
    StanmixError,
    ToolchainError,
)
from stanmix.fit import Fit
from stanmix.fitting import from_draws
from stanmix.mixture import Mixture
from stanmix.model.families.components import PointMass
from stanmix.model.priors import (
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
from stanmix.posterior.loo import Comparison, compare
from stanmix.posterior.prior_draws import prior_predictive
from stanmix.relabel.inference_data import relabel_inference_data
from stanmix.runs.read import load, read
from stanmix.runs.record import Provenance
from stanmix.runs.rerun import Rerun, rerun

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
    "PointMass",
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
