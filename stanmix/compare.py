"""Models side by side by their expected predictive density, with warnings in plain words.

Leave-one-out cross-validation is estimated from the draws by Pareto-smoothed importance sampling
(Vehtari, Gelman & Gabry, 2017, Stat. Comput. 27, 1413-1432), from the likelihood with the
components summed out: given its component an observation would be predicted by itself. Where the
rows of a group share a class, whole groups are left out (`stanmix.likelihoods.units`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from stanmix import convert
from stanmix.errors import InputError

if TYPE_CHECKING:
    from stanmix.fit import Fit

__all__ = ["Comparison", "compare", "loo"]

# Above this a single observation carries so much that its estimate cannot be relied on (Vehtari,
# Simpson, Gelman, Yao & Gabry, 2024); with few draws already lower values are unreliable.
K_HAT = 0.7


@dataclass(frozen=True)
class Comparison:
    """Models ranked by expected log predictive density.

    Attributes
    ----------
    table : DataFrame
        As ``az.compare`` gives it, a row a model, the best first: ``elpd_loo``, ``p_loo``,
        ``elpd_diff``, ``weight``, ``se``, ``dse``, ...; and ``bad_k``, the number of
        observations, or of groups, whose Pareto k-hat is too large.
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
        import html

        return f"<pre>{html.escape(str(self))}</pre>"


def compare(fits: Mapping[str, Fit], memory: float | None = None) -> Comparison:
    """Rank fits of the same data by leave-one-out cross-validation.

    Parameters
    ----------
    fits : mapping of str to Fit
        At least two, under the names that the table is to have.
    memory : float, optional
        What one fit's pointwise log-likelihood may take, in GiB; default 2.

    Returns
    -------
    Comparison
        Prints as a table and sentences.

    Raises
    ------
    InputError
        If there are fewer than two fits, they are of other data or leave out other things, or
        one has no draws (a mode).
    """
    if not isinstance(fits, Mapping) or len(fits) < 2:
        raise InputError(
            'compare needs two or more fits by name, as {"K = 2": two, "K = 3": three}.'
        )
    first_name, first = next(iter(fits.items()))
    for name, fit in fits.items():
        same = np.array_equal(fit.design.y, first.design.y)
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
    estimates = {name: loo(fit, memory) for name, fit in fits.items()}
    with convert.quiet():
        table: pd.DataFrame = convert.arviz().compare(estimates)
    k_hats = {name: estimate.pareto_k for name, estimate in estimates.items()}
    bad = {name: int((k > _limit(fits[name])).sum()) for name, k in k_hats.items()}
    table["bad_k"] = pd.Series(bad)
    return Comparison(table, tuple(_remarks(table, k_hats, fits)))


def loo(fit: Fit, memory: float | None = None) -> Any:
    """Return the estimate of leave-one-out cross-validation, as ``az.loo`` gives it.

    Parameters
    ----------
    fit : Fit
    memory : float, optional
        What the pointwise log-likelihood may take, in GiB; default 2.

    Returns
    -------
    arviz.ELPDData
        Pointwise, with ``pareto_k`` for each observation; for each group, where its rows share
        a class.

    Raises
    ------
    InputError
        If the fit is a mode, weights are no whole numbers, or the pointwise log-likelihood
        would not fit in memory.
    """
    if fit.method == "map":
        raise InputError(
            'A mode has no draws, and so no predictive density to compare; fit with method="nuts".'
        )
    whole = fit if "log_likelihood" in fit.idata.groups() else fit.with_log_likelihood(memory)
    with convert.quiet():
        return convert.arviz().loo(whole.idata, pointwise=True)


def _same_units(fit: Fit, other: Fit) -> bool:
    def weights(fit: Fit) -> Any:
        given = fit.design.beside.weights
        return np.ones(len(fit.design.y)) if given is None else given

    def groups(fit: Fit) -> Any:  # the same rows together, whatever they are called
        given = fit.design.beside.group
        return np.arange(len(fit.design.y)) if given is None else given

    return np.array_equal(weights(fit), weights(other)) and np.array_equal(
        groups(fit), groups(other)
    )


def _left_out(fit: Fit) -> str:
    if fit.model.group is not None:
        return f"a whole group of {fit.model.group!r}"
    return "a row" if fit.model.weights is None else f"one of {fit.model.weights!r} equal rows"


def _limit(fit: Fit) -> float:
    """Return the k-hat that so many draws support (Vehtari et al., 2024, section 3.2)."""
    draws = len(fit.draws()["theta"])
    return float(min(1 - 1 / np.log10(max(draws, 11)), K_HAT))


def _remarks(
    table: pd.DataFrame, k_hats: Mapping[str, xr.DataArray], fits: Mapping[str, Fit]
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
            said.append(
                f"{name!r}: Pareto k-hat is above {limit:.2f} for {len(bad)} of {len(values)} "
                f"{units} (worst: {', '.join(list(worst)[:5])}). Without them the posterior would "
                f"be another - often a component that stands on one or two {units} - so their "
                "share of elpd_loo is unreliable: look at these rows, give sigma or the weights a "
                "stronger prior, or fit again without them to see what they predict."
            )
    return said
