"""Components that are not there: empty ones, and two where one would do."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from stanmix.density import allocations, blocks, log_joint
from stanmix.density.row_terms import RowTerms
from stanmix.diagnostics.merging import one_would_do
from stanmix.diagnostics.report import Report
from stanmix.posterior.posterior import Posterior
from stanmix.streams import Stream, generator

__all__ = ["confusion", "distinct", "fewest_rows", "surplus"]

Array = NDArray[np.float64]

# An observation of one component that would on average be given to another with at least this
# probability says that the two overlap, so that one may do for both: two equal normals lie about
# 1.4 sd apart there, and their sum has one hump up to 2 sd.
ALIKE = 1 / 3
MOST_DRAWS = 400
MOST_ROWS = 500


def surplus(fit: Posterior, report: Report) -> None:
    """Name components that are empty, or that another one repeats.

    Parameters
    ----------
    fit : Posterior
        With aligned draws, where labels may switch.
    report : Report
    """
    K, weights = fit.model.components, fit.design.rows.weights
    if K == 1:
        return
    counts = np.ones(len(fit.design.y)) if weights is None else weights
    N = counts.sum()
    parameters = fit.thinned(MOST_DRAWS)
    rng = generator(fit.seed, Stream.SURPLUS_ROWS)
    counted = np.flatnonzero(counts)
    rows = np.sort(rng.choice(counted, min(len(counted), MOST_ROWS), replace=False))
    terms = fit.rows()[0].unlabelled
    sizes, alike = confusion(parameters, terms[rows], counts[rows])
    least = fewest_rows(fit)
    # Few by its weight, or few that are given to it.
    empty = np.minimum(sizes / counts[rows].sum(), parameters["theta"]) * N < least
    same = alike > ALIKE
    if not terms.dimensions:  # of several responses likeness alone decides
        same &= one_would_do(fit, parameters, same)
    # Where none holds rows enough of its own, they are one by themselves.
    count = np.maximum(distinct(empty, same), 1)
    usual = int(np.bincount(count).argmax())
    smallest = fit.draws()["theta"].mean(axis=0).min()
    report.figures["smallest_component"] = float(smallest * N)
    report.figures["distinct_components"] = usual
    report.tables["components"] = _table(fit, sizes.mean(axis=0) / counts[rows].sum(), empty, same)
    if usual >= K:
        return
    is_empty = [str(fit.component_names[k]) for k in np.flatnonzero(empty.mean(axis=0) > 0.5)]
    pairs = [
        f"{fit.component_names[j]} and {fit.component_names[k]}"
        for j in range(K)
        for k in range(j + 1, K)
        if same[:, j, k].mean() > 0.5
    ]
    details = []
    if is_empty:
        details.append(
            f"component(s) {', '.join(is_empty)} hold fewer than {least} of {N:g} observations in "
            "most draws"
        )
    if pairs:
        details.append(f"components {', '.join(pairs)} are too alike to be told apart")
    if not details:
        details.append("which of them are empty or alike changes from draw to draw")
    report.add(
        "surplus components",
        "note",
        f"K = {K} were fitted, but {usual} {'is' if usual == 1 else 'are'} distinct and "
        f"{'holds' if usual == 1 else 'hold'} observations in most draws "
        f"({(count == usual).mean():.0%}): {'; '.join(details)}.",
        f"fit components={usual} and compare (stanmix.compare); means of single components "
        "say little here, but densities and predictions can be used."
        if fit.model.labels is None
        else f"labels={fit.model.labels!r} says that they are classes, alike or not: little is "
        "known of the class of a row without a label.",
    )


def fewest_rows(fit: Posterior) -> int:
    """Return how many rows a component needs: one more than its location has numbers."""
    return int(np.prod(fit.posterior[fit.program.location.name].shape[3:])) + 1


def confusion(
    parameters: dict[str, Array], terms: RowTerms, counts: Array | None = None
) -> tuple[Array, Array]:
    """Return the sizes of the components, and how they are taken for one another.

    Parameters
    ----------
    parameters : dict of str to ndarray
        S draws; see `stanmix.Fit.draws`.
    terms : RowTerms
        Of N rows.
    counts : ndarray of shape (N,), optional
        How often each row counts; default once.

    Returns
    -------
    sizes : ndarray of shape (S, K)
        Expected numbers of observations.
    alike : ndarray of shape (S, K, K)
        The mean probability that an observation of the smaller of two components is given to the
        larger: 1/2 or more if they are the same, 0 if they are far apart.
    """
    S, K = parameters["theta"].shape
    times = np.ones(len(terms)) if counts is None else counts
    sizes, alike = np.empty((S, K)), np.empty((S, K, K))
    for part in blocks.blocks(S, len(terms), K):
        here = {name: values[part] for name, values in parameters.items()}
        p = np.nan_to_num(allocations.responsibilities(log_joint.log_joint(here, terms)))
        weighted = times[:, None] * p
        sizes[part] = weighted.sum(axis=1)
        shared = np.einsum("snj,snk->sjk", weighted, p)
        smaller = np.minimum(sizes[part][:, :, None], sizes[part][:, None, :])
        alike[part] = shared / np.maximum(smaller, np.finfo(float).tiny)
    return sizes, alike


def distinct(empty: NDArray[np.bool_], same: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Count the components of each draw that are neither empty nor repeated.

    Parameters
    ----------
    empty : ndarray of bool, shape (S, K)
    same : ndarray of bool, shape (S, K, K)

    Returns
    -------
    ndarray of int, shape (S,)
        Groups of alike components among those that are not empty.
    """
    S, K = empty.shape
    both = np.concatenate([empty, same.reshape(S, -1)], axis=1)
    patterns, which = np.unique(both, axis=0, return_inverse=True)  # few: most draws are alike
    found = np.zeros(len(patterns), dtype=np.intp)
    for at, pattern in enumerate(patterns):
        kept = np.flatnonzero(~pattern[:K])
        if len(kept):
            alike = pattern[K:].reshape(K, K)[np.ix_(kept, kept)]
            found[at] = connected_components(csr_matrix(alike), directed=False)[0]
    return found[which.ravel()]


def _table(
    fit: Posterior, weight: Array, empty: NDArray[np.bool_], same: NDArray[np.bool_]
) -> pd.DataFrame:
    K = len(weight)
    apart = same.mean(axis=0) * (1 - np.eye(K))
    nearest = apart.argmax(axis=1)
    return pd.DataFrame(
        {
            "share": weight,
            "empty": empty.mean(axis=0),
            "most_like": fit.component_names[nearest],
            "alike": apart[np.arange(K), nearest],
        },
        pd.Index(fit.component_names, name="component"),
    )
