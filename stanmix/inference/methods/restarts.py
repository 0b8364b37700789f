"""Approximations from several starts, of which the best is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from stanmix.inference.exploration.importance import k_hat
from stanmix.inference.runs.output import Array, Output, Runs

__all__ = ["Approximation", "best"]


@dataclass(frozen=True)
class Approximation:
    """What one run of an approximating method gave.

    Attributes
    ----------
    draws : dict of str to ndarray
        Of the approximation itself, each of shape (draw, ...).
    log_p, log_g : ndarray of shape (draw,)
        Log density of the posterior and of the approximation, up to constants.
    elbo : float
        Evidence lower bound at the end.
    error : float
        Its Monte Carlo standard error.
    trace : ndarray of shape (evaluation, 2), optional
        Iteration and ELBO on the way there.
    converged : bool
    """

    draws: dict[str, Array]
    log_p: Array
    log_g: Array
    elbo: float
    error: float
    trace: Array | None = None
    converged: bool = True

    def __post_init__(self) -> None:
        if np.isnan(self.elbo):
            raise ValueError("the ELBO is not a number at the end")


def best(
    ended: Mapping[int, Approximation],
    failed: dict[int, str],
    seconds: float,
    log_unit: float = 0.0,
) -> Output:
    """Return the approximation of highest ELBO, as one chain, with the figures of all.

    Parameters
    ----------
    ended : mapping of int to Approximation
    failed : dict of int to str
    seconds : float
    log_unit : float
        What makes an ELBO of the scaled data, as Stan has it, one of the data in their own units:
        a bound of the log evidence, which compares with that of other models.
    """
    kept = max(ended, key=lambda number: ended[number].elbo)
    chosen = ended[kept]
    runs = Runs(
        objective="elbo",
        numbers=tuple(ended),
        kept=kept,
        heights=np.array([run.elbo + log_unit for run in ended.values()]),
        errors=np.array([run.error for run in ended.values()]),
        k_hats=np.array([k_hat(run.log_p - run.log_g) for run in ended.values()]),
        means=_stacked(ended, np.mean),
        sds=_stacked(ended, np.std),
    )
    return Output(
        {name: values[None] for name, values in chosen.draws.items()},
        {"log_p": chosen.log_p[None], "log_g": chosen.log_g[None]},
        (1,),
        failed=failed,
        elbo=None if chosen.trace is None else chosen.trace + np.array([0.0, log_unit]),
        log_unit=log_unit,
        converged=chosen.converged,
        seconds=seconds,
        runs=runs,
    )


def _stacked(ended: Mapping[int, Approximation], summary: Callable[..., Array]) -> dict[str, Array]:
    names = next(iter(ended.values())).draws
    return {
        name: np.stack([summary(run.draws[name], axis=0) for run in ended.values()])
        for name in names
    }
