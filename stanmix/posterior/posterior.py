"""The draws of a mixture with their model and data, which all that follows reads."""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from stanmix import containers
from stanmix.arguments import FRAME, Integer, OrNone, checked
from stanmix.data.design import Design
from stanmix.data.frames import to_frame
from stanmix.density import row_terms
from stanmix.density.log_joint import mean_weights
from stanmix.density.row_terms import RowTerms
from stanmix.errors import InputError
from stanmix.model.families import Family
from stanmix.model.predictors import Block
from stanmix.model.specification import Specification
from stanmix.posterior.coordinates import coordinates
from stanmix.program.coefficients import numbers_by_name
from stanmix.program.data import known_values
from stanmix.program.lower import lower
from stanmix.program.plan import Program
from stanmix.program.units import Units, units_of
from stanmix.program.variables import Quantity

__all__ = ["Posterior", "parameters", "spread", "spread_of", "thinned"]

Array = NDArray[np.float64]
Some = TypeVar("Some", bound="Posterior")


@dataclass(frozen=True, eq=False)
class Posterior:
    """The draws of a mixture, with its statement and its data.

    Attributes
    ----------
    model : Specification
        The statement that was fitted.
    design : Design
        Response and covariates of the data.
    idata : arviz.InferenceData or xarray.DataTree
        Whichever the installed ArviZ has: up to 0.23 InferenceData, from 1.0 on a DataTree. Draws
        and data: groups ``posterior``, ``sample_stats``, ``observed_data`` and
        ``constant_data``; dims chain, draw, component, covariate, obs_id. Its attributes say
        what made the draws: seed, program, toolchain, version, and how components were named.
    """

    model: Specification
    design: Design
    idata: Any

    @property
    def posterior(self) -> xr.Dataset:
        """The draws of the parameters: the group ``posterior`` of `idata`, whatever that is."""
        return containers.group(self.idata, "posterior")

    @property
    def sample_stats(self) -> xr.Dataset:
        """Statistics of the draws, and of what made them: the group ``sample_stats``."""
        return containers.group(self.idata, "sample_stats")

    @property
    def method(self) -> str:
        """The inference method, as `Mixture.fit` takes it; ``"mcmc"`` for draws made elsewhere."""
        return str(self.idata.attrs["method"])

    @property
    def component_names(self) -> NDArray[Any]:
        """The coordinate of the components: 1, ..., K, or the names that labels give them."""
        return coordinates(self.program, self.design, self.model.components)["component"]

    @property
    def family(self) -> Family:
        """The family of the response."""
        return self.model.of_family

    @functools.cached_property
    def numbers(self) -> dict[str, NDArray[np.intp]]:
        """Which of their different coefficients components have, (K, P) by the quantity's name.

        See `stanmix.program.coefficients.numbers`.
        """
        return numbers_by_name(self.program, self.design, self.model.components)

    @functools.cached_property
    def program(self) -> Program:
        """The plan of the mixture's program: its quantities, and what is known of each."""
        return lower(self.model)

    @functools.cached_property
    def units(self) -> Units:
        """The centres and scales of the data, in which programs sample."""
        return units_of(self.model, self.design)

    @property
    def collapsing(self) -> Quantity | None:
        """The estimated quantity by which a component's density may grow without bound."""
        return None if self.family.counts else self.spread

    @functools.cached_property
    def spread(self) -> Quantity | None:
        """The estimated quantity by which components are narrow or wide, if there is one."""
        return spread_of(self, self.model.block)

    @property
    def seed(self) -> int:
        """The seed that reproduces the draws."""
        return int(self.idata.attrs["seed"])

    @property
    def labelling(self) -> str:
        """How the components got their numbers, in words."""
        return str(self.idata.attrs["labelling"])

    @property
    def importance(self) -> dict[str, Any]:
        """What importance weights say of the draws: ``k_hat``, ``effective``, ``applied``...

        Empty for draws of chains, and for modes.
        """
        return dict(json.loads(self.idata.attrs.get("importance", "{}")))

    @property
    def explored(self) -> dict[str, Any]:
        """What weighted draws told of the posterior before the draws were made; empty if nothing.

        See `stanmix.inference.exploration.explored.Explored.described`.
        """
        return dict(json.loads(self.idata.attrs.get("explored", "{}")))

    @property
    def worth(self) -> float:
        """How many independent draws the draws are worth at most, by the weights they came by."""
        found = self.importance
        return float(found["effective"]) if found.get("applied") else np.inf

    @property
    def failed_chains(self) -> dict[int, str]:
        """Chains that did not finish, with what Stan said."""
        failed = json.loads(self.idata.attrs["failed_chains"])
        return {int(chain): str(words) for chain, words in failed.items()}

    # Draws -----------------------------------------------------------------------------------

    def draws(self) -> dict[str, Array]:
        """Return all draws of the components' parameters, known and shared ones spread out.

        Returns
        -------
        dict of str to ndarray
            Under the names of ``model.parameters`` and of the known ones, with S the draws of all
            chains, one chain after another: ``theta``, ``mu``, ``sigma``, ``nu`` and ``phi``
            (S, K), for responses of D columns (S, K, D) but for ``theta``; coefficients such as
            ``beta`` (S, K, P). With gating, ``gamma`` (S, K, Q), and ``theta`` is the mean of the
            weights over the rows of the data. Of components of several families those that have
            no such parameter have not a number. The arrays are kept with the fit, and read-only.
        """
        return dict(self._draws)

    @functools.cached_property
    def _draws(self) -> dict[str, Array]:
        found = parameters(self)
        for values in found.values():
            values.flags.writeable = False
        return found

    @checked(most=OrNone(Integer(1)))
    def thinned(self, most: int | None) -> dict[str, Array]:
        """Return `draws`, or of more than `most` draws so many, evenly taken over all chains."""
        return thinned(self.draws(), most)

    def draw_coords(self) -> tuple[tuple[int, int], dict[str, Any]]:
        """Return the numbers of chains and draws, and their coordinates."""
        posterior = self.posterior
        shape = (int(posterior.sizes["chain"]), int(posterior.sizes["draw"]))
        return shape, {"chain": posterior.chain.to_numpy(), "draw": posterior.draw.to_numpy()}

    def log_density(self) -> Array:
        """Return the log density of each draw that Stan reports, shape (S,)."""
        stats = self.sample_stats
        values: Array = stats["lp" if "lp" in stats else "log_p"].to_numpy().ravel()
        return values

    # Rows ------------------------------------------------------------------------------------

    @checked(frame=FRAME)
    def covariates(self, frame: Any = None) -> tuple[RowTerms, NDArray[Any]]:
        """Return what predictions at rows take, and the names of the rows.

        Parameters
        ----------
        frame : DataFrame, optional
            New rows, without response, weights or groups; default the data of the fit, with the
            rows whose response is missing.
        """
        if frame is None:
            every = self.design.all_rows
            terms = row_terms.of(self.model, every.y, every.X, every.rows)
            return (self._rows if every is self.design else terms), every.obs_id
        new = _new_rows(frame)
        X, obs_id = self.design.transform(new)
        y = np.full((len(obs_id), *self.design.y.shape[1:]), np.nan)
        return row_terms.of(self.model, y, X, self.design.rows.of(new, response=False)), obs_id

    @checked(frame=FRAME)
    def rows(self, frame: Any = None) -> tuple[RowTerms, NDArray[Any]]:
        """Return what the density of rows takes, and the names of the rows.

        Parameters
        ----------
        frame : DataFrame, optional
            New rows, with the response; default the data of the fit that have one.

        Returns
        -------
        terms : RowTerms
            Of M rows: responses, covariates, offset, frequencies and groups.
        obs_id : ndarray of shape (M,)
        """
        if frame is None:
            return self._rows, self.design.obs_id
        new = _new_rows(frame)
        y, X, obs_id = self.design.observe(new)
        return row_terms.of(self.model, y, X, self.design.rows.of(new)), obs_id

    @functools.cached_property
    def _rows(self) -> RowTerms:
        return row_terms.of(self.model, self.design.y, self.design.X, self.design.rows)

    def with_groups(self: Some, **groups: xr.Dataset) -> Some:
        """Return the same with other groups of ``idata`` in place of its own, or beside them."""
        return dataclasses.replace(self, idata=containers.replace(self.idata, {}, **groups))


def spread_of(fit: Posterior, block: Block) -> Quantity | None:
    """Return the estimated quantity by which a family's components are narrow or wide."""
    of = None if block.family.constant else block.family.spread
    one = None if of is None else fit.program[block.predictors[of.name].name]
    return None if one is None or one.known else one


def parameters(fit: Posterior) -> dict[str, Array]:
    """Return all draws of the components' parameters, known and shared ones spread out.

    Parameters
    ----------
    fit : Posterior

    Returns
    -------
    dict of str to ndarray
        See `Posterior.draws`.
    """
    posterior, program, K = fit.posterior, fit.program, fit.model.components
    S = posterior.sizes["chain"] * posterior.sizes["draw"]
    known = known_values(fit.model, program, fit.design)
    result = {}
    for one in program.quantities:
        if one.known:
            values = np.broadcast_to(known[one.name], (S, *known[one.name].shape))
        else:
            values = posterior[one.name].to_numpy()
            values = values.reshape((S, *values.shape[2:]))
        result[one.name] = spread(one, values, K, fit.design.y.shape[1:])
    if fit.design.rows.Z is not None:
        result["theta"] = mean_weights(result["gamma"], fit.design.rows.Z)
    return result


def spread(one: Quantity, values: Array, components: int, response: tuple[int, ...]) -> Array:
    """Return draws of a quantity spread out over all that have it in common.

    Parameters
    ----------
    one : Quantity
    values : ndarray of shape (S, ...)
        Without components where it is shared; a known one has them.
    components : int
    response : tuple of int
        Shape of one response: () or (D,).

    Returns
    -------
    ndarray of shape (S, K, ...)
        With columns (S, K, D), where the response has several. Not a number for components whose
        family has no such parameter.
    """
    own = one.of_members(components)
    if one.shared:
        values = np.repeat(values[:, None], own.stop - own.start, axis=1)
    if response and not (one.weights or one.columns or one.single):
        response = response if one.group is None else (len(one.group.at),)
        values = np.broadcast_to(values[..., None], (*values.shape, *response))
    if not one.components:
        return values
    of_all = np.full((len(values), components, *values.shape[2:]), np.nan)
    of_all[:, own] = values
    return of_all


def thinned(draws: Mapping[str, Array], most: int | None) -> dict[str, Array]:
    """Return draws, or of more than `most` so many, evenly taken over all chains."""
    size = len(draws["theta"])
    if most is None or size <= most:
        return dict(draws)
    kept = np.linspace(0, size - 1, most).astype(int)
    return {name: values[kept] for name, values in draws.items()}


def _new_rows(frame: Any) -> pd.DataFrame:
    new = to_frame(frame)
    if not len(new):
        raise InputError("The new data have no rows: give at least one.")
    return new
