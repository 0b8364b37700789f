"""What a second model says: its parameters, and how classes differ."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from stanmix.arguments import PROBABILITY, checked
from stanmix.containers import scalars
from stanmix.posterior.intervals import figures

__all__ = ["Estimates"]

_POOR = 0.2  # independent draws that a candidate is worth


@dataclass(frozen=True, repr=False)
class Estimates:
    """Draws of a second model's parameters, which carry the uncertainty of the classes.

    Attributes
    ----------
    title : str
        What was estimated.
    draws : Dataset
        Dims chain (of length one) and draw. Of an outcome: ``beta`` by ``term``, on the scale of
        the link; other parameters of the family; and ``mean`` by ``class``, the mean outcome were
        all rows of the class. Of membership: ``gamma`` by ``class`` and ``term``, log odds against
        the first class.
    compared : str
        Which of the draws are compared between classes.
    notes : tuple of str
        What is to be known of the draws.
    """

    title: str
    draws: xr.Dataset
    compared: str
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        tables = [self.title, self.summary().round(3).to_string()]
        tables += ["Contrasts", self.contrasts().round(3).to_string(), *self.notes]
        return "\n\n".join(tables)

    @checked(prob=PROBABILITY)
    def summary(self, prob: float = 0.95) -> pd.DataFrame:
        """Return ``mean``, ``sd``, ``lower`` and ``upper`` of each parameter.

        Parameters
        ----------
        prob : float
            Probability of the central intervals.
        """
        found = {name: draws.ravel() for name, draws in scalars(self.draws)}
        if self.compared == "gamma":  # against itself, the first class tells nothing
            first = f"gamma[{self.draws['class'].to_numpy()[0]}, "
            found = {name: draws for name, draws in found.items() if not name.startswith(first)}
        return figures(np.stack(list(found.values()), axis=1), prob, pd.Index(found))

    @checked(prob=PROBABILITY)
    def contrasts(self, prob: float = 0.95) -> pd.DataFrame:
        """Return differences between all pairs of classes.

        Parameters
        ----------
        prob : float
            Probability of the central intervals.

        Returns
        -------
        DataFrame
            By ``class`` and ``against``: of an outcome the difference of the means, in its unit;
            of membership the log odds, by ``term``. Columns as in `summary`, and ``P(> 0)``.
        """
        values = self.draws[self.compared].transpose("chain", "draw", "class", ...).to_numpy()
        values = values.reshape(-1, *values.shape[2:])
        names = self.draws["class"].to_numpy()
        rows, labels = [], []
        terms = self.draws["term"].to_numpy() if values.ndim == 3 else [None]
        for (j, low), (k, high) in itertools.combinations(enumerate(names), 2):
            for q, term in enumerate(terms):
                rows.append((values[:, k] - values[:, j]).reshape(len(values), -1)[:, q])
                labels.append((high, low) if term is None else (high, low, term))
        known = ["class", "against", "term"][: len(labels[0])]
        index = pd.MultiIndex.from_tuples(labels, names=known)
        differences = np.stack(rows, axis=1)
        table = figures(differences, prob, index)
        return table.assign(**{"P(> 0)": (differences > 0).mean(axis=0)})


def notes(method: str, efficiency: float) -> tuple[str, ...]:
    """Return what is to be known of draws, in words."""
    found = []
    if method == "map":
        found.append(
            "The mixture is taken as known: a mode has no uncertainty, so that intervals are too "
            "short by what draws of the mixture would add."
        )
    if efficiency < _POOR:
        found.append(
            f"The posterior of the second model is far from normal (a candidate is worth "
            f"{efficiency:.2g} draws): its figures are rough."
        )
    return tuple(found)
