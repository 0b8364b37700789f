"""Draws from a mixture's prior, and the responses that it expects before any are seen.

The prior is read from the Stan data, so what is drawn here is what the Stan program states. Where
the program orders a parameter, its prior values are sorted: they have one prior in common, so the
sorted values have the prior density restricted to that order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy import stats

from stanmix import allocation, convert, families, predict
from stanmix.errors import InputError
from stanmix.standata import standata

if TYPE_CHECKING:
    from stanmix.mixture import Mixture

__all__ = ["prior_parameters", "prior_predictive"]

Array = NDArray[np.float64]

# The distributions under the numbers that the Stan programs know them by (stanmix.priors). A half
# distribution is the whole one cut at zero.
_DISTRIBUTIONS: dict[int, Callable[[Sequence[float]], Any]] = {
    1: lambda a: stats.norm(a[0], a[1]),
    2: lambda a: stats.t(a[0], a[1], a[2]),
    3: lambda a: stats.cauchy(a[0], a[1]),
    4: lambda a: stats.laplace(a[0], a[1]),
    5: lambda a: stats.logistic(a[0], a[1]),
    6: lambda a: stats.norm(0, a[0]),
    7: lambda a: stats.t(a[0], 0, a[1]),
    8: lambda a: stats.expon(scale=1 / a[0]),
    9: lambda a: stats.gamma(a[0], scale=1 / a[1]),
    10: lambda a: stats.invgamma(a[0], scale=a[1]),
    11: lambda a: stats.lognorm(a[1], scale=np.exp(a[0])),
    12: lambda a: stats.uniform(a[0], a[1] - a[0]),
}


def prior_parameters(
    model: Mixture, data: Mapping[str, Any], draws: int, rng: np.random.Generator
) -> dict[str, Array]:
    """Draw the components' parameters from their prior.

    Parameters
    ----------
    model : Mixture
    data : mapping
        Its Stan data, from `stanmix.standata.standata`.
    draws : int
        S, how many.
    rng : Generator

    Returns
    -------
    dict of str to ndarray
        ``theta`` and ``sigma`` (S, K), and ``mu`` (S, K) or ``beta`` (S, K, P).

    Raises
    ------
    InputError
        If a prior is flat.
    """
    S, K, order = draws, int(data["K"]), model.program_order
    if "theta" in model.fixed:
        result = {"theta": np.broadcast_to(np.asarray(data["theta"]), (S, K))}
    else:
        result = {"theta": rng.dirichlet(data["theta_prior"], size=S)}
    if model.regression:
        beta = np.empty((S, K, int(data["P"])))
        for p, (code, arguments) in enumerate(
            zip(data["beta_prior"], data["beta_prior_arguments"], strict=True)
        ):
            beta[..., p] = _draw(f"beta of covariate {p + 1}", code, arguments, (S, K), rng)
        if order == "beta":
            ordered = data["ordered_covariate"] - 1
            beta[..., ordered] = np.sort(beta[..., ordered], axis=1)
        result["beta"] = beta
    else:
        mu = _draw("mu", data["mu_prior"], data["mu_prior_arguments"], (S, K), rng)
        result["mu"] = np.sort(mu, axis=1) if order == "mu" else mu
    if "sigma" in model.fixed:
        result["sigma"] = np.broadcast_to(np.asarray(data["sigma"]), (S, K))
    else:
        size = (S, 1) if "sigma" in model.shared else (S, K)
        support = (data.get("sigma_lower", 0.0), data.get("sigma_upper", np.inf))
        code, arguments = data["sigma_prior"], data["sigma_prior_arguments"]
        sigma = np.broadcast_to(_draw("sigma", code, arguments, size, rng, support), (S, K))
        result["sigma"] = np.sort(sigma, axis=1) if order == "sigma" else sigma
    return result


def prior_predictive(
    model: Mixture, frame: Any, draws: int = 1000, seed: int = 0, memory: float | None = None
) -> Any:
    """Draw parameters from the prior, and a response for each row from each of them.

    Parameters
    ----------
    model : Mixture
    frame : DataFrame or mapping of columns
        The data: their covariates, and their scale for the priors that are not stated.
    draws : int
        How many.
    seed : int
    memory : float, optional
        What the responses may take, in GiB; default 2.

    Returns
    -------
    arviz.InferenceData
        Groups ``prior``, ``prior_predictive`` and ``observed_data``.

    Raises
    ------
    InputError
        If the data cannot be used, a prior is flat, or the result would not fit in memory.
    """
    if isinstance(draws, bool) or not isinstance(draws, int | np.integer) or draws < 1:
        raise InputError(f"draws must be a positive whole number, got {draws!r}.")
    if model.gated or model.offset or model.family != "normal":
        raise InputError(
            "Prior predictive draws are made for normal mixtures without gating or offset; draw "
            "from this mixture's program with CmdStan instead (Mixture.export)."
        )
    matrices = model.matrices(frame)
    data = standata(model, matrices)
    rng = np.random.default_rng([seed, 6])
    allocation.check_memory("The prior predictive", draws, len(matrices.y), gib=memory)
    parameters = prior_parameters(model, data, int(draws), rng)
    family = families.family(model.family)
    X = matrices.X if model.regression else None
    drawn = predict.responses(family, parameters, X, len(matrices.y), seed)
    coords: dict[str, Any] = {
        "chain": [1],
        "draw": np.arange(draws),
        "component": np.arange(1, model.components + 1),
    }
    if model.regression:
        coords["covariate"] = np.array(matrices.covariates, dtype=str)
    prior = {
        name: (("chain", "draw", *convert.DIMENSIONS[name]), values[None])
        for name, values in parameters.items()
    }
    response = xr.DataArray(
        drawn[None],
        {"chain": [1], "draw": np.arange(draws), "obs_id": matrices.obs_id},
        ["chain", "draw", "obs_id"],
    )
    return convert.arviz.InferenceData(
        attrs={"seed": seed},
        prior=xr.Dataset(prior, coords),
        prior_predictive=xr.Dataset({"y": response}),
        observed_data=convert.observed(matrices),
    )


def _draw(
    name: str,
    code: int,
    arguments: Sequence[float],
    size: tuple[int, ...],
    rng: np.random.Generator,
    support: tuple[float, float] = (-np.inf, np.inf),
) -> Array:
    """Draw from a prior, cut off outside its support, by the inverse of its distribution."""
    if code not in _DISTRIBUTIONS:
        raise InputError(
            f"The prior of {name} is flat, so there is nothing to draw from: give it a proper one."
        )
    distribution = _DISTRIBUTIONS[code](arguments)
    low, high = distribution.cdf(support[0]), distribution.cdf(support[1])
    result: Array = distribution.ppf(rng.uniform(low, high, size=size))
    return result
