"""Scales that collapsed: components that stand on one value of the data which occurs many times.

Equal values, as rounding makes them, say of a component's scale only that it is small: the
likelihood grows without bound as the scale vanishes, and the prior alone keeps it from zero.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stanmix.density import allocations, log_joint
from stanmix.diagnostics.report import Report
from stanmix.posterior.posterior import Posterior
from stanmix.program.variables import Quantity
from stanmix.streams import Stream, generator

__all__ = ["collapsed", "share_of_one_value"]

Array = NDArray[np.float64]

# A component collapsed where so much of it is one value. Of rounded data a normal has that share
# on one value where its sd is 0.4 of the step.
SHARE = 0.9
OFTEN = 0.05  # a finding, where it is so in this part of the draws
MOST_DRAWS = 100
MOST_ROWS = 5_000


def collapsed(fit: Posterior, report: Report) -> None:
    """Name components that stand on equal values.

    Parameters
    ----------
    fit : Posterior
        With aligned draws, where labels may switch.
    report : Report
    """
    if fit.scale is None or fit.model.components == 1:
        return
    for column in range(fit.design.y.size // len(fit.design.y)):
        _collapsed_column(fit, report, fit.scale, column)


def _collapsed_column(fit: Posterior, report: Report, scale: Quantity, column: int) -> None:
    y, weights = _column(fit.design.y, column), fit.design.rows.weights
    if len(np.unique(y)) == len(y) and (weights is None or weights.max() < 2):
        return
    values, share, size = share_of_one_value(fit, column)
    stands = (share > SHARE) & (size >= 2)
    often = stands.mean(axis=0)
    which = np.flatnonzero(often >= OFTEN)
    before = int(report.figures.get("collapsed_components", 0))
    report.figures["collapsed_components"] = before + len(which)
    if not len(which):
        return
    terms, parameters = fit.rows()[0], fit.thinned(MOST_DRAWS)
    said, gaps = [], []
    where = f" of {fit.design.dimensions[column]!r}" if fit.design.dimensions else ""
    distinct = np.unique(y)
    for k in which:
        at, times = np.unique(values[stands[:, k], k], return_counts=True)
        value = at[times.argmax()]
        rows = y == value
        number = rows.sum() if weights is None else weights[rows].sum()
        there = terms[np.flatnonzero(rows)].values(parameters)[scale.of][stands[:, k], :, k]
        typical = np.median(there.reshape(*there.shape[:2], -1)[..., column])
        gaps.append(np.abs(distinct[distinct != value] - value).min())
        said.append(
            f"component {fit.component_names[k]} holds a single value{where} in {often[k]:.0%} of "
            f"the draws (mostly {value:g}, which occurs {number:g} times; its {scale.of} is "
            f"{typical:.2g} there, and the next value is {gaps[-1]:g} away)"
        )
    floor, most = max(gaps), float(np.ptp(y))
    prior = f"priors={{{scale.name!r}: ...}}"
    if scale.matrix is None:
        prior = (
            f'priors={{"{scale.name}": stanmix.Uniform({floor:.3g}, {max(most, 2 * floor):.3g})}}'
        )
    report.add(
        "collapsed scale",
        "problem",
        f"{'; '.join(said)}. Equal values, as rounding makes them, say of a scale only that it is "
        "small: the prior alone keeps it from zero, and the density at the value, elpd_loo with "
        "it, is as high as the prior lets it be.",
        f"give {scale.name} a prior that keeps {scale.of} above the rounding ({floor:.3g}), as "
        f'{prior}, or shared=("{scale.of}",), or fit fewer components. If the value is a thing of '
        "its own (a zero, a limit of detection), model it apart. Do not compare this fit by elpd.",
    )


def _column(y: Array, column: int) -> Array:
    return np.asarray(y.reshape(len(y), -1)[:, column])


def share_of_one_value(fit: Posterior, column: int = 0) -> tuple[Array, Array, Array]:
    """Return how much of each component is the commonest of its values.

    Parameters
    ----------
    fit : Posterior
        Of N rows; at most 100 of its draws are looked at, and 5 000 rows.
    column : int
        Which one of a response of several columns.

    Returns
    -------
    values : ndarray of shape (S, K)
        The value of the response that has most of the component.
    share : ndarray of shape (S, K)
        The part of the component's expected observations that have it.
    size : ndarray of shape (S, K)
        How many they are expected to be, of N (by weight, where rows have one).
    """
    terms, weights = fit.rows()[0], fit.design.rows.weights
    counts = np.ones(len(terms)) if weights is None else weights
    total = float(counts.sum())
    if terms.alike and terms.groups is None:  # equal rows are one row
        _, first, same = np.unique(terms.y, axis=0, return_index=True, return_inverse=True)
        terms, counts = terms[first], np.bincount(same.ravel(), counts).astype(float)
    if len(terms) > MOST_ROWS:
        rng = generator(fit.seed, Stream.TIED_ROWS)
        rows = np.sort(rng.choice(len(terms), MOST_ROWS, replace=False))
        terms, counts = terms[rows], counts[rows]
        counts = counts * (total / counts.sum())
    distinct, place = np.unique(_column(terms.responses, column), return_inverse=True)
    parameters = fit.thinned(MOST_DRAWS)
    S, K = parameters["theta"].shape
    values, share, size = np.empty((S, K)), np.zeros((S, K)), np.empty((S, K))
    for s in range(S):
        here = {name: draws[s : s + 1] for name, draws in parameters.items()}
        joint = log_joint.log_joint(here, terms)
        p = np.nan_to_num(allocations.responsibilities(joint))[0] * counts[:, None]
        for k in range(K):
            of_value = np.bincount(place, p[:, k], len(distinct))
            size[s, k] = of_value.sum()
            values[s, k] = distinct[of_value.argmax()]
            share[s, k] = of_value.max() / max(size[s, k], np.finfo(float).tiny)
    return values, share, size
