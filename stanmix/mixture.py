"""The statement of a mixture model, made before any data are seen, and what can be asked of it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pandas as pd

from stanmix import arguments, fitting
from stanmix.arguments import FRAME, Anything, MappingOf, OneOf, checked
from stanmix.data.design import Design
from stanmix.errors import InputError, shown
from stanmix.fit import Fit
from stanmix.model import checks, column_blocks
from stanmix.model.matrices import matrices
from stanmix.model.priors import from_dict as prior_from_dict
from stanmix.model.specification import Specification
from stanmix.program.data import standata
from stanmix.program.lower import KERNELS, PRIORS, lower
from stanmix.program.prior_table import prior_table
from stanmix.program.render import render
from stanmix.runs.write import export

__all__ = ["Mixture"]


@dataclass(frozen=True, eq=False)  # compared and hashed as a statement
class Mixture(Specification):
    """A finite mixture of distributions or of regressions.

    Parameters
    ----------
    formula : str or sequence of str
        Response and covariates, for example ``"y ~ x"``. ``"y ~ 1"`` (or ``"y"``) is a mixture
        of distributions, each with a mean of its own. Several formulas of one response are one for
        each component: ``["y ~ x", "y ~ 1"]``; a coefficient that a component lacks is zero. Or
        names of several columns, ``["x1", "x2"]``: independent within a component, each of the
        family and with parameters of its own; of ``"mvnormal"`` and the like those of a vector.
    components : int
        Number of components K.
    family : str, or sequence of str, PointMass, Uniform and Truncated, or mapping
        Distribution of the response within a component, of all or of each: ``"normal"``, or
        ``["normal", "normal", stanmix.Uniform(0, 10)]`` and ``[stanmix.PointMass(0), "poisson"]``;
        ``stanmix.Truncated("poisson", lower=1)`` beside a point mass makes a hurdle model.
        Of several columns one name, or a mapping with that of each column, such as
        ``{"x": "normal", "n": "poisson", "item": "categorical"}``. Columns named together are a
        block, one vector that is independent of the other columns within a component:
        ``{("x1", "x2"): "mvnormal", "n": "poisson"}``.
        Components of one family stand together; they are exchangeable among themselves alone.
        A parameter that several families have has the family behind its name, as
        ``sigma_normal`` (of components its own name speaks of all in ``formulas``, ``shared`` and
        ``fixed``). Each column of categories has parameters with its number behind their names,
        ``mu_3`` of the third, and each block those with that of its first column.
        Covariates and offset are of the locations of all. Where a row is at a point mass, no
        density beside it counts; counts do. Real numbers: ``"normal"``,
        ``"student_t"``, ``"cauchy"``, ``"laplace"``, ``"asymmetric_laplace"``, ``"logistic"``,
        ``"gumbel"``, ``"skew_normal"``, ``"exgaussian"``. Positive ones: ``"lognormal"``,
        ``"gamma"``, ``"exponential"``, ``"weibull"``, ``"inverse_gaussian"``, ``"frechet"``,
        ``"loglogistic"``, ``"pareto"``. Between 0 and 1: ``"beta"``. Angles in radians:
        ``"von_mises"``. Counts: ``"poisson"``, ``"negative_binomial"``, ``"geometric"``; out of
        trials ``"binomial"``, ``"beta_binomial"``; 0 or 1: ``"bernoulli"``. Categories:
        ``"categorical"``, and ``"ordinal"`` of such as have an order. Several columns:
        ``"mvnormal"`` and ``"mvstudent_t"``. ``mu`` is the
        mean where that is a parameter; `docs/models.md` has the table of parameters and links.
    formulas : mapping of str to str or sequence of str
        Formulas of other parameters than ``mu``, which then depend on covariates through their
        link: ``{"sigma": "~ z"}``, with a row of coefficients ``beta_sigma`` a component;
        ``{"sigma": ["~ z", "~ 1"]}`` has a formula for each component.
    link : mapping of str to str
        Of a parameter's linear predictor, where it is not to have its own:
        ``{"mu": "probit"}``. Between 0 and 1: ``"logit"``, ``"probit"``, ``"cloglog"``,
        ``"cauchit"``; positive without a unit: ``"log"``, ``"softplus"``; an angle: ``"tan_half"``.
        Of ``"ordinal"`` that of cumulative probabilities: ``"logit"`` or ``"probit"``; of several
        columns those of all, or of one by its number, ``{"mu_2": "probit"}``.
    gating : str, optional
        Formula of the weights, ``"~ z"``: they are the softmax of ``Z gamma``, with a row of
        coefficients ``gamma`` a component that sum to zero over the components. ``"~ 1"`` is
        the same as none: constant weights with a Dirichlet prior.
    order : str or None
        What names the components. ``"mu"``, ``"sigma"`` or another parameter, a covariate, or for
        several columns one whose means shall ascend: the program holds that parameter in
        ascending order. A covariate with the name of a parameter is ``"beta[sigma]"``, a column
        ``"mu[theta]"``.
        ``"theta"``, ``"mean"`` or ``"variance"``: draws are put in ascending order of weight, or of
        the components' means or variances, afterwards. Where these depend on the row, they are
        those at the averages of covariates, offset and trials. ``"auto"``: nothing is
        ordered, the draws are relabelled (ECR) and components named by the posterior means of
        their locations, or of the coefficient of the last covariate, which ascend: an order within
        the program splits the posterior where the ordered parameter of two components nearly
        ties. ``None``: draws are left as they come, and labels may switch. Where priors, formulas
        or known parameters already tell the components apart, ``"auto"`` leaves them as they are.
    shared : sequence of str
        Parameters common to all components, ``("sigma",)``, and terms or covariates whose
        coefficients are: ``("x",)``, ``("beta_sigma[z]",)``. They are named as in `priors`. With
        ``("mu",)`` components have one location, with all of its coefficients.
    fixed : mapping
        Parameters that are known: ``theta`` (one weight a component), and any parameter but the
        mean, such as ``sigma`` (one number, or one for each component that has it; with
        ``covariance="diagonal"`` also a row of numbers a component, one a column). Constants of a
        family that are not estimated must be stated: the ``minimum`` of ``"pareto"``.
    group : str, optional
        Column that names groups: all rows of a group belong to one component.
    weights : str, optional
        Column of frequencies: a row of weight w counts as w equal rows.
    offset : str, optional
        Column that is added to the linear predictor (for ``"poisson"``: to the log mean, so of
        an exposure give the logarithm).
    trials : str, optional
        Column of the numbers of trials out of which the response counts successes; needed for
        ``"binomial"`` and ``"beta_binomial"``.
    labels : str, optional
        Column of the known classes of some rows, with missing values for the others. Numbers are
        those of the components, from 1; anything else names them: categories in their order, other
        names in ascending order. Each component but one needs a row with its label, so that all are
        told apart: nothing is relabelled, and no `order` can be stated. Labels hold for the data of
        the fit; of new rows they are not read.
    censoring : str or pair of str, optional
        Column that says what is known of the response: ``"none"`` (it is y), ``"left"`` (at most
        y), ``"right"`` (at least y), ``"interval"`` (from y to the value in another column). With
        intervals both columns: ``("censoring", "upper")``. Counts include the ends.
    truncation : pair of float, str or None, optional
        Ends between which responses are recorded at all, numbers or columns, None for no end:
        ``(1, None)`` for counts without zeros. Components have their distributions given that
        the response lies there, ends included; parameters are those of the distributions before
        they are cut off, and predictions are of what is recorded.
    missing : {"refuse", "predict", "marginalise"}
        What becomes of rows whose response is missing. ``"refuse"``: an error counts and names
        them. ``"predict"``: they are no part of the likelihood, of residuals, responsibilities and
        cross-validation, and `Fit.predict` predicts them. ``"marginalise"``: rows may lack some of
        several columns, and what is there counts. Missing covariates are refused in any case.
    covariance : {"spherical", "diagonal", "tied", "full"} or str, or mapping, optional
        For several columns that are one vector, and needed there; of all blocks, or of each, as in
        ``{("x1", "x2"): "full"}``. ``"spherical"``: a component has one scale ``sigma``
        for all columns. ``"diagonal"``: one for each column. ``"full"``: correlations ``rho`` of
        the columns beside them. ``"tied"``: scales and correlations that all components have in
        common. Codes of mclust: ``"EII"``, ``"VII"`` (spherical), ``"EEI"``, ``"VVI"`` (diagonal),
        ``"EEE"`` (tied), ``"VVV"`` (full); and ``"VEI"``, ``"EVI"``, ``"VEE"``, ``"EVV"``, in
        which ``sigma`` is a scale of the ellipsoid's volume and ``shape`` the columns' shares in
        the sum of their scales.
    factors : int, optional
        How many factors columns have in common under ``covariance="factor"``: ``loadings`` on them
        make the covariances, and ``sigma`` are the scales of what they leave of each column.
    mean : {"free", "common"}
        For several columns that are one vector, or for blocks of them. ``"free"``: a component has
        a mean for each column. ``"common"``: one mean for all columns.
    priors : mapping of str to Prior or list of Prior
        By parameter: ``theta``, ``sigma``, ``nu``, ``phi``, ``mu`` (where there is one for each
        column, of all columns, or ``"mu[x1]"`` and ``"sigma[x1]"``); in a regression a covariate by
        its name (``"x"``, ``"Intercept"``, or ``"beta[x]"`` where the name is also a parameter's),
        or ``beta`` for all coefficients; ``gamma`` for all coefficients of the weights, or
        ``"gamma[z]"``, and likewise ``beta_sigma`` or ``"beta_sigma[z]"``. What is not stated gets
        a default that adapts to the scale of the data
        (`stanmix.program.default_priors`). A list of priors is one for each component, which they
        tell apart: ``{"mu": [Normal(-2, 1), Normal(2, 1)]}``. Nothing is ordered then, and those
        alone are relabelled whose priors are the same. A stated prior of an intercept holds at
        covariates of zero, a default one at their means.
    context : mapping of str to callable
        Functions that formulas may call by name beside those that they know
        (`stanmix.data.transforms`): ``{"f": f}`` for ``"y ~ f(x)"``. They are not saved with a fit;
        whoever loads one passes them again.

    Raises
    ------
    InputError
        If an argument is unusable, unknown, or contradicts another.
    """

    def __post_init__(self) -> None:
        for name, check in checks.CHECKS.items():
            self._state(name, check(name, getattr(self, name)))
        self._state("family", checks.checked_family(self))
        self._state("covariance", checks.checked_covariance(self))
        self._state("formula", checks.checked_formula(self))
        self._state("formulas", checks.checked_formulas(self))
        if isinstance(self.shared, str):
            self._state("shared", (self.shared,))
        stated = {
            name: tuple(prior) if isinstance(prior, list | tuple) else prior
            for name, prior in self.priors.items()
        }
        self._state("priors", stated)
        checks.check_links(self)
        checks.check_response(self)
        checks.check_formulas(self)
        self._state("fixed", checks.checked_fixed(self))
        checks.check_roles(self)
        checks.check_limited(self)
        checks.check_shared(self)
        checks.check_priors(self)
        checks.check_order(self)

    def _state(self, name: str, value: Any) -> None:
        """Set what is stated, as it is checked, and forget what followed from it before."""
        for followed in [one for one in self.__dict__ if one not in self.__dataclass_fields__]:
            del self.__dict__[followed]
        object.__setattr__(self, name, value)

    @checked(kernel=OneOf(*KERNELS), priors=OneOf(*PRIORS))
    def program(self, kernel: str = "stan", priors: str = "coded") -> str:
        """Return the Stan program of this mixture, as source text.

        Parameters
        ----------
        kernel : {"stan", "fused", "auto"}
            ``"stan"``: portable, all of it in Stan. ``"fused"``: the likelihood is declared, and
            its body is a C++ header (`stanmix.program.kernels.header`), many times faster.
            ``"auto"``: fused where the family has one and what is stated of links and rows allows.
        priors : {"coded", "named"}
            ``"coded"``: the data choose the distribution of each prior by number, so that no change
            of prior is another program; fits use this. ``"named"``: the program names them, as in
            ``mu ~ normal(mu_prior[1], mu_prior[2])``, for people and papers.

        Raises
        ------
        InputError
            If the family has no fused likelihood, or priors cannot be named because they differ
            between covariates.
        """
        key = kernel, priors
        if key not in self._programs:
            self._programs[key] = render(lower(self, kernel, priors))
        return self._programs[key]

    @functools.cached_property
    def _programs(self) -> dict[tuple[str, str], str]:
        """Programs that were asked for, by what they were asked with."""
        return {}

    @checked(frame=FRAME, priors=OneOf(*PRIORS))
    def data(self, frame: Any, priors: str = "coded") -> dict[str, Any]:
        """Return the Stan data for a DataFrame.

        Parameters
        ----------
        frame : DataFrame or mapping of columns
        priors : {"coded", "named"}
            Of the program that shall read them; see `program`.

        Raises
        ------
        InputError
            If the data do not suit the model; see `stanmix.data.design.build`.
        """
        return standata(self, matrices(self, frame), lower(self, priors=priors))

    @checked(frame=FRAME)
    def priors_for(self, frame: Any) -> pd.DataFrame:
        """Return the prior of each parameter for a DataFrame, stated or default, and why.

        Parameters
        ----------
        frame : DataFrame or mapping of columns
            Defaults follow its scale; `stanmix.program.default_priors` has the rules.

        Returns
        -------
        DataFrame
            A row a prior, under the name by which it is stated: ``"theta"``, ``"beta[x]"``,
            ``"sigma"``. Columns: ``parameter``; ``component``, a number where each has a prior of
            its own; ``column``, a covariate or a column of the response; ``prior``, a value such
            as ``Normal(mu=0.0, sigma=2.0)``; ``source``, ``"stated"`` or ``"default"``; and
            ``reason``: of a default with the figures of the data that it was taken from. Those of
            coefficients that make up the constant, as an intercept's, hold at covariates of zero
            where they are stated, else where covariates are at their means.

        Raises
        ------
        InputError
            If the data do not suit the model; see `stanmix.data.design.build`.
        """
        return prior_table(self, matrices(self, frame))

    @checked(frame=FRAME)
    def matrices(self, frame: Any) -> Design:
        """Return what the model reads of a DataFrame: response, covariates, and the rest.

        Raises
        ------
        InputError
            If the data do not suit the model; see `stanmix.data.design.build`.
        """
        return matrices(self, frame)

    @checked(frame=FRAME)
    def fit(self, frame: Any, method: str = "nuts", **options: Any) -> Fit:
        """Fit the mixture to a DataFrame.

        Parameters
        ----------
        frame : DataFrame or mapping of columns
        method : {"nuts", "advi", "pathfinder", "laplace", "map"}
            Stan's no-U-turn sampler; its approximations, variational (ADVI), along the path to a
            mode (Pathfinder) or at the mode (Laplace), each the best of several runs; or the
            posterior mode.
        **options
            Of the method; see `NutsOptions`, `AdviOptions`, `PathfinderOptions`,
            `LaplaceOptions` and `MapOptions` in `stanmix.inference.options`, and for all:
            ``seed``, ``starts``, ``kernel``, ``threads``, ``engine``, ``progress``,
            ``cmdstan``, ``output_dir``.

        Raises
        ------
        InputError
            Before anything is compiled, if the data or an option cannot be used.
        ToolchainError
            If there is no engine: no CmdStan and none that can be put together, and no stanli.
        InferenceError
            If Stan fails.
        """
        return fitting.fit(self, frame, method, options)

    @checked(folder=arguments.Path("folder"), frame=FRAME)
    def export(self, folder: str | Path, frame: Any, method: str = "nuts", **options: Any) -> Path:
        """Write program, data, starts and a run script, to be run by CmdStan alone.

        Parameters
        ----------
        folder : path
            Made if need be; files of an earlier export are replaced.
        frame : DataFrame or mapping of columns
        method, **options
            As in `fit`: the script makes the draws that `fit` makes with the same options. With
            ``engine="stanli"`` what is found out before the run is found by stanli, and the
            program is the portable one.

        Returns
        -------
        Path
            The folder.
        """
        return export(self, folder, frame, method, options)

    @classmethod
    @checked(
        values=MappingOf(Anything("the mixture"), "a mapping as to_dict gives it"),
        context=checks.CONTEXT,
    )
    def from_dict(
        cls, values: Mapping[str, Any], context: Mapping[str, Callable[..., Any]] | None = None
    ) -> Mixture:
        """Return the mixture that `to_dict` described; `context` is not part of it.

        Raises
        ------
        InputError
            If the values are not those of a mixture.
        """
        known = [item.name for item in fields(cls) if item.compare]
        unknown, missing = set(values) - set(known), {"formula", "components"} - set(values)
        if unknown or missing:
            raise InputError(
                f"The statement of a mixture has {', '.join(map(repr, known))}, of which formula "
                f"and components are needed, got {shown(sorted(values))}."
            )
        priors = MappingOf(Anything("a prior"), "a mapping of names to priors as to_dict gives it")
        stated = {
            name: [prior_from_dict(each) for each in prior]
            if isinstance(prior, list | tuple)
            else prior_from_dict(prior)
            for name, prior in priors("priors", values.get("priors", {})).items()
        }
        by_block = {
            name: column_blocks.from_plain(values[name], name)
            for name in ("family", "covariance")
            if name in values
        }
        return cls(**{**values, **by_block, "priors": stated}, context=context or {})
