"""Predictions of a fit with names: at its own rows or new ones, as arrays or ArviZ groups."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from stanmix.density import blocks
from stanmix.density import prediction as arrays
from stanmix.density.allocations import summarise_responsibilities
from stanmix.errors import InputError
from stanmix.posterior import allocations
from stanmix.posterior.coordinates import coordinates
from stanmix.posterior.posterior import Posterior
from stanmix.program.columns import category_names, part_names

__all__ = ["Kind", "predict", "predictive_groups"]

Array = NDArray[np.float64]
Kind = Literal["mean", "draws", "density", "responsibilities"]


def predict(
    fit: Posterior,
    frame: Any = None,
    kind: Kind = "mean",
    by_component: bool = False,
    quantiles: tuple[float, ...] | None = None,
    seed: int | None = None,
    memory: float | None = None,
) -> xr.DataArray:
    """Return what a mixture expects at rows of data.

    Parameters
    ----------
    fit : Posterior
    frame : DataFrame, optional
        New rows; default the data of the fit, in which means and draws are also of the rows
        whose response is missing: given what else is known of them, their class or the responses of
        their group. The response is needed for densities and responsibilities alone, which are of
        the rows that have one.
    kind : {"mean", "draws", "density", "responsibilities"}
        ``"mean"``: the expected response; of categories their probabilities, which of several
        columns are called ``"a[yes]"``. It is not a number
        where a draw of the parameters has none, as Student's t distributions with ``nu`` up to 1
        and Cauchy's; for the median ask for ``"draws"`` with ``quantiles=(0.5,)``.
        ``"draws"``: responses drawn from the posterior predictive distribution, one for each
        draw of the parameters; of categories their labels.
        ``"density"``: the posterior predictive density of the response that the row has.
        ``"responsibilities"``: the probabilities of the components given that response.
    by_component : bool
        Whether to keep components apart (densities: weighted by ``theta``, so that they sum to
        the mixture's).
    quantiles : tuple of float, optional
        Posterior quantiles instead of the posterior mean; for ``"draws"``, quantiles of the
        predictive distribution instead of draws.
    seed : int, optional
        For ``"draws"``; default the fit's.
    memory : float, optional
        What draws may take, in GiB; default 2.

    Returns
    -------
    DataArray
        Dims ``obs_id`` and, by component, ``component``, of probabilities ``category``; with
        quantiles ``quantile`` before them, for draws ``chain`` and ``draw``.

    Raises
    ------
    InputError
        If a column is missing, a level of a factor unseen, an argument unusable, or draws would
        not fit in memory.
    """
    found = _predicted(fit, frame, kind, by_component, quantiles, seed, memory)
    if kind != "draws" or not any(one.categories for one in fit.family.kinds):
        return found
    if not fit.model.responses:
        return found.copy(data=_labelled(found.to_numpy(), fit.design.categories))
    axis = found.get_axis_num("dimension")
    columns = [
        _labelled(column, categories) if (categories := fit.design.categories_of(d)) else column
        for d, column in enumerate(np.moveaxis(found.to_numpy(), axis, 0))
    ]
    kept = np.result_type(*columns) if all(one.dtype.kind in "iuf" for one in columns) else object
    return found.copy(data=np.stack([one.astype(kept) for one in columns], axis=axis))


def _labelled(numbers: NDArray[Any], categories: tuple[Any, ...]) -> NDArray[Any]:
    """Return the categories of their numbers, from 1."""
    return np.asarray(np.array(categories)[numbers.astype(np.intp) - 1])


def _predicted(
    fit: Posterior,
    frame: Any,
    kind: Kind,
    by_component: bool = False,
    quantiles: tuple[float, ...] | None = None,
    seed: int | None = None,
    memory: float | None = None,
) -> xr.DataArray:
    """Return what `predict` does, with categories drawn as their numbers."""
    parameters, K = fit.draws(), fit.model.components
    dims, coords = ["obs_id"], {}
    unordered = any(one.categories == "any" for one in fit.family.kinds)
    if kind == "draws" and quantiles is not None and unordered:
        raise InputError(
            f"quantiles={quantiles!r}: categories of family={fit.model.family!r} have no order, "
            'and so no quantiles; ask for their probabilities by kind="mean".'
        )
    if by_component or kind == "responsibilities":
        dims.append("component")
        coords["component"] = fit.component_names
    if kind in ("mean", "draws") and fit.model.responses:
        dims.append("dimension")
        named = part_names(fit.family, fit.design) if kind == "mean" else fit.model.responses
        coords["dimension"] = np.array(named, dtype=str)
    if kind == "mean" and fit.family.categories:
        dims.append("category")
        coords["category"] = np.array(category_names(fit.design), dtype=str)
    if quantiles is not None:
        dims.insert(0, "quantile")
        coords["quantile"] = np.array(quantiles)
    ask = fit.covariates if kind in ("mean", "draws") else fit.rows
    terms, coords["obs_id"] = ask(frame)
    values: Array
    if kind == "responsibilities":
        if quantiles is None:
            return allocations.responsibilities(fit, frame)
        values = summarise_responsibilities(parameters, terms, quantiles)[2]
    elif kind == "density":
        values = arrays.density(parameters, terms, by_component, quantiles)
    elif kind == "mean":
        values = arrays.mean(parameters, terms, by_component, quantiles)
    else:
        shape, draw_coords = fit.draw_coords()
        if quantiles is None:
            sizes = (*shape, len(terms), *((K,) if by_component else ()))
            blocks.check_memory("The draws", *sizes, gib=memory)
        chosen = fit.seed if seed is None else seed
        values = arrays.responses(parameters, terms, chosen, by_component, quantiles)
        if quantiles is None:
            values = values.reshape(*shape, *values.shape[1:])
            dims, coords = ["chain", "draw", *dims], {**draw_coords, **coords}
    return xr.DataArray(values, coords, dims, name=fit.design.response)


def predictive_groups(
    fit: Posterior, frame: Any = None, seed: int | None = None, memory: float | None = None
) -> dict[str, xr.Dataset]:
    """Return drawn responses as groups for `Fit.idata`.

    Parameters
    ----------
    fit, frame, seed, memory
        As in `predict`.

    Returns
    -------
    dict of str to Dataset
        ``posterior_predictive`` for the data of the fit; for new rows, and those of the fit whose
        response is missing, ``predictions``, and ``predictions_constant_data`` with their
        covariates, offset and trials.
    """
    drawn = xr.Dataset({"y": _predicted(fit, frame, "draws", seed=seed, memory=memory)})
    terms, obs_id = fit.covariates(frame)
    found: dict[str, xr.Dataset] = {}
    if frame is None:
        missing = np.isnan(terms.responses).reshape(len(terms), -1).all(axis=1)
        missing &= fit.design.with_missing is not None  # else such rows are among the data
        found["posterior_predictive"] = drawn.isel(obs_id=~missing)
        if not missing.any():
            return found
        drawn, terms, obs_id = drawn.isel(obs_id=missing), terms[missing], obs_id[missing]
    found["predictions"] = drawn
    labels = coordinates(fit.program, fit.design, fit.model.components)
    coords: dict[str, Any] = {"obs_id": obs_id}
    constant: dict[str, Any] = {}
    for matrix in fit.program.matrices:
        constant[matrix.name] = (("obs_id", matrix.axis), terms.matrices[matrix.of][terms.at])
        coords[matrix.axis] = labels[matrix.axis]
    for name, values in (("offset", terms.offset), ("trials", terms.trials)):
        if values is not None:
            constant[name] = ("obs_id", values[terms.at])
    if constant:
        found["predictions_constant_data"] = xr.Dataset(constant, coords)
    return found
