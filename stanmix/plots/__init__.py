"""Pictures of a fit, through matplotlib and ArviZ; each returns its axes."""

from stanmix.plots.contours import contours
from stanmix.plots.densities import density
from stanmix.plots.joint import joint
from stanmix.plots.labels import before_and_after, similarity, switching
from stanmix.plots.profiles import classes
from stanmix.plots.regressions import regression
from stanmix.plots.residuals import residuals
from stanmix.plots.style import COLOURS, save
from stanmix.plots.traces import autocorrelation, elbo, pairs, rank, trace

__all__ = [
    "COLOURS",
    "autocorrelation",
    "before_and_after",
    "classes",
    "contours",
    "density",
    "elbo",
    "joint",
    "pairs",
    "rank",
    "regression",
    "residuals",
    "save",
    "similarity",
    "switching",
    "trace",
]
