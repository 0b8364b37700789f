"""Label switching: whether, how often, between which components, within and between chains."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stanmix.diagnostics.convergence import largest_r_hat
from stanmix.diagnostics.report import Report
from stanmix.posterior import relabelling
from stanmix.posterior.posterior import Posterior

__all__ = ["exchanges", "switching", "usual_labels"]


def switching(fit: Posterior, aligned: Posterior, report: Report) -> None:
    """Judge the labels of a fit by the permutations that align its draws.

    Parameters
    ----------
    fit : Posterior
        As it is to be judged.
    aligned : Fit
        The same draws, aligned.
    report : Report
    """
    perm = aligned.sample_stats["permutation"].to_numpy()
    chains = aligned.posterior.chain.to_numpy()
    names = aligned.component_names
    usual = usual_labels(perm)
    between = len({tuple(row) for row in usual})
    counts = exchanges(perm)
    within = int((perm[:, 1:] != perm[:, :-1]).any(axis=-1).sum())
    steps = perm.shape[0] * (perm.shape[1] - 1)
    report.figures["r_hat_as_sampled"] = largest_r_hat(relabelling.as_sampled(aligned))[0]
    report.figures["switches_within_chains"] = within
    report.figures["switch_rate"] = within / max(steps, 1)
    report.figures["labellings_between_chains"] = between
    if not within and between == 1:
        report.add("label switching", "fine", "none: all draws agree on the labels.")
        return
    component = pd.Index(names, name="component")
    report.tables["labellings"] = pd.DataFrame(usual + 1, pd.Index(chains, name="chain"), component)
    report.tables["switches"] = pd.DataFrame(counts, component, component)
    places = []
    if within:
        one, other = np.unravel_index(int(np.argmax(counts)), counts.shape)
        places.append(
            f"labels change {within} time{'s' if within > 1 else ''} within chains "
            f"({within / steps:.2%} of the steps, most often between components "
            f"{names[min(one, other)]} and {names[max(one, other)]})"
        )
    if between > 1:
        places.append(f"chains settle on {between} different labellings")
    done = "permutation" in fit.sample_stats
    report.add(
        "label switching",
        "note" if done else "problem",
        f"{' and '.join(places)}; R-hat of the draws as sampled is "
        f"{report.figures['r_hat_as_sampled']:.2f}. "
        + (
            f"The draws have been {fit.labelling}."
            if done
            else "The posterior is the same under every numbering of the components, so "
            "means over these draws mix components up."
        ),
        "" if done else 'use fit.relabel("ecr"), or order= in the model.',
    )


def exchanges(perm: NDArray[np.intp]) -> NDArray[np.intp]:
    """Count between which components labels passed, from a draw to the next.

    Parameters
    ----------
    perm : ndarray of int, shape (chain, draw, component)
        ``perm[..., new] = old`` aligns the draws.

    Returns
    -------
    ndarray of int, shape (component, component)
        Entry (j, k): how often the label of component j went to component k.
    """
    K = perm.shape[-1]
    counts = np.zeros((K, K), dtype=np.intp)
    # Who had each label before, and who has it after.
    owner = np.argsort(perm, axis=-1)
    before, after = owner[:, :-1].ravel(), owner[:, 1:].ravel()
    np.add.at(counts, (before, after), 1)
    np.fill_diagonal(counts, 0)
    return counts


def usual_labels(perm: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the commonest permutation of each chain, (chain, component)."""
    found = []
    for chain in perm:
        distinct, count = np.unique(chain, axis=0, return_counts=True)
        found.append(distinct[int(np.argmax(count))])
    return np.array(found)
