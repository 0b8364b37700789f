"""What can be asked of a fitted mixture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import pandas as pd
import xarray as xr

from stanmix import arguments
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
from stanmix.diagnostics.judge import diagnose
from stanmix.diagnostics.report import Diagnosis
from stanmix.errors import OutputError
from stanmix.inference.settings import Prepared
from stanmix.posterior import (
    allocations,
    bivariate,
    classes,
    clusters,
    covariances,
    evidence,
    inference_data,
    log_likelihood,
    loo,
    patterns,
    prediction,
    relabelling,
    residuals,
    reweighting,
    summary,
)
from stanmix.posterior.auxiliary import three_step
from stanmix.posterior.auxiliary.estimates import Estimates
from stanmix.posterior.classes import Classes
from stanmix.posterior.evidence import LogEvidence
from stanmix.posterior.posterior import Posterior
from stanmix.relabel.methods import METHODS
from stanmix.runs.record import Provenance
from stanmix.runs.write import export_fit

__all__ = ["Fit"]

_COLUMN = OrNone(Text("the name of a column"))
_DRAWS = OrNone(Integer(1))
_METHODS = OrNone(ListOf(OneOf(*METHODS), f"a list of {', '.join(map(repr, METHODS))}", least=1))
_PARAMETER = OrNone(Text("the name of a parameter, a covariate or a column of the response"))


@dataclass(frozen=True, eq=False, repr=False)
class Fit(Posterior):
    """A fitted mixture.

    Attributes
    ----------
    model : Mixture
        The statement that was fitted.
    design : Design
        Response and covariates of the data.
    idata : arviz.InferenceData or xarray.DataTree
        Whichever the installed ArviZ has: up to 0.23 InferenceData, from 1.0 on a DataTree. Draws
        and data: groups ``posterior``, ``sample_stats``, ``observed_data`` and
        ``constant_data``; dims chain, draw, component, covariate, obs_id. Its attributes say
        what made the draws: seed, program, toolchain, version, and how components were named.
        `posterior` and `sample_stats` are those groups as datasets of xarray, in any case.
    prepared : Prepared or None
        What the runs were told, starts among it; None of draws that this session did not make.
    """

    prepared: Prepared | None = None

    def __repr__(self) -> str:
        sizes = self.posterior.sizes
        return (
            f"<stanmix.Fit: {self.model.components} components, {self.model.title!r}, "
            f"{self.method}, {sizes['chain']} chain(s) of {sizes['draw']} draw(s), "
            f"labels {self.labelling}>"
        )

    @checked(hdi_prob=PROBABILITY)
    def summary(self, hdi_prob: float = 0.94) -> pd.DataFrame:
        """Return mean, sd, interval, ESS and R-hat of the parameters; see `posterior.summary`."""
        return summary.summary(self, hdi_prob)

    def covariances(self) -> xr.DataArray:
        """See `stanmix.posterior.covariances.covariances`."""
        return covariances.covariances(self)

    def diagnose(self) -> Diagnosis:
        """Say what is wrong with this fit, in words and figures; see `stanmix.diagnostics`."""
        return diagnose(self)

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

    # Components ---------------------------------------------------------------------------------

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
            For ``"order"``: ``"mu"``, ``"theta"``, ``"sigma"`` or another parameter, ``"mean"`` or
            ``"variance"`` of the components, or a covariate. Default: the location, or the last
            covariate's coefficient.

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
        return relabelling.relabel(self, method, parameter)

    @checked(methods=_METHODS)
    def compare_relabellings(self, methods: Sequence[str] | None = None) -> pd.DataFrame:
        """Return how several methods of `relabel` agree, a row a method."""
        return relabelling.compare(self, methods)

    def named(self) -> Fit:
        """Return the fit with labels as ``order`` of the model asks."""
        return relabelling.named(self)

    # Observations -------------------------------------------------------------------------------

    @checked(frame=FRAME)
    def responsibilities(self, frame: Any = None) -> xr.DataArray:
        """Return P(component | observation), (obs_id, component); see `posterior.allocations`."""
        return allocations.responsibilities(self, frame)

    @checked(frame=FRAME, prob=PROBABILITY)
    def responsibility_summary(self, frame: Any = None, prob: float = 0.9) -> xr.Dataset:
        """Return mean, sd and interval of the responsibilities; see `posterior.allocations`."""
        return allocations.responsibility_summary(self, frame, prob)

    @checked(frame=FRAME)
    def allocations(self, frame: Any = None) -> pd.DataFrame:
        """Return each observation's most probable component and its probability."""
        return allocations.allocations(self, frame)

    @checked(frame=FRAME, seed=OrNone(SEED), memory=MEMORY)
    def sample_allocations(
        self, frame: Any = None, seed: int | None = None, memory: float | None = None
    ) -> xr.DataArray:
        """Draw each observation's component, (chain, draw, obs_id), from 1."""
        return allocations.sample_allocations(self, frame, seed, memory)

    @checked(frame=FRAME, draws=_DRAWS)
    def similarity(self, frame: Any = None, draws: int | None = 1000) -> xr.DataArray:
        """Return P(two observations share a component), (obs_id, other)."""
        return clusters.similarity(self, frame, draws)

    @checked(loss=OneOf(*get_args(estimate.Loss)), frame=FRAME, draws=_DRAWS, progress=Flag())
    def clusters(
        self,
        loss: estimate.Loss = "vi",
        frame: Any = None,
        draws: int | None = 1000,
        progress: bool = True,
    ) -> xr.DataArray:
        """Return the partition of least expected loss, (obs_id,); see `posterior.clusters`."""
        return clusters.clusters(self, loss, frame, draws, progress)

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
        return clusters.credible_ball(self, labels, probability, frame, draws)

    # Classes ------------------------------------------------------------------------------------

    @checked(frame=FRAME, prob=PROBABILITY)
    def classes(self, frame: Any = None, prob: float = 0.95) -> Classes:
        """Return sizes and profiles of the classes, and how well they are told apart, as tables.

        See `stanmix.posterior.classes`.
        """
        return classes.classes(self, frame, prob)

    @checked(draws=Integer(2), seed=OrNone(SEED))
    def bivariate_residuals(self, draws: int = 200, seed: int | None = None) -> pd.DataFrame:
        """Return how far pairs of columns are from what the classes explain.

        See `stanmix.posterior.bivariate`.
        """
        return bivariate.bivariate_residuals(self, draws, seed)

    @checked(draws=Integer(1), prob=PROBABILITY, seed=OrNone(SEED))
    def response_patterns(
        self, draws: int = 200, prob: float = 0.95, seed: int | None = None
    ) -> pd.DataFrame:
        """Return how often patterns occur, and are expected; see `stanmix.posterior.patterns`."""
        return patterns.response_patterns(self, draws, prob, seed)

    @checked(
        formula=Text('a formula such as "y ~ class + age"'),
        frame=FRAME,
        family=Text("the name of a family"),
        membership=OrNone(Text('a formula such as "~ age", "auto" or None')),
        offset=_COLUMN,
        trials=_COLUMN,
        draws=Integer(1),
        seed=OrNone(SEED),
    )
    def outcome(
        self,
        formula: str,
        frame: Any = None,
        family: str = "normal",
        membership: str | None = three_step.AUTO,
        offset: str | None = None,
        trials: str | None = None,
        draws: int = 400,
        seed: int | None = None,
    ) -> Estimates:
        """Return how an outcome depends on the class of a row, which is not known for sure.

        Parameters
        ----------
        formula : str
            ``"y ~ class + age"``: ``class`` is a factor whose levels are the components, the first
            of which is the reference.
        frame : DataFrame, optional
            With the columns of the formula and those of the mixture; its rows are those of the fit
            or new ones. Labels of new rows are not read. Default the columns that the mixture read.
        family : str
            Distribution of the outcome given the class and the covariates: of one number, with the
            default priors of `stanmix.Mixture`. Other parameters than the location are common to
            all classes.
        membership : str or None
            Covariates that the class depends on, as ``"~ age"``; their coefficients are estimated
            beside. ``"auto"``: the covariates of the formula, unless the mixture has a gating.
            None: classes have the weights of the mixture whatever the covariates.
        offset, trials : str, optional
            As in `stanmix.Mixture`.
        draws : int
            Draws to make, from as many draws of the fit.
        seed : int, optional
            Default the fit's.

        Returns
        -------
        Estimates
            With ``summary()``, ``contrasts()`` between the classes and ``draws``. The outcome
            changes nothing of the mixture; see `stanmix.posterior.auxiliary.three_step`.

        Raises
        ------
        InputError
            If the formula, the family or the rows cannot be used.
        InferenceError
            If the second model has no mode.
        """
        return three_step.outcome(
            self, formula, frame, family, membership, offset, trials, draws, seed
        )

    @checked(
        formula=Text('a formula such as "~ age"'),
        frame=FRAME,
        draws=Integer(1),
        seed=OrNone(SEED),
    )
    def membership(
        self, formula: str, frame: Any = None, draws: int = 400, seed: int | None = None
    ) -> Estimates:
        """Return how the class of a row depends on covariates, after the mixture was fitted.

        A multinomial logistic regression of the class, which is not known for sure: the densities
        of the rows within the classes stay what the mixture says, its weights do not count.

        Parameters
        ----------
        formula : str
            ``"~ age + sex"``. Within a group covariates must agree.
        frame, draws, seed
            As in `outcome`.

        Returns
        -------
        Estimates
            Of log odds against the first class; ``contrasts()`` has those of all pairs.

        Raises
        ------
        InputError
            If the formula or the rows cannot be used.
        InferenceError
            If the second model has no mode.
        """
        return three_step.membership(self, formula, frame, draws, seed)

    # Prediction and fit -------------------------------------------------------------------------

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

    @checked(frame=FRAME, seed=OrNone(SEED))
    def quantile_residuals(self, frame: Any = None, seed: int | None = None) -> xr.DataArray:
        """Return randomised quantile residuals; see `stanmix.posterior.residuals`."""
        return residuals.quantile_residuals(self, frame, seed)

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
        return self.with_groups(**prediction.predictive_groups(self, frame, seed, memory))

    @checked(memory=MEMORY)
    def with_log_likelihood(self, memory: float | None = None) -> Fit:
        """Return the fit with the group ``log_likelihood``, which ``az.loo`` reads.

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
        return log_likelihood.with_units(self, memory)

    @checked(memory=MEMORY)
    def loo(self, memory: float | None = None) -> Any:
        """Return leave-one-out cross-validation, as `stanmix.compare` and ``az.compare`` take it.

        Parameters
        ----------
        memory : float, optional
            What the log-likelihood of one observation may take, in GiB; default 2.

        Returns
        -------
        arviz.ELPDData
            With ``elpd_loo``, ``se``, ``p_loo``, and by observation ``loo_i`` and ``pareto_k``:
            the same figures under every ArviZ.

        Raises
        ------
        InputError
            If the fit is a mode or a single draw, weights are no whole numbers, or the draws of
            one observation would not fit in memory.
        """
        return loo.loo(self, memory)

    def log_evidence(self) -> LogEvidence:
        """Return the logarithm of the evidence (marginal likelihood) of the data.

        From the weighted draws that were made before the fit: by ``method="importance"`` or
        ``"auto"``, and, less exactly, before chains and approximations. It is that of the data in
        their own units under the stated priors, so that Bayes factors are differences of it.

        Returns
        -------
        LogEvidence
            ``value``, and ``error``, its Monte Carlo standard error.

        Raises
        ------
        InputError
            If the fit was made without weighted draws.
        InferenceError
            If these cannot be trusted, or a prior has no integral.
        """
        return evidence.log_evidence(self)

    def reweight(self) -> Fit:
        """Return the draws of chains in proportion to the masses of the modes they stayed in.

        Chains of NUTS that start in different modes stay there, and tell nothing of what each
        mode holds; weighted draws from all optima, made before the chains, do.

        Returns
        -------
        Fit
            One chain of draws, resampled in random order.

        Raises
        ------
        InputError
            If the fit is not by NUTS, or was made without weighted draws.
        InferenceError
            If the masses are not known, or a mode that matters has too few draws.
        """
        return reweighting.reweight(self)

    @checked(memory=MEMORY)
    def stack_chains(self, memory: float | None = None) -> Fit:
        """Return chains brought together by stacking of their predictive distributions.

        Each chain gets the weight with which all together predict left-out observations best, by
        Pareto-smoothed leave-one-out cross-validation. That is not the posterior, whose modes
        have other masses: it is what predicts, for chains that do not mix and modes whose masses
        cannot be known (`reweight`).

        Parameters
        ----------
        memory : float, optional
            As in `loo`.

        Returns
        -------
        Fit
            One chain of draws, resampled in random order.

        Raises
        ------
        InputError
            If there are not several chains, or as `loo` does.

        References
        ----------
        Yao, Vehtari & Gelman (2022), Stacking for non-mixing Bayesian computations, J. Mach. Learn.
        Res. 23(79).
        """
        return reweighting.stack_chains(self, memory)

    @checked(pointwise=Flag(), memory=MEMORY)
    def log_likelihood(self, pointwise: bool = False, memory: float | None = None) -> xr.DataArray:
        """Return the log-likelihood, (chain, draw[, obs_id or group])."""
        return log_likelihood.log_likelihood(self, pointwise, memory)

    # Keeping it ---------------------------------------------------------------------------------

    @checked(folder=arguments.Path("folder"), cmdstan=OrNone(arguments.Path()), progress=Flag())
    def export(
        self, folder: str | Path, cmdstan: str | Path | None = None, progress: bool = True
    ) -> Path:
        """Write program, data, starts and a run script, to be run by CmdStan alone.

        As `stanmix.Mixture.export` does with the options of this fit; but what its runs were told
        is not found out again in the session that made it.

        Parameters
        ----------
        folder : path
            Made if need be; files of an earlier export are replaced.
        cmdstan, progress
            As in `stanmix.Mixture.fit`.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        InputError
            If `folder` is a file or cannot be written to, or the fit began at starts that were
            given.
        OutputError
            If the fit has no provenance, or writing fails.
        """
        return export_fit(
            self.model,
            self.design.all_rows.columns,
            self.provenance(),
            self.prepared,
            folder,
            cmdstan,
            progress,
        )

    @checked(path=arguments.Path("file"))
    def save(self, path: str | Path) -> Path:
        """Write the fit to one NetCDF file, which `stanmix.load` and ArviZ read, whatever version.

        An earlier file of that name is replaced once the new one is whole.

        Raises
        ------
        InputError
            If there can be no file of that name.
        OutputError
            If the system refuses to write it, as on a full disk.
        """
        return inference_data.save(self.idata, path)
