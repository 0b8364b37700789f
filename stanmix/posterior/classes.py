"""What is reported of latent classes: their sizes, their profiles, and how well they are told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from stanmix.density.classification import Classification, classify
from stanmix.density.moments import of_components
from stanmix.posterior.intervals import figures
from stanmix.posterior.posterior import Posterior
from stanmix.program.columns import category_names

__all__ = ["Classes", "classes"]


@dataclass(frozen=True, repr=False)
class Classes:
    """The classes of a fit, as tables with ``mean``, ``sd``, ``lower`` and ``upper``.

    All figures are computed draw by draw from the responsibilities, and the intervals are those of
    the draws. A group counts once, and a row of weight w as w rows.

    Attributes
    ----------
    sizes : DataFrame
        By ``figure`` and ``class``. ``"weight"``: the parameter of the mixture (``theta``; with
        gating its mean over the rows). ``"expected"``: the part of the rows that is expected in the
        class. ``"modal"``: the part of which it is the most probable class.
    profiles : DataFrame
        By column of the response and ``class``, and by ``category`` where there are categories:
        the mean of the response within the class, or the probability of the category; of columns
        of numbers beside columns of categories the category is empty. Where it depends on
        covariates, at their averages.
    classification : DataFrame
        By ``modal`` and ``class``: the mean posterior probability of the class, of the rows of
        which ``modal`` is the most probable one (Nagin, 2005, p. 88). On the diagonal it is high
        where classes are told well; 0.7 is Nagin's rule of thumb.
    odds : DataFrame
        By ``class``, odds of correct classification: those of the diagonal of `classification`,
        over those of the weight (Nagin, 2005, p. 88; above 5 by his rule of thumb).
    quality : DataFrame
        ``"entropy R-squared"``: 1 - E / (N log K), with E the sum of -p log p over rows and classes
        (Celeux & Soromenho, 1996; called relative entropy by Masyn, 2013); 1 where every class is
        certain, 0 where nothing is known. ``"classification error"``: the part of the rows that is
        expected in another class than the most probable one.
    prob : float
        Probability of the intervals.
    draws : Dataset
        The draws of the figures, dims draw, class, modal_class: ``expected``, ``modal``,
        ``classification``, ``odds``, ``entropy`` and ``error``.

    References
    ----------
    Celeux & Soromenho (1996), J. Classif. 13, 195-212. Masyn (2013), Latent class analysis and
    finite mixture modeling, in The Oxford Handbook of Quantitative Methods 2. Nagin (2005),
    Group-Based Modeling of Development, Harvard University Press.
    """

    sizes: pd.DataFrame
    profiles: pd.DataFrame
    classification: pd.DataFrame
    odds: pd.DataFrame
    quality: pd.DataFrame
    prob: float
    draws: xr.Dataset

    def __repr__(self) -> str:
        titles = {
            "Sizes": self.sizes,
            "Profiles": self.profiles,
            "Mean posterior probability, by most probable class": self.classification,
            "Odds of correct classification": self.odds,
            "How well classes are told apart": self.quality,
        }
        tables = [f"{title}\n{table.round(3).to_string()}" for title, table in titles.items()]
        return "\n\n".join([*tables, f"Intervals have probability {self.prob:g}."])


def classes(fit: Posterior, frame: Any = None, prob: float = 0.95) -> Classes:
    """Return the sizes and profiles of the classes, and how well they are told apart.

    Parameters
    ----------
    fit : Posterior
    frame : DataFrame, optional
        New rows, with the response; default the data of the fit. A row of the fit whose class is
        known is certain of it; labels of new rows are not read.
    prob : float
        Probability of the central intervals.

    Returns
    -------
    Classes

    Raises
    ------
    InputError
        If there is one class, no class can have made a row, or new rows cannot be used.
    """
    parameters, terms = fit.draws(), fit.rows(frame)[0]
    found = classify(parameters, terms)
    names = pd.Index(fit.component_names, name="class")
    sizes = {"weight": parameters["theta"], "expected": found.expected, "modal": found.modal}
    own = np.einsum("skk->sk", found.by_modal)
    with np.errstate(divide="ignore", invalid="ignore"):  # of certain classes, and empty ones
        odds = (own / (1 - own)) / (parameters["theta"] / (1 - parameters["theta"]))
    pairs = pd.MultiIndex.from_product([names, names], names=["modal", "class"])
    told = np.stack([found.entropy, found.error], axis=1)
    quality = pd.Index(["entropy R-squared", "classification error"], name="figure")
    return Classes(
        pd.concat({f: figures(x, prob, names) for f, x in sizes.items()}, names=["figure"]),
        profiles(fit, prob),
        figures(found.by_modal, prob, pairs),
        figures(odds, prob, names),
        figures(told, prob, quality),
        prob,
        _draws(found, odds, names),
    )


def profiles(fit: Posterior, prob: float = 0.95) -> pd.DataFrame:
    """Return the means of the response within the classes; see `Classes`."""
    means = of_components(fit.draws(), fit.rows()[0], "mean")
    names = pd.Index(fit.component_names, name="class")
    several = enumerate(fit.design.dimensions)
    labels = {name: category_names(fit.design, d) for d, name in several}
    labels = labels or {fit.design.response: category_names(fit.design)}
    some, at, found = any(labels.values()), 0, {}
    means = means.reshape(*means.shape[:2], -1)
    for name, stated in labels.items():
        of_each = stated or ("",)
        own = means[..., at : at + len(of_each)]
        at += len(of_each)
        within = pd.Index(of_each, name="category")
        index = pd.MultiIndex.from_product([names, within]) if some else names
        found[name] = figures(own if some else own[..., 0], prob, index)
    return pd.concat(found, names=["response"])


def _draws(found: Classification, odds: Any, names: pd.Index) -> xr.Dataset:
    values = {
        "expected": (("draw", "class"), found.expected),
        "modal": (("draw", "class"), found.modal),
        "classification": (("draw", "modal_class", "class"), found.by_modal),
        "odds": (("draw", "class"), odds),
        "entropy": ("draw", found.entropy),
        "error": ("draw", found.error),
    }
    return xr.Dataset(values, {"class": names.to_numpy(), "modal_class": names.to_numpy()})
