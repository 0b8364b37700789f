"""Partitions of a fit's observations: which belong together, whatever the components are called.

They are computed from allocations drawn with the fit's seed, so nothing here needs relabelled
draws, and the number of clusters need not be the number of components.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from stanmix.clustering import estimate
from stanmix.clustering.similarity import similarity as shared_component
from stanmix.density import allocations, blocks
from stanmix.errors import InputError
from stanmix.posterior.posterior import Posterior

__all__ = ["MOST_OBSERVATIONS", "clusters", "credible_ball", "similarity"]

# Above this a similarity matrix takes more than 100 MB.
MOST_OBSERVATIONS = 5_000


def similarity(fit: Posterior, frame: Any = None, draws: int | None = 1000) -> xr.DataArray:
    """Return how probable it is that two observations share a component.

    Parameters
    ----------
    fit : Posterior
    frame : DataFrame, optional
        New rows, with the response; default the data of the fit.
    draws : int or None
        How many draws, evenly taken, to use; None for all.

    Returns
    -------
    DataArray of shape (obs_id, other)
        In single precision; the same for every labelling.

    Raises
    ------
    InputError
        For more than 5 000 observations, or if rows or draws cannot be used.
    """
    z, obs_id = _allocations(fit, frame, draws)
    if len(obs_id) > MOST_OBSERVATIONS:
        raise InputError(
            f"A similarity matrix of {len(obs_id)} observations is too large to hold (at most "
            f"{MOST_OBSERVATIONS}): stanmix.clustering.similarity.similarity_blocks gives it in "
            "blocks of rows, from fit.sample_allocations() - 1."
        )
    coords = {"obs_id": obs_id, "other": obs_id}
    return xr.DataArray(shared_component(z), coords, ["obs_id", "other"], name="similarity")


def clusters(
    fit: Posterior,
    loss: estimate.Loss = "vi",
    frame: Any = None,
    draws: int | None = 1000,
    progress: bool = True,
) -> xr.DataArray:
    """Return the partition of the observations of least expected loss.

    Parameters
    ----------
    fit : Posterior
    loss : {"vi", "binder"}
        Variation of information (bits), or Binder's loss.
    frame, draws
        As in `similarity`.
    progress : bool
        Show bars for what takes longer than two seconds.

    Returns
    -------
    DataArray of int, shape (obs_id,)
        Clusters from 1, the largest first; their number need not be K. Attributes: ``loss``,
        ``expected_loss``, ``clusters``, ``draws``; ``searched``, the number of observations that
        were searched, and ``way``, the same in words: of more than 5 000 a random 2 000, from
        which the partition is extended to all (see `stanmix.clustering.estimate`). The
        expected loss is always that of all observations.

    Raises
    ------
    InputError
        If the loss is unknown, or rows or draws cannot be used.

    References
    ----------
    Wade and Ghahramani (2018), Bayesian Analysis 13, 559-626; Dahl, Johnson and Mueller (2022),
    J. Comput. Graph. Stat. 31, 1189-1201.
    """
    z, obs_id = _allocations(fit, frame, draws, progress)
    found = estimate.point_estimate(z, loss, seed=fit.seed, progress=progress)
    about = {
        "loss": loss,
        "expected_loss": found.expected_loss,
        "clusters": found.clusters,
        "draws": z.shape[1],
        "searched": found.searched,
        "way": f"a search of all {len(obs_id)} rows"
        if found.searched == len(obs_id)
        else f"a search of {found.searched} rows at random, extended to all {len(obs_id)}",
    }
    return xr.DataArray(found.labels + 1, {"obs_id": obs_id}, ["obs_id"], "cluster", about)


def credible_ball(
    fit: Posterior,
    labels: xr.DataArray,
    probability: float = 0.95,
    frame: Any = None,
    draws: int | None = 1000,
) -> estimate.CredibleBall:
    """Return the draws near a partition from `clusters`, and the extremes among them.

    Parameters
    ----------
    fit : Posterior
    labels : DataArray
        From `clusters`; the distance is the loss that it names.
    probability : float
        The part of the draws that the ball holds.
    frame, draws
        As they were given to `clusters`.

    Returns
    -------
    CredibleBall
        Its draws are in one row, ``inside`` of shape (1, draw).

    Raises
    ------
    InputError
        If the partition is not one of these rows, or another argument cannot be used.
    """
    if "loss" not in labels.attrs:
        raise InputError("labels must come from fit.clusters(), which says what was minimised.")
    z, _ = _allocations(fit, frame, draws)
    return estimate.credible_ball(
        labels.to_numpy() - 1, z, labels.attrs["loss"], probability=probability
    )


def _allocations(
    fit: Posterior, frame: Any, draws: int | None, progress: bool = False
) -> tuple[NDArray[np.int16], NDArray[Any]]:
    """Return allocations (1, draw, obs) from 0, of evenly taken draws, and names of rows."""
    terms, obs_id = fit.rows(frame)
    parameters = fit.thinned(draws)
    blocks.check_memory("The allocations", len(parameters["theta"]), len(terms), number_bytes=2)
    z = allocations.sample_allocations(parameters, terms, fit.seed, progress)
    return z[None], obs_id
