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
from stanmix.model.families.components import PointMass, Truncated
from stanmix.model.priors import (
    LKJ,
    AsymmetricLaplace,
    Beta,
    BetaProportion,
    Cauchy,
    ChiSquare,
    Dirichlet,
    ExGaussian,
    Exponential,
    Flat,
    Frechet,
    Gamma,
    Gumbel,
    HalfCauchy,
    HalfNormal,
    HalfStudentT,
    InvChiSquare,
    InverseGamma,
    Laplace,
    Logistic,
    LogLogistic,
    LogNormal,
    Normal,
    Pareto,
    ParetoType2,
    Rayleigh,
    ScaledInvChiSquare,
    SkewNormal,
    StdNormal,
    StudentT,
    Uniform,
    Weibull,
)
from stanmix.posterior.loo import Comparison, compare
from stanmix.posterior.prior_draws import prior_predictive
from stanmix.relabel.inference_data import relabel_inference_data
from stanmix.runs.read import load, read
from stanmix.runs.record import Provenance
from stanmix.runs.rerun import Rerun, rerun

__all__ = [
    "LKJ",
    "AsymmetricLaplace",
    "Beta",
    "BetaProportion",
    "Cauchy",
    "ChiSquare",
    "Comparison",
    "CompileError",
    "Dirichlet",
    "ExGaussian",
    "Exponential",
    "Fit",
    "Flat",
    "Frechet",
    "Gamma",
    "Gumbel",
    "HalfCauchy",
    "HalfNormal",
    "HalfStudentT",
    "InferenceError",
    "InputError",
    "InvChiSquare",
    "InverseGamma",
    "Laplace",
    "LogLogistic",
    "LogNormal",
    "Logistic",
    "Mixture",
    "Normal",
    "OutputError",
    "Pareto",
    "ParetoType2",
    "PointMass",
    "Provenance",
    "Rayleigh",
    "Rerun",
    "ScaledInvChiSquare",
    "SkewNormal",
    "StanmixError",
    "StdNormal",
    "StudentT",
    "ToolchainError",
    "Truncated",
    "Uniform",
    "Weibull",
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
