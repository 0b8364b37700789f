"""What can be asked of a fitted mixture."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from stanmix import arguments, containers, integrity, relabel
from stanmix.arguments import (
    FRAME,
    MEMORY,
    PROBABILITY,
    SEED,
    Flag,
    InstanceOf,
    Integer,
    ListOf,
    Number,
    OneOf,
    OneOrMore,
    OrNone,
    Text,
    checked,
)
from stanmix.clustering import estimate
from stanmix.data import design
from stanmix.density import row_terms
from stanmix.density.row_terms import Covariates
from stanmix.errors import InputError, OutputError
from stanmix.mixture import Mixture
from stanmix.model import families
from stanmix.model.checks import CONTEXT
from stanmix.posterior import allocations as memberships
from stanmix.posterior import clusters as partitions
from stanmix.posterior import inference_data, prediction
from stanmix.posterior import log_likelihood as likelihoods
from stanmix.posterior import posterior as posterior_draws
from stanmix.posterior import relabelling as labels
from stanmix.posterior import summary as summaries
from stanmix.posterior.loo import loo
from stanmix.relabel.methods import METHODS
from stanmix.runs.record import Provenance

if TYPE_CHECKING:
    from stanmix.diagnostics import Diagnosis

__all__ = ["Fit", "load"]

Array = NDArray[np.float64]

_DRAWS = OrNone(Integer(1))
_METHODS = OrNone(ListOf(OneOf(*METHODS), f"a list of {', '.join(map(repr, METHODS))}", least=1))
_PARAMETER = OrNone(Text("the name of a parameter, a covariate or a column of the response"))


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted mixture.

    Attributes
    ----------
    model : Mixture
        The statement that was fitted.
    design : Design
        Response and covariates of the data.
    idata : arviz.InferenceData
        Draws and data: groups ``posterior``, ``sample_stats``, ``observed_data`` and
        ``constant_data``; dims chain, draw, component, covariate, obs_id. Its attributes say
        what made the draws: seed, program, toolchain, version, and how components were named.
    """

    model: Mixture
    design: design.Design
    idata: Any

    # About the fit ---------------------------------------------------------------------------

    @property
    def method(self) -> str:
        """The inference method, as `Mixture.fit` takes it; ``"mcmc"`` for draws made elsewhere."""
        return str(self.idata.attrs["method"])

    @property
    def component_names(self) -> NDArray[np.intp]:
        """The coordinate of the components: 1, ..., K."""
        return np.arange(1, self.model.components + 1)

    @property
    def family(self) -> families.Family:
        """The family of the response."""
        return families.family(self.model.family)

    @property
    def seed(self) -> int:
        """The seed that reproduces the draws."""
        return int(self.idata.attrs["seed"])

    @property
    def labelling(self) -> str:
        """How the components got their numbers, in words."""
        return str(self.idata.attrs["labelling"])

    @property
    def failed_chains(self) -> dict[int, str]:
        """Chains that did not finish, with what Stan said."""
        failed = json.loads(self.idata.attrs["failed_chains"])
        return {int(chain): str(words) for chain, words in failed.items()}

    def __repr__(self) -> str:
        sizes = self.idata.posterior.sizes
        return (
            f"<stanmix.Fit: {self.model.components} components, {self.model.title!r}, "
            f"{self.method}, {sizes['chain']} chain(s) of {sizes['draw']} draw(s), "
            f"labels {self.labelling}>"
        )

    @checked(hdi_prob=PROBABILITY)
    def summary(self, hdi_prob: float = 0.94) -> pd.DataFrame:
        """Return mean, sd, interval, ESS and R-hat of the parameters; see `posterior.summary`."""
        return summaries.summary(self, hdi_prob)

    def diagnose(self) -> Diagnosis:
        """Say what is wrong with this fit, in words and figures; see `stanmix.diagnostics`."""
        from stanmix import diagnostics

        return diagnostics.diagnose(self)

    def provenance(self) -> Provenance:
        """Return what made the draws; it prints in words, and ``to_json`` gives it as JSON.

        Raises
        ------
        OutputError
            If the fit was saved by a stanmix that did not keep it.
        """
        if "provenance" not in self.idata.attrs:
            raise OutputError(
                "This fit has no provenance: its draws were made elsewhere, or by an earlier "
                "stanmix, which kept none."
            )
        return Provenance.from_json(self.idata.attrs["provenance"])

    # Components ------------------------------------------------------------------------------

    @checked(method=OneOf("auto", *METHODS), parameter=_PARAMETER)
    def relabel(self, method: str = "auto", parameter: str | None = None) -> Fit:
        """Return the fit with its components renumbered draw by draw.

        Parameters
        ----------
        method : str
            ``"order"``: ascending order of one parameter in every draw. ``"ecr"``: agree with the
            allocation at the draw of highest log density, from allocations drawn with the fit's
            seed. ``"ecr_iterative_1"``, ``"ecr_iterative_2"``, ``"stephens"``, ``"pra"``,
            ``"sjw"``, ``"data_based"``: see `stanmix.relabel`. ``"auto"``: one of these, chosen
            for what there is; `labelling` says which, and why.
        parameter : str, optional
            For ``"order"``: ``"mu"``, ``"theta"``, ``"sigma"`` or a covariate. Default: the
            means, or the last covariate's coefficient.

        Returns
        -------
        Fit
            With the same draws under other labels. Components are numbered by the posterior mean
            of the location; the permutations are in ``sample_stats["permutation"]`` (counted
            from 0, ``perm[new] = old``). Of more than 2 000 observations a random 2 000, drawn
            with the fit's seed, are read; `labelling` says so.

        Raises
        ------
        InputError
            If the method or parameter is unknown, or components are not exchangeable: where the
            prior or known parameters tell them apart, renumbered draws are no longer draws from
            the posterior.
        """
        return self._renumbered(*labels.permutations(self, method, parameter))

    @checked(methods=_METHODS)
    def compare_relabellings(self, methods: Sequence[str] | None = None) -> pd.DataFrame:
        """Return how several methods of `relabel` agree, a row a method."""
        return labels.compare(self, methods)

    def named(self) -> Fit:
        """Return the fit with labels as ``order`` of the model asks."""
        needs = self.model.components > 1 and self.model.program_order is None
        if needs and self.model.order == "theta":
            return self.relabel("order", "theta")
        if needs and self.model.order == "auto" and self.model.exchangeable:
            return self.relabel("ecr")
        return self

    # Observations ----------------------------------------------------------------------------

    @checked(frame=FRAME)
    def responsibilities(self, frame: Any = None) -> xr.DataArray:
        """Return P(component | observation), (obs_id, component); see `posterior.allocations`."""
        return memberships.responsibilities(self, frame)

    @checked(frame=FRAME, prob=PROBABILITY)
    def responsibility_summary(self, frame: Any = None, prob: float = 0.9) -> xr.Dataset:
        """Return mean, sd and interval of the responsibilities; see `posterior.allocations`."""
        return memberships.responsibility_summary(self, frame, prob)

    @checked(frame=FRAME)
    def allocations(self, frame: Any = None) -> pd.DataFrame:
        """Return each observation's most probable component and its probability."""
        return memberships.allocations(self, frame)

    @checked(frame=FRAME, seed=OrNone(SEED), memory=MEMORY)
    def sample_allocations(
        self, frame: Any = None, seed: int | None = None, memory: float | None = None
    ) -> xr.DataArray:
        """Draw each observation's component, (chain, draw, obs_id), from 1."""
        return memberships.sample_allocations(self, frame, seed, memory)

    @checked(frame=FRAME, draws=_DRAWS)
    def similarity(self, frame: Any = None, draws: int | None = 1000) -> xr.DataArray:
        """Return P(two observations share a component), (obs_id, other)."""
        return partitions.similarity(self, frame, draws)

    @checked(loss=OneOf(*get_args(estimate.Loss)), frame=FRAME, draws=_DRAWS, progress=Flag())
    def clusters(
        self,
        loss: estimate.Loss = "vi",
        frame: Any = None,
        draws: int | None = 1000,
        progress: bool = True,
    ) -> xr.DataArray:
        """Return the partition of least expected loss, (obs_id,); see `posterior.clusters`."""
        return partitions.clusters(self, loss, frame, draws, progress)

    @checked(
        labels=InstanceOf("xarray", "DataArray", "what Fit.clusters returned"),
        probability=Number(above=0, most=1),
        frame=FRAME,
        draws=_DRAWS,
    )
    def credible_ball(
        self,
        labels: xr.DataArray,
        probability: float = 0.95,
        frame: Any = None,
        draws: int | None = 1000,
    ) -> estimate.CredibleBall:
        """Return how far the posterior reaches around a partition; see `posterior.clusters`."""
        return partitions.credible_ball(self, labels, probability, frame, draws)

    # Prediction and fit ----------------------------------------------------------------------

    @checked(
        frame=FRAME,
        kind=OneOf(*get_args(prediction.Kind)),
        by_component=Flag(),
        quantiles=OrNone(OneOrMore(Number(0, 1), "one or more numbers between 0 and 1")),
        seed=OrNone(SEED),
        memory=MEMORY,
    )
    def predict(
        self,
        frame: Any = None,
        kind: prediction.Kind = "mean",
        by_component: bool = False,
        quantiles: Any = None,
        seed: int | None = None,
        memory: float | None = None,
    ) -> xr.DataArray:
        """Return what the mixture expects at rows of data; see `posterior.prediction`."""
        return prediction.predict(self, frame, kind, by_component, quantiles, seed, memory)

    @checked(frame=FRAME, seed=OrNone(SEED), memory=MEMORY)
    def with_predictive(
        self, frame: Any = None, seed: int | None = None, memory: float | None = None
    ) -> Fit:
        """Return the fit with drawn responses in ``idata``.

        Parameters
        ----------
        frame : DataFrame, optional
            New rows, whose responses go to the group ``predictions``. Default: the data of the
            fit, whose replicates go to ``posterior_predictive``.
        seed, memory
            As in `predict`.

        Returns
        -------
        Fit
        """
        return self._with_groups(**prediction.predictive_groups(self, frame, seed, memory))

    @checked(memory=MEMORY)
    def with_log_likelihood(self, memory: float | None = None) -> Fit:
        """Return the fit with the group ``log_likelihood``, which ``az.loo`` and ``az.waic`` read.

        Parameters
        ----------
        memory : float, optional
            What its numbers may take, in GiB; default 2.

        Returns
        -------
        Fit
            See `stanmix.posterior.log_likelihood.units` for what is left out at a time.

        Raises
        ------
        InputError
            If it would take more.
        """
        return self._with_groups(log_likelihood=likelihoods.units(self, memory))

    @checked(memory=MEMORY)
    def loo(self, memory: float | None = None) -> Any:
        """Return leave-one-out cross-validation as ``az.loo`` gives it; see `stanmix.compare`."""
        return loo(self, memory)

    @checked(pointwise=Flag(), memory=MEMORY)
    def log_likelihood(self, pointwise: bool = False, memory: float | None = None) -> xr.DataArray:
        """Return the log-likelihood, (chain, draw[, obs_id or group])."""
        return likelihoods.log_likelihood(self, pointwise, memory)

    def draws(self) -> dict[str, Array]:
        """Return all draws of the components' parameters, known and shared ones spread out.

        Returns
        -------
        dict of str to ndarray
            ``theta`` and ``sigma`` (S, K), and ``mu`` (S, K) or ``beta`` (S, K, P), with S the
            draws of all chains, one chain after another. With gating, ``gamma`` (S, K, Q), and
            ``theta`` is the mean of the weights over the rows of the data. For responses of D
            columns, ``mu`` and ``sigma`` are (S, K, D). The arrays are kept with the fit, and
            read-only.
        """
        return dict(self._draws)

    @functools.cached_property
    def _draws(self) -> dict[str, Array]:
        found = posterior_draws.parameters(self)
        for values in found.values():
            values.flags.writeable = False
        return found

    @checked(most=_DRAWS)
    def thinned(self, most: int | None) -> dict[str, Array]:
        """Return `draws`, or of more than `most` draws so many, evenly taken over all chains."""
        return posterior_draws.thinned(self.draws(), most)

    def draw_coords(self) -> tuple[tuple[int, int], dict[str, Any]]:
        """Return the numbers of chains and draws, and their coordinates."""
        posterior = self.idata.posterior
        shape = (int(posterior.sizes["chain"]), int(posterior.sizes["draw"]))
        return shape, {"chain": posterior.chain.to_numpy(), "draw": posterior.draw.to_numpy()}

    def log_density(self) -> Array:
        """Return the log density of each draw that Stan reports, shape (S,)."""
        stats = self.idata.sample_stats
        values: Array = stats["lp" if "lp" in stats else "log_p"].to_numpy().ravel()
        return values

    @checked(frame=FRAME)
    def covariates(self, frame: Any = None) -> tuple[Covariates, NDArray[Any]]:
        """Return what predictions at rows take (None for a mixture of means), and their names.

        Parameters
        ----------
        frame : DataFrame, optional
            New rows, without response, weights or groups; default the data of the fit.
        """
        if frame is None:
            _, X, obs_id = self.rows()
            return X, obs_id
        new = _new_rows(frame)
        covariates, obs_id = self.design.transform(new)
        rows = self.design.rows.of(new, response=False)
        return row_terms.of(self.model, np.zeros(len(obs_id)), covariates, rows), obs_id

    @checked(frame=FRAME)
    def rows(self, frame: Any = None) -> tuple[Array, Covariates, NDArray[Any]]:
        """Return response, covariates (None for a mixture of means) and names of rows.

        Parameters
        ----------
        frame : DataFrame, optional
            New rows, with the response; default the data of the fit.

        Returns
        -------
        y : ndarray of shape (M,)
        X : ndarray of shape (M, P), RowTerms or None
        obs_id : ndarray of shape (M,)
        """
        rows = self.design.rows
        if frame is None:
            y, X, obs_id = self.design.y, self.design.X, self.design.obs_id
        else:
            new = _new_rows(frame)
            y, X, obs_id = self.design.observe(new)
            rows = rows.of(new)
        return y, row_terms.of(self.model, y, X, rows), obs_id

    # Keeping it ------------------------------------------------------------------------------

    @checked(path=arguments.Path("file"))
    def save(self, path: str | Path) -> Path:
        """Write the fit to one NetCDF file, which `stanmix.load` and ArviZ read.

        An earlier file of that name is replaced once the new one is whole.

        Raises
        ------
        InputError
            If there can be no file of that name.
        OutputError
            If the system refuses to write it, as on a full disk.
        """
        return inference_data.save(self.idata, path)

    # Within ----------------------------------------------------------------------------------

    def _with_groups(self, **groups: xr.Dataset) -> Fit:
        return Fit(self.model, self.design, containers.replace(self.idata, {}, **groups))

    def _renumbered(self, perm: NDArray[np.intp], labelling: str) -> Fit:
        posterior = self.idata.posterior
        changed = {
            name: (posterior[name].dims, relabel.apply(perm, posterior[name].to_numpy()))
            for name in self.model.component_parameters
        }
        stats = self.idata.sample_stats
        if "permutation" in stats:  # relabelled before: keep the way back to the raw draws
            perm = np.take_along_axis(stats["permutation"].to_numpy(), perm, axis=-1)
        stats = stats.assign_coords(component=self.component_names).assign(
            permutation=(("chain", "draw", "component"), perm)
        )
        idata = containers.replace(
            self.idata,
            {"labelling": labelling},
            posterior=posterior.assign(changed),
            sample_stats=stats,
        )
        return Fit(self.model, self.design, idata)


def _new_rows(frame: Any) -> pd.DataFrame:
    new = design.to_frame(frame)
    if not len(new):
        raise InputError("The new data have no rows: give at least one.")
    return new


@checked(path=arguments.Path(), context=CONTEXT)
def load(path: str | Path, context: Mapping[str, Callable[..., Any]] | None = None) -> Fit:
    """Read a fit that `Fit.save` wrote. Nothing in the file is run.

    Parameters
    ----------
    path : path
    context : mapping of str to callable, optional
        The functions of the user's that formulas of the mixture call: they are not in the file.

    Raises
    ------
    InputError
        If `path` is no path, or `context` is no mapping of names to functions.
    OutputError
        If the file cannot be read, holds no fit of stanmix, or has changed since it was saved; or
        a formula calls a function that is not in `context`.
    """
    idata = inference_data.load(path)
    try:
        model = Mixture.from_dict(json.loads(idata.attrs["model"]), context)
        matrices = model.matrices(inference_data.frame_of(idata))
        integrity.check_draws(
            inference_data.sizes(model, matrices),
            idata["posterior"],
            idata["observed_data"],
            matrices.y,
        )
        json.loads(idata.attrs["failed_chains"])
    except (ValueError, KeyError, TypeError, OutputError) as error:
        raise OutputError(f"{path} holds no whole fit of stanmix: {error}") from error
    return Fit(model, matrices, idata)
