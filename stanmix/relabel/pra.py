"""The pivotal reordering algorithm (PRA): parameters turned towards a pivot."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stanmix.arguments import checked
from stanmix.errors import InputError
from stanmix.relabel.alternation import Pass, Report, settle, spread, subset
from stanmix.relabel.assignment import assign, total
from stanmix.relabel.checks import ITERATIONS, REPORT, FloatArray, check_finite, check_parameters
from stanmix.relabel.permutations import closest_names

__all__ = ["pra"]

_CANDIDATES = 32
# Of the spread over all components: how little a parameter may vary within ranks.
_LEAST_SPREAD = 1e-6


@checked(max_iterations=ITERATIONS, report=REPORT)
def pra(
    theta: ArrayLike,
    pivot: ArrayLike | None = None,
    *,
    max_iterations: int = 100,
    report: Report | None = None,
) -> NDArray[np.intp]:
    """Relabel each draw to have the largest inner product with a pivot.

    The parameters are first centred, and divided by their standard deviation within
    ranks: that of the smallest value of a draw, of the second smallest, and so on,
    pooled. So units have no part in the result, and a parameter counts the more, the
    better it tells the components apart. The inner product is largest where
    the squared distance to the pivot is smallest. Without a pivot, the draw that is
    nearest to the others is the first one, and then the mean of the relabelled draws,
    until the permutations stay; each pass lowers the squared distance.

    Parameters
    ----------
    theta : array_like, shape (chain, draw, component) or (chain, draw, component, parameter)
        Draws of the parameters. Scales and weights spread more evenly as logarithms.
    pivot : array_like, shape (component,) or (component, parameter), optional
        Parameters that represent one mode of the posterior, such as the draw of
        highest posterior density; its components give the names. Without it the
        components keep the labels that they have in most draws.
    max_iterations : int, default 100
        Most passes without a pivot; a warning says when they did not suffice.
    report : callable, optional
        Called, if there is no pivot, with a `Convergence`; the objective is the
        squared distance to the pivot, in standard deviations.

    Returns
    -------
    ndarray of int, shape (chain, draw, component)
        Permutations, ``perm[chain, draw, new] = old``.

    Raises
    ------
    InputError
        If a shape does not fit, or a value is not finite.

    Notes
    -----
    Division by the standard deviation over draws and components, as is usual, would let
    parameters that do not tell the components apart, and only add noise, weigh as much
    as those that do.

    References
    ----------
    Marin, Mengersen and Robert (2005), Handbook of Statistics 25, section 3.2. The
    maximum is an assignment problem, solved exactly without trying all permutations.
    """
    values = check_parameters(theta)
    centre, scale = location_and_scale(values)
    flat = ((values - centre) / scale).reshape(-1, *values.shape[2:])
    if pivot is not None:
        given = check_finite(pivot, "pivot")
        if given.ndim == 1:
            given = given[:, None]
        if given.shape != values.shape[2:]:
            raise InputError(
                f"pivot has shape {np.shape(pivot)}; expected (component, parameter) = "
                f"{values.shape[2:]}, as theta."
            )
        return assign(_distance(flat, (given - centre) / scale)).reshape(values.shape[:3])

    def step(reference: FloatArray) -> Pass[FloatArray]:
        cost = _distance(flat, reference)
        perm = assign(cost)
        mean = np.take_along_axis(flat, perm[..., None], axis=1).mean(axis=0)
        return Pass(perm, total(cost, perm), mean)

    end = settle("pra", step, central_draw(flat), max_iterations, report)
    return closest_names(end.perm).reshape(values.shape[:3])


def location_and_scale(theta: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give the mean of each parameter, and its standard deviation within a rank.

    The second is that of the smallest value of a draw, of the second smallest, and so
    on, pooled: nearly the posterior standard deviation within a component where the
    parameter tells the components apart, and known without their labels.

    Parameters
    ----------
    theta : ndarray, shape (..., component, parameter)
        Parameters.

    Returns
    -------
    tuple of ndarray, shape (parameter,)
        Means, and standard deviations; 1 for a parameter that does not vary.
    """
    draws = theta.reshape(-1, *theta.shape[-2:])
    overall = draws.std(axis=(0, 1))
    within = np.sqrt(np.sort(draws, axis=1).var(axis=0).mean(axis=0))
    # A constant may have a standard deviation of a few rounding errors.
    constant = overall <= 1e-12 * np.abs(draws).max(axis=(0, 1))
    scale = np.where(constant, 1.0, np.maximum(within, _LEAST_SPREAD * overall))
    return draws.mean(axis=(0, 1)), scale


def central_draw(theta: FloatArray) -> FloatArray:
    """Give the draw that is nearest to the others, whatever the labels.

    Parameters
    ----------
    theta : ndarray, shape (draw, component, parameter)
        Standardised parameters.

    Returns
    -------
    ndarray, shape (component, parameter)
        Of up to 32 draws, that of least squared distance to up to 400 draws.
    """
    few = theta[subset(len(theta))]
    candidates = few[spread(parameter_keys(few), _CANDIDATES)]
    distances = [
        total(cost, assign(cost)) for cost in (_distance(few, draw) for draw in candidates)
    ]
    nearest: FloatArray = candidates[int(np.argmin(distances))]
    return nearest


def parameter_keys(theta: FloatArray) -> FloatArray:
    """Give label-free numbers that tell draws of parameters apart, ``(draw, 1)``."""
    norms = np.sort(np.square(theta).sum(axis=2), axis=1)
    keys: FloatArray = norms.sum(axis=1, keepdims=True)
    return keys


def _distance(theta: FloatArray, pivot: FloatArray) -> FloatArray:
    """Give squared distances ``(draw, new, old)`` from the pivot's components to the draws'."""
    distance: FloatArray = np.square(pivot[None, :, None] - theta[:, None]).sum(axis=3)
    return distance
