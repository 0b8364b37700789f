"""The statement of a mixture model, made before any data are seen."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from stanmix import design, families
from stanmix.errors import InputError
from stanmix.priors import Beta, Dirichlet, Prior, Uniform
from stanmix.priors import from_dict as prior_from_dict

if TYPE_CHECKING:
    from stanmix.fit import Fit

__all__ = ["Mixture"]

Fixed = Mapping[str, float | Sequence[float]]


@dataclass(frozen=True)
class Mixture:
    """A finite mixture of distributions or of regressions.

    Parameters
    ----------
    formula : str
        Response and covariates, for example ``"y ~ x"``. ``"y ~ 1"`` (or ``"y"``) is a mixture
        of distributions, each with a mean of its own.
    components : int
        Number of components K.
    family : str
        Distribution of the response within a component: ``"normal"``.
    order : str or None
        What names the components. ``"mu"``, ``"sigma"`` or a covariate: the program holds that
        parameter in ascending order. ``"theta"``: draws are put in ascending order of weight
        afterwards. ``"auto"``: the means, or the coefficient where there is but one; otherwise
        the draws are relabelled (ECR). ``None``: draws are left as they come, and labels may
        switch. Where priors or known parameters already tell the components apart,
        ``"auto"`` leaves them as they are.
    shared : sequence of str
        Parameters common to all components: ``("sigma",)``.
    fixed : mapping
        Parameters that are known: ``sigma`` (one number, or one a component) and ``theta`` (one
        weight a component).
    priors : mapping of str to Prior
        By parameter: ``theta``, ``sigma``, ``mu``; in a regression a covariate by its name
        (``"x"``, ``"Intercept"``, or ``"beta[x]"`` where the name is also a parameter's), or
        ``beta`` for all coefficients. What is not stated gets a default that adapts to the scale
        of the data (`stanmix.standata`).

    Raises
    ------
    InputError
        If an argument is unusable, unknown, or contradicts another.
    """

    formula: str
    components: int
    family: str = "normal"
    order: str | None = "auto"
    shared: Sequence[str] = ()
    fixed: Fixed = field(default_factory=dict)
    priors: Mapping[str, Prior] = field(default_factory=dict)

    def __post_init__(self) -> None:
        design.parse(self.formula)
        families.family(self.family)
        if isinstance(self.components, bool) or not isinstance(self.components, int | np.integer):
            raise InputError(f"components must be an integer, got {self.components!r}.")
        if self.components < 1:
            raise InputError(f"components must be at least 1, got {self.components}.")
        object.__setattr__(self, "components", int(self.components))
        if isinstance(self.shared, str):
            object.__setattr__(self, "shared", (self.shared,))
        object.__setattr__(self, "shared", tuple(self.shared))
        object.__setattr__(self, "fixed", self._checked_fixed())
        object.__setattr__(self, "priors", dict(self.priors))
        self._check_shared()
        self._check_priors()
        self._check_order()

    # A mapping has no hash, so the statement is hashed as the plain values that describe it.
    def __hash__(self) -> int:
        return hash(repr(self.to_dict()))

    # What follows from the statement ---------------------------------------------------------

    @property
    def regression(self) -> bool:
        """Whether components have coefficients (`beta`) instead of one mean (`mu`)."""
        return design.covariate_terms(design.parse(self.formula)) != ["1"]

    @property
    def location(self) -> str:
        """Name of the location parameter: ``"mu"`` or ``"beta"``."""
        return "beta" if self.regression else "mu"

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters that are estimated, as programs and draws call them."""
        scale = families.family(self.family).scale
        names = ["theta", self.location] + ([scale] if scale else [])
        return tuple(name for name in names if name not in self.fixed)

    @property
    def component_parameters(self) -> tuple[str, ...]:
        """Names of the estimated parameters with a component dimension."""
        return tuple(name for name in self.parameters if name not in self.shared)

    @property
    def exchangeable(self) -> bool:
        """Whether the posterior is the same under every renumbering of the components."""
        prior = self.priors.get("theta")
        concentration = (
            prior.alpha if isinstance(prior, Dirichlet) else
            (prior.alpha, prior.beta) if isinstance(prior, Beta) else 1.0
        )  # fmt: skip
        told_apart = [concentration, *self.fixed.values()]
        return all(np.ndim(value) == 0 or np.ptp(np.asarray(value)) == 0 for value in told_apart)

    @property
    def program_order(self) -> str | None:
        """What the Stan program orders: ``"mu"``, ``"beta"``, ``"sigma"`` or nothing."""
        if self.order == "auto":
            if not self.exchangeable:
                return None
            terms = design.covariate_terms(design.parse(self.formula))
            return self.location if len(terms) == 1 else None
        if self.order in (None, "theta"):
            return None
        return self.order if self.order in ("mu", "sigma") else "beta"

    # What can be asked of it -----------------------------------------------------------------

    def program(self, kernel: str = "stan") -> str:
        """Return the Stan program of this mixture, as source text.

        Parameters
        ----------
        kernel : {"stan", "fused", "auto"}
            ``"stan"``: portable, all of it in Stan. ``"fused"``: the likelihood is declared, and
            its body is a C++ header (`stanmix.kernels.header`), many times faster. ``"auto"``:
            fused where the family has one.
        """
        from stanmix import program

        return program.render(self, kernel)

    def data(self, frame: Any) -> dict[str, Any]:
        """Return the Stan data for a DataFrame.

        Raises
        ------
        InputError
            If the data do not suit the model; see `stanmix.design.build`.
        """
        from stanmix import standata

        return standata.standata(self, design.build(self.formula, frame))

    def fit(self, frame: Any, method: str = "nuts", **options: Any) -> Fit:
        """Fit the mixture to a DataFrame.

        Parameters
        ----------
        frame : DataFrame or mapping of columns
        method : {"nuts", "advi", "map"}
            Stan's no-U-turn sampler, its variational approximation, or the posterior mode.
        **options
            Of the method; see `stanmix.inference.nuts.Options`, `stanmix.inference.advi.Options`
            and `stanmix.inference.map.Options`, and for all: ``seed``, ``starts``, ``kernel``,
            ``progress``, ``cmdstan``.

        Raises
        ------
        InputError
            Before anything is compiled, if the data or an option cannot be used.
        ToolchainError
            If there is no CmdStan and none can be put together.
        InferenceError
            If Stan fails.
        """
        from stanmix import inference

        return inference.fit(self, frame, method, options)

    def export(self, folder: str | Path, frame: Any, method: str = "nuts", **options: Any) -> Path:
        """Write program, data, starts and a run script, to be run by CmdStan alone.

        Parameters
        ----------
        folder : path
            Made if need be; files of an earlier export are replaced.
        frame : DataFrame or mapping of columns
        method, **options
            As in `fit`: the script makes the draws that `fit` makes with the same options.

        Returns
        -------
        Path
            The folder.
        """
        from stanmix.export import export

        return export(self, folder, frame, method, options)

    def to_dict(self) -> dict[str, Any]:
        """Return the statement as plain values; `from_dict` reads it back."""
        return {
            "formula": self.formula,
            "components": self.components,
            "family": self.family,
            "order": self.order,
            "shared": list(self.shared),
            "fixed": {name: np.asarray(value).tolist() for name, value in self.fixed.items()},
            "priors": {name: prior.to_dict() for name, prior in self.priors.items()},
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Mixture:
        """Return the mixture that `to_dict` described."""
        stated = {name: prior_from_dict(prior) for name, prior in values["priors"].items()}
        return cls(**{**values, "priors": stated})

    # Checks ----------------------------------------------------------------------------------

    def _checked_fixed(self) -> dict[str, Any]:
        if not isinstance(self.fixed, Mapping):
            raise InputError(
                f'fixed must be a mapping such as {{"sigma": 1.0}}, got {self.fixed!r}.'
            )
        checked: dict[str, Any] = {}
        for name, value in self.fixed.items():
            if name not in ("theta", "sigma"):
                raise InputError(
                    f"fixed: {name!r} cannot be fixed; 'theta' and 'sigma' can. To leave a term "
                    'out, leave it out of the formula ("0 + x" has no intercept).'
                )
            try:
                array = np.asarray(value, dtype=np.float64)
            except (TypeError, ValueError) as error:
                raise InputError(f"fixed: {name} must be numeric, got {value!r}.") from error
            if array.ndim > (0 if self.components == 1 and name == "sigma" else 1) or (
                array.ndim == 1 and len(array) != self.components
            ):
                raise InputError(
                    f"fixed: {name} must be one number a component ({self.components}), "
                    f"got {value!r}."
                )
            if not np.isfinite(array).all() or (array <= 0).any():
                raise InputError(f"fixed: {name} must be positive and finite, got {value!r}.")
            if name == "theta" and (array.ndim == 0 or abs(array.sum() - 1) > 1e-8):
                raise InputError(
                    f"fixed: theta must be {self.components} weights that sum to 1, got {value!r}."
                )
            checked[name] = array.tolist()
        return checked

    def _check_shared(self) -> None:
        for name in self.shared:
            if name != "sigma":
                raise InputError(f"shared: {name!r} cannot be shared; 'sigma' can.")
            if name in self.fixed:
                raise InputError(
                    f"{name!r} is both shared and fixed: a known parameter is not estimated; "
                    "remove it from shared."
                )

    def _check_priors(self) -> None:
        if not isinstance(self.priors, Mapping):
            raise InputError(f"priors must be a mapping of names to priors, got {self.priors!r}.")
        self._check_prior_names(None)
        for name, prior in self.priors.items():
            if not isinstance(prior, Prior):
                raise InputError(
                    f"priors: {name!r} must be a prior such as stanmix.Normal(0, 2), got {prior!r}."
                )
            if name in self.fixed:
                raise InputError(
                    f"{name!r} is both fixed and given a prior: remove one of the two."
                )
            if name == "theta":
                self._check_weight_prior(prior)
            elif isinstance(prior, Dirichlet | Beta):
                raise InputError(
                    f"priors: {type(prior).__name__} is a prior of the weights 'theta', not of "
                    f"{name!r}."
                )
            elif name == "sigma":
                if prior.support[0] < 0 and isinstance(prior, Uniform):
                    raise InputError(f"priors: sigma is positive, but its prior is {prior!r}.")
            elif not np.isinf(prior.support).all():
                raise InputError(
                    f"priors: {name!r} can take any value, but {prior!r} cuts it off at "
                    f"{min(prior.support, key=abs):g}; use Normal, StudentT, Cauchy, Laplace, "
                    "Logistic or Flat."
                )

    def _check_weight_prior(self, prior: Prior) -> None:
        if isinstance(prior, Dirichlet):
            prior.concentration(self.components)
        elif not isinstance(prior, Beta):
            raise InputError(
                f"priors: the weights 'theta' take Dirichlet (or Beta for two components), "
                f"got {prior!r}."
            )
        elif self.components != 2:
            raise InputError(
                f"priors: Beta is a prior for the weights of two components; with "
                f"{self.components} use Dirichlet."
            )

    def _check_prior_names(self, covariates: Iterable[str] | None) -> None:
        """Refuse priors of unknown parameters; covariates are known only with the data."""
        valid = ["theta", "sigma"] + ([self.location] if covariates is not None else [])
        if not self.regression:
            valid = ["theta", "sigma", "mu"]
        elif covariates is None:
            return
        else:
            valid += [name for name in covariates] + [f"beta[{name}]" for name in covariates]
        for name in self.priors:
            if name not in valid:
                shown = [v for v in valid if not v.startswith("beta[")]
                close = difflib.get_close_matches(str(name), shown, n=1)
                raise InputError(
                    f"priors: there is no parameter {name!r}"
                    + (f"; did you mean {close[0]!r}?" if close else ".")
                    + f" This mixture has {', '.join(map(repr, shown))}."
                )

    def _check_order(self) -> None:
        if self.order is None or self.order == "auto":
            return
        if not isinstance(self.order, str):
            raise InputError(
                f"order must be 'auto', None or a parameter's name, got {self.order!r}."
            )
        if self.order in self.fixed or self.order in self.shared:
            state = "fixed" if self.order in self.fixed else "shared by all components"
            raise InputError(
                f"order={self.order!r}: that parameter is {state}, so it cannot order the "
                "components; choose another, or order='auto'."
            )
        if not self.regression and self.order not in ("mu", "sigma", "theta"):
            raise InputError(
                f"order={self.order!r}: this mixture can be ordered by 'mu', 'sigma' or 'theta'."
            )
        if self.regression and self.order in ("mu", "beta"):
            raise InputError(
                f"order={self.order!r}: a regression has a coefficient for each covariate; name "
                "the covariate to order by."
            )
        if self.order == "sigma" and isinstance(self.priors.get("sigma"), Uniform):
            raise InputError(
                "order='sigma' needs a prior without an upper end, and Uniform has one; use "
                "another prior or another order."
            )

    def check_covariates(self, covariates: Sequence[str]) -> None:
        """Refuse an order or a prior that names no covariate of the design.

        Raises
        ------
        InputError
            The message lists the covariates there are.
        """
        self._check_prior_names(covariates)
        if self.regression:
            known = (None, "auto", "sigma", "theta", *covariates)
            if self.order not in known:
                raise InputError(
                    f"order={self.order!r}: unknown; this mixture can be ordered by 'sigma', "
                    f"'theta' or a covariate: {', '.join(map(repr, covariates))}."
                )
