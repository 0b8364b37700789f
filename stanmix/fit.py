"""What can be asked of a fitted mixture."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from stanmix import allocation, convert, design, families, relabel
from stanmix.errors import InputError
from stanmix.mixture import Mixture

if TYPE_CHECKING:
    from stanmix.diagnostics import Diagnosis

__all__ = ["Fit", "load"]

Array = NDArray[np.float64]

# Relabelling looks at a random subset of more observations than this; the labels of a draw
# depend on the bulk of the data, not on each observation.
MOST_OBSERVATIONS = 2_000


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
        """The inference method: ``"nuts"``, ``"advi"`` or ``"map"``."""
        return str(self.idata.attrs["method"])

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
            f"<stanmix.Fit: {self.model.components} components, {self.model.formula!r}, "
            f"{self.method}, {sizes['chain']} chain(s) of {sizes['draw']} draw(s), "
            f"labels {self.labelling}>"
        )

    def summary(self, hdi_prob: float = 0.94) -> pd.DataFrame:
        """Return posterior mean, sd, interval, Monte Carlo errors, ESS and R-hat.

        Parameters
        ----------
        hdi_prob : float
            Probability of the highest-density interval.

        Returns
        -------
        DataFrame
            A row a parameter, as ``mu[1]`` or ``beta[1, x]``. For a posterior mode, the column
            ``estimate`` alone.
        """
        posterior = self.idata.posterior
        if self.method == "map":
            values = {}
            for name, variable in posterior.data_vars.items():
                point = variable.isel(chain=0, draw=0)
                for index in np.ndindex(*point.shape):
                    labels = [
                        str(point[d].to_numpy()[i]) for d, i in zip(point.dims, index, strict=True)
                    ]
                    values[f"{name}[{', '.join(labels)}]" if labels else str(name)] = float(
                        point[index]
                    )
            return pd.DataFrame({"estimate": values})
        with convert.quiet():
            table: pd.DataFrame = convert.arviz.summary(
                posterior, hdi_prob=hdi_prob, round_to="none", kind="all"
            )
        return table

    def diagnose(self) -> Diagnosis:
        """Say what is wrong with this fit, in words and figures; see `stanmix.diagnostics`."""
        from stanmix import diagnostics

        return diagnostics.diagnose(self)

    # Components ------------------------------------------------------------------------------

    def relabel(self, method: str = "ecr", parameter: str | None = None) -> Fit:
        """Return the fit with its components renumbered draw by draw.

        Parameters
        ----------
        method : {"ecr", "order"}
            ``"ecr"``: agree with the allocation at the draw of highest log density (Papastamoulis
            & Iliopoulos, 2010), from allocations drawn with the fit's seed. ``"order"``: ascending
            order of one parameter in every draw.
        parameter : str, optional
            For ``"order"``: ``"mu"``, ``"theta"``, ``"sigma"`` or a covariate. Default: the
            means, or the last covariate's coefficient.

        Returns
        -------
        Fit
            With the same draws under other labels. Components are numbered by the posterior mean
            of the location; the permutations are in ``sample_stats["permutation"]`` (counted
            from 0, ``perm[new] = old``).

        Raises
        ------
        InputError
            If the method or parameter is unknown, or components are not exchangeable: where the
            prior or known parameters tell them apart, renumbered draws are no longer draws from
            the posterior.
        """
        if method not in ("ecr", "order"):
            raise InputError(f"Unknown relabelling {method!r}; known: 'ecr', 'order'.")
        if not self.model.exchangeable:
            raise InputError(
                "The components of this mixture are told apart by its prior or its known "
                "parameters, so their labels mean something already and cannot be exchanged."
            )
        if parameter is not None and method != "order":
            raise InputError(f"parameter={parameter!r} belongs to method='order', not {method!r}.")
        if method == "order":
            name, values = self._component_draws(parameter)
            perm = relabel.order(values)
            return self._renumbered(perm, f"ordered by {name} after sampling")
        return self._renumbered(self._ecr(), "relabelled by ECR")

    def named(self) -> Fit:
        """Return the fit with labels as ``order`` of the model asks."""
        needs = self.model.components > 1 and self.model.program_order is None
        if needs and self.model.order == "theta":
            return self.relabel("order", "theta")
        if needs and self.model.order == "auto" and self.model.exchangeable:
            return self.relabel("ecr")
        return self

    def responsibilities(self, frame: Any = None) -> xr.DataArray:
        """Return the posterior probability that an observation belongs to a component.

        Parameters
        ----------
        frame : DataFrame, optional
            New rows, with the response; default the data of the fit.

        Returns
        -------
        DataArray of shape (obs_id, component)
            Mean over the draws of P(component | observation, parameters); rows sum to one.

        Raises
        ------
        InputError
            If the new rows cannot be used.
        """
        y, X, obs_id = self._rows(frame)
        mean = allocation.mean_responsibilities(self._family, self.draws(), y, X)
        coords = {"obs_id": obs_id, "component": np.arange(1, self.model.components + 1)}
        return xr.DataArray(mean, coords, ["obs_id", "component"], name="responsibility")

    def log_likelihood(self, pointwise: bool = False) -> xr.DataArray:
        """Return the log-likelihood of the data at each draw, allocations summed out.

        Parameters
        ----------
        pointwise : bool
            One value for each observation instead of their sum; N x draws numbers.

        Returns
        -------
        DataArray of shape (chain, draw) or (chain, draw, obs_id)
        """
        y, X, obs_id = self._rows(None)
        values = allocation.log_likelihood(self._family, self.draws(), y, X, pointwise)
        posterior = self.idata.posterior
        shape = (posterior.sizes["chain"], posterior.sizes["draw"])
        coords = {"chain": posterior.chain.to_numpy(), "draw": posterior.draw.to_numpy()}
        dims = ["chain", "draw"]
        if pointwise:
            coords["obs_id"] = obs_id
            dims.append("obs_id")
        return xr.DataArray(
            values.reshape(shape + values.shape[1:]), coords, dims, name="log_likelihood"
        )

    def draws(self) -> dict[str, Array]:
        """Return all draws of the components' parameters, known and shared ones spread out.

        Returns
        -------
        dict of str to ndarray
            ``theta`` and ``sigma`` (S, K), and ``mu`` (S, K) or ``beta`` (S, K, P), with S the
            draws of all chains, one chain after another.
        """
        posterior = self.idata.posterior
        S, K = posterior.sizes["chain"] * posterior.sizes["draw"], self.model.components
        result = {}
        for name in self.model.parameters:
            values = posterior[name].to_numpy()
            values = values.reshape((S, *values.shape[2:]))
            result[name] = np.repeat(values[:, None], K, axis=1) if values.ndim == 1 else values
        for name, known in convert.known_parameters(self.model).items():
            result[name] = np.broadcast_to(known, (S, K))
        return result

    # Keeping it ------------------------------------------------------------------------------

    def save(self, path: str | Path) -> Path:
        """Write the fit to one NetCDF file, which `stanmix.load` and ArviZ read.

        Raises
        ------
        OSError
            If the file cannot be written.
        """
        return convert.save(self.idata, path)

    # Within ----------------------------------------------------------------------------------

    @property
    def _family(self) -> families.Family:
        return families.family(self.model.family)

    def _rows(self, frame: Any) -> tuple[Array, Array | None, NDArray[Any]]:
        """Return response, covariates (None for a mixture of means) and names of rows."""
        if frame is None:
            y, X, obs_id = self.design.y, self.design.X, self.design.obs_id
        else:
            y, X, obs_id = self.design.observe(frame)
        return y, X if self.model.regression else None, obs_id

    def _component_draws(self, parameter: str | None) -> tuple[str, Array]:
        """Return a parameter's name and its draws, (chain, draw, component)."""
        posterior = self.idata.posterior
        if parameter is None:
            parameter = self.design.covariates[-1] if self.model.regression else "mu"
        if parameter in self.model.component_parameters and parameter != "beta":
            return parameter, posterior[parameter].to_numpy()
        if self.model.regression and parameter in self.design.covariates:
            return parameter, posterior["beta"].sel(covariate=parameter).to_numpy()
        known = [name for name in self.model.component_parameters if name != "beta"]
        known += self.design.covariates if self.model.regression else []
        raise InputError(
            f"parameter={parameter!r}: no parameter of the components; there are "
            f"{', '.join(map(repr, known))}."
        )

    def _ecr(self) -> NDArray[np.intp]:
        posterior = self.idata.posterior
        chains, draws = posterior.sizes["chain"], posterior.sizes["draw"]
        y, X, _ = self._rows(None)
        if len(y) > MOST_OBSERVATIONS:
            rng = np.random.default_rng([self.seed, 4])
            rows = np.sort(rng.choice(len(y), MOST_OBSERVATIONS, replace=False))
            y, X = y[rows], None if X is None else X[rows]
        parameters = self.draws()
        z = allocation.sample_allocations(self._family, parameters, y, X, self.seed)
        best = int(np.argmax(self._log_density()))
        at_best = {name: values[best : best + 1] for name, values in parameters.items()}
        pivot = allocation.log_joint(self._family, at_best, y, X)[0].argmax(axis=-1)
        K = self.model.components
        perm = relabel.ecr(z.reshape(chains, draws, -1), pivot, components=K)
        return relabel.name_by(perm, self._component_draws(None)[1])

    def _log_density(self) -> Array:
        """Return the log density of each draw, all chains one after another."""
        stats = self.idata.sample_stats
        values: Array = stats["lp" if "lp" in stats else "log_p"].to_numpy().ravel()
        return values

    def _renumbered(self, perm: NDArray[np.intp], labelling: str) -> Fit:
        posterior = self.idata.posterior
        changed = {
            name: (posterior[name].dims, relabel.apply(perm, posterior[name].to_numpy()))
            for name in self.model.component_parameters
        }
        stats = self.idata.sample_stats
        if "permutation" in stats:  # relabelled before: keep the way back to the raw draws
            perm = np.take_along_axis(stats["permutation"].to_numpy(), perm, axis=-1)
        component = np.arange(1, self.model.components + 1)
        stats = stats.assign_coords(component=component).assign(
            permutation=(("chain", "draw", "component"), perm)
        )
        idata = convert.replace(
            self.idata,
            {"labelling": labelling},
            posterior=posterior.assign(changed),
            sample_stats=stats,
        )
        return Fit(self.model, self.design, idata)


def load(path: str | Path) -> Fit:
    """Read a fit that `Fit.save` wrote.

    Raises
    ------
    OutputError
        If the file cannot be read or holds no fit of stanmix.
    """
    idata = convert.load(path)
    model = Mixture.from_dict(json.loads(idata.attrs["model"]))
    return Fit(model, model.matrices(convert.frame_of(idata)), idata)
