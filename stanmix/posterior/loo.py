"""Models side by side by their expected predictive density, with warnings in plain words.

Leave-one-out cross-validation is estimated from the draws by Pareto-smoothed importance sampling
(Vehtari, Gelman & Gabry, 2017, Stat. Comput. 27, 1413-1432), from the likelihood with the
components summed out: given its component an observation would be predicted by itself. Where the
rows of a group share a class, whole groups are left out (`stanmix.posterior.log_likelihood.units`).
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from scipy.special import logsumexp

from stanmix import containers, psis
from stanmix.arguments import FIT, MEMORY, MappingOf, checked
from stanmix.density import blocks
from stanmix.errors import InputError
from stanmix.monte_carlo import effective_draws
from stanmix.posterior import log_likelihood
from stanmix.posterior.posterior import Posterior

__all__ = ["Comparison", "compare", "loo"]

Array = NDArray[np.float64]

# Above this a single observation carries so much that its estimate cannot be relied on (Vehtari,
# Simpson, Gelman, Yao & Gabry, 2024); with few draws already lower values are unreliable.
K_HAT = 0.7


@dataclass(frozen=True)
class Comparison:
    """Models ranked by expected log predictive density.

    Attributes
    ----------
    table : DataFrame
        A row a model, the best first: ``rank`` from 0; ``elpd_loo`` and its standard error
        ``se``; ``p_loo``, the effective number of parameters; ``elpd_diff``, what it lacks to the
        best, and the standard error ``dse`` of that; ``weight`` in a stack of all; ``warning``,
        whether a Pareto k-hat is too large for the estimate; ``scale``, ``"log"``; and ``bad_k``,
        the number of observations, or of groups, whose Pareto k-hat is too large.
    remarks : tuple of str
        What it says, and what puts it in doubt.
    """

    table: pd.DataFrame
    remarks: tuple[str, ...]

    def __str__(self) -> str:
        shown = self.table[["rank", "elpd_loo", "se", "p_loo", "elpd_diff", "dse", "weight"]]
        shown = shown.assign(bad_k=self.table["bad_k"])
        return "\n".join([shown.to_string(float_format="{:.2f}".format), *self.remarks])

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"


@checked(fits=MappingOf(FIT, 'fits by name, as {"K = 2": two, "K = 3": three}'), memory=MEMORY)
def compare(fits: Mapping[str, Posterior], memory: float | None = None) -> Comparison:
    """Rank fits of the same data by leave-one-out cross-validation.

    Parameters
    ----------
    fits : mapping of str to Fit
        At least two, under the names that the table is to have.
    memory : float, optional
        What the log-likelihood of one observation may take, in GiB; default 2.

    Returns
    -------
    Comparison
        Prints as a table and sentences.

    Raises
    ------
    InputError
        If there are fewer than two fits, they are of other data or labels or leave out other
        things, or one has no draws (a mode).
    """
    if len(fits) < 2:
        raise InputError(
            'compare needs two or more fits by name, as {"K = 2": two, "K = 3": three}.'
        )
    first_name, first = next(iter(fits.items()))
    for name, fit in fits.items():
        same = np.array_equal(fit.design.y, first.design.y, equal_nan=True)
        if not same or fit.design.response != first.design.response:
            raise InputError(
                f"{name!r} and {first_name!r} are fits of other data ({len(fit.design.y)} and "
                f"{len(first.design.y)} values of {fit.design.response!r} and "
                f"{first.design.response!r}): only predictions of the same values compare."
            )
        if not _same_units(fit, first):
            raise InputError(
                f"{name!r} leaves out {_left_out(fit)} at a time and {first_name!r} "
                f"{_left_out(first)}: elpd is a sum over what is left out, so these do not "
                "compare. Fit both with the same group= and weights=."
            )
        if not np.array_equal(_labels(fit), _labels(first)):
            raise InputError(
                f"{name!r} and {first_name!r} know the classes of other rows: elpd is of a row "
                "with its class, where that is known, so these do not compare. Fit both with the "
                "same labels=."
            )
    estimates = {name: loo(fit, memory) for name, fit in fits.items()}
    table = _table(estimates)
    k_hats = {name: estimate.pareto_k for name, estimate in estimates.items()}
    bad = {name: int((k > _limit(fits[name])).sum()) for name, k in k_hats.items()}
    table["bad_k"] = pd.Series(bad)
    return Comparison(table, tuple(_remarks(table, k_hats, fits)))


def _table(estimates: Mapping[str, Any]) -> pd.DataFrame:
    """Return estimates side by side, the best first."""
    found = sorted(estimates.items(), key=lambda named: -named[1]["elpd_loo"])
    pointwise = np.column_stack([estimate["loo_i"].to_numpy() for _, estimate in found])
    lacking = pointwise[:, :1] - pointwise

    def each(name: str) -> list[Any]:
        return [estimate[name] for _, estimate in found]

    return pd.DataFrame(
        {
            "rank": np.arange(len(found)),
            "elpd_loo": each("elpd_loo"),
            "p_loo": each("p_loo"),
            "elpd_diff": lacking.sum(axis=0),
            "weight": _stacked(pointwise),
            "se": each("se"),
            "dse": np.sqrt(len(lacking) * lacking.var(axis=0)),
            "warning": each("warning"),
            "scale": each("scale"),
        },
        index=[name for name, _ in found],
    )


def _stacked(pointwise: Array) -> Array:
    """Return the weights at which the models' mixture predicts best, row left out by row.

    Stacking of predictive distributions (Yao, Vehtari, Simpson & Gelman, 2018, Bayesian Anal. 13,
    917-1007).

    Parameters
    ----------
    pointwise : ndarray of shape (observation, model)
        Log predictive densities.
    """
    from scipy.optimize import Bounds, LinearConstraint, minimize

    density = np.exp(pointwise - pointwise.max(axis=1, keepdims=True))
    models = density.shape[1]

    def loss(weights: Array) -> tuple[float, Array]:
        mixed = density @ weights
        return -float(np.log(mixed).sum()), -(density / mixed[:, None]).sum(axis=0)

    found: Array = minimize(
        loss,
        np.full(models, 1 / models),
        jac=True,
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(np.ones(models), 1, 1),
    ).x
    return found


def loo(fit: Posterior, memory: float | None = None) -> Any:
    """Return the estimate of leave-one-out cross-validation, for ArviZ to compare and draw.

    The pointwise log-likelihood is computed and used in blocks of rows, so that memory does not
    grow with them; one that the fit holds already is taken as it is.

    Parameters
    ----------
    fit : Fit
    memory : float, optional
        What the log-likelihood of one observation may take, in GiB; default 2.

    Returns
    -------
    arviz.ELPDData
        Pointwise: ``elpd_loo``, ``se``, ``p_loo``, ``loo_i``, and ``pareto_k`` for each
        observation; for each group, where its rows share a class. The same under every ArviZ,
        also beside names that ArviZ 1.0 gave to some (``elpd``, ``p``, ``elpd_i``).

    Raises
    ------
    InputError
        If the fit is a mode or a single draw, weights are no whole numbers, or the draws of one
        observation would not fit in memory.
    """
    if fit.method == "map":
        raise InputError(
            'A mode has no draws, and so no predictive density to compare; fit with method="nuts".'
        )
    draws = int(np.prod(fit.draw_coords()[0]))
    if draws < 2:
        raise InputError(
            "Leave-one-out cross-validation weighs draws against one another, and this fit has a "
            "single draw; fit with more draws."
        )
    parts: Iterable[Array]
    groups = containers.groups_of(fit.idata) or {}
    if "log_likelihood" in groups:
        held = groups["log_likelihood"]["y"]
        dim, names = str(held.dims[-1]), held[held.dims[-1]].to_numpy()
        values = held.to_numpy().reshape(draws, -1)
        parts = (values[:, part] for part in blocks.row_blocks(draws, values.shape[1], 1))
    else:
        dim, names = log_likelihood.unit_names(fit)
        parts = log_likelihood.unit_blocks(fit, memory)
    return _elpd(parts, dim, names, draws, _efficiency(fit))


def _elpd(
    parts: Iterable[Array], dim: str, names: NDArray[Any], draws: int, efficiency: float
) -> Any:
    """Return the estimate from log-likelihoods (draw, observation) in blocks."""
    elpd, lppd, k_hats = [], 0.0, []
    for part in parts:
        values = np.ascontiguousarray(part.T)
        log_weights, k_hat = psis.smooth(-values, efficiency)
        elpd.append(logsumexp(log_weights + values, axis=1))
        lppd += float(logsumexp(values, axis=1).sum()) - len(values) * np.log(draws)
        k_hats.append(k_hat)
    pointwise, k_hat = np.concatenate(elpd), np.concatenate(k_hats)
    good = min(1 - 1 / np.log10(draws), K_HAT)
    figures = {
        "elpd_loo": float(pointwise.sum()),
        "se": float(np.sqrt(len(pointwise) * np.var(pointwise))),
        "p_loo": float(lppd - pointwise.sum()),
        "n_samples": draws,
        "n_data_points": len(pointwise),
        "warning": bool((k_hat > good).any()),
        "loo_i": xr.DataArray(pointwise, {dim: names}, [dim], name="loo_i"),
        "pareto_k": xr.DataArray(k_hat, {dim: names}, [dim], name="pareto_shape"),
        "scale": "log",
        "good_k": good,
    }
    return containers.elpd_data(figures)


def _efficiency(fit: Posterior) -> float:
    """Return how many independent draws a draw is worth, the mean over the parameters."""
    posterior = fit.posterior
    if posterior.sizes["chain"] == 1:
        return 1.0
    each = [effective_draws(draws, "mean") for _, draws in containers.scalars(posterior)]
    total = posterior.sizes["chain"] * posterior.sizes["draw"]
    return float(np.nanmean(each) / total) if np.isfinite(each).any() else 1.0


def _same_units(fit: Posterior, other: Posterior) -> bool:
    def weights(fit: Posterior) -> Any:
        given = fit.design.rows.weights
        return np.ones(len(fit.design.y)) if given is None else given

    def groups(fit: Posterior) -> Any:  # the same rows together, whatever they are called
        given = fit.design.rows.group
        return np.arange(len(fit.design.y)) if given is None else given

    return np.array_equal(weights(fit), weights(other)) and np.array_equal(
        groups(fit), groups(other)
    )


def _labels(fit: Posterior) -> Any:
    given = fit.design.rows.labels
    return np.zeros(len(fit.design.y)) if given is None else given.numbers


def _left_out(fit: Posterior) -> str:
    if fit.model.group is not None:
        return f"a whole group of {fit.model.group!r}"
    return "a row" if fit.model.weights is None else f"one of {fit.model.weights!r} equal rows"


def _limit(fit: Posterior) -> float:
    """Return the k-hat that so many draws support (Vehtari et al., 2024, section 3.2)."""
    draws = len(fit.draws()["theta"])
    return float(min(1 - 1 / np.log10(max(draws, 11)), K_HAT))


def _remarks(
    table: pd.DataFrame, k_hats: Mapping[str, xr.DataArray], fits: Mapping[str, Posterior]
) -> list[str]:
    said = []
    best, second = table.index[0], table.index[1]
    gap, error = table.loc[second, "elpd_diff"], table.loc[second, "dse"]
    if gap < 4:
        said.append(
            f"{best!r} and {second!r} predict about equally well: their elpd differs by "
            f"{gap:.1f}, and less than 4 tells little; take the simpler one."
        )
    elif gap < 2 * error:
        said.append(
            f"{best!r} predicts best, but not clearly: its elpd is {gap:.1f} above that of "
            f"{second!r}, with a standard error of {error:.1f}."
        )
    else:
        said.append(
            f"{best!r} predicts best: its elpd is {gap:.1f} (standard error {error:.1f}) above "
            f"that of {second!r}."
        )
    if (left_out := _left_out(fits[best])) != "a row":
        said.append(f"Left out at a time was {left_out}.")
    for name, k_hat in k_hats.items():
        limit = _limit(fits[name])
        values, names = k_hat.to_numpy(), k_hat[k_hat.dims[0]].to_numpy()
        bad = np.flatnonzero(values > limit)
        if len(bad):
            worst = dict.fromkeys(str(name) for name in names[bad[np.argsort(-values[bad])]])
            units = "groups" if k_hat.dims == ("group",) else "observations"
            spread = fits[name].collapsing
            narrow = "the weights" if spread is None else f"{spread.name} or the weights"
            said.append(
                f"{name!r}: Pareto k-hat is above {limit:.2f} for {len(bad)} of {len(values)} "
                f"{units} (worst: {', '.join(list(worst)[:5])}). Without them the posterior would "
                f"be another - often a component that stands on one or two {units} - so their "
                f"share of elpd_loo is unreliable: look at these rows, give {narrow} a "
                "stronger prior, or fit again without them to see what they predict."
            )
    return said
