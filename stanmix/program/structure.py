"""What of a mixture changes its Stan program, and what that program is called."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from stanmix.errors import InputError
from stanmix.model import families
from stanmix.model.specification import Specification
from stanmix.program import kernels

__all__ = ["Structure", "structure"]

KERNELS = ("auto", "fused", "stan")

LONGEST_NAME = 64  # of a program; see `stanmix.cmdstan.build`
_SHORT = {
    "regressions": "reg",
    "mvnormal": "mvn",
    "spherical": "sph",
    "common": "com",
    "diagonal": "diag",
    "mixture": "mix",
    "ordered": "ord",
    "known": "fix",
    "gating": "gate",
    "offset": "off",
    "weights": "freq",
}


@dataclass(frozen=True)
class Structure:
    """What of a mixture changes its Stan program.

    Attributes
    ----------
    family : str
    regression : bool
        Coefficients for covariates instead of one mean a component.
    order : {"mu", "beta", "sigma", None}
        The parameter that the program holds in ascending order.
    sigma : {"component", "shared", "known", "none"}
        ``"none"``: the family has no scale.
    theta : {"free", "known"}
    kernel : {"stan", "fused"}
        Whether the likelihood is written in Stan or taken from a C++ header.
    gating : bool
        Weights that depend on covariates (`gamma`) instead of `theta`.
    group : bool
        Rows of a group share one class.
    offset, weights : bool
        An offset in the linear predictor; frequencies of rows.
    covariance : {"spherical", "diagonal", None}
        Of a response of several columns; None for a response of one.
    mean : {"free", "common"}
        Whether the columns have means of their own.
    """

    family: str
    regression: bool
    order: str | None
    sigma: str
    theta: str
    kernel: str = "stan"
    gating: bool = False
    group: bool = False
    offset: bool = False
    weights: bool = False
    covariance: str | None = None
    mean: str = "free"

    @property
    def name(self) -> str:
        """A name for the program's files, such as ``normal_mixture_ordered_mu``."""
        parts = [self.family, "regressions" if self.regression else "mixture"]
        if self.covariance:
            parts.append(self.covariance)
        if self.mean == "common":
            parts.append("common")
        if self.order:
            parts += ["ordered", self.order]
        if self.sigma in ("shared", "known"):
            parts += [self.sigma, "sigma"]
        if self.theta == "known":
            parts += ["known", "theta"]
        parts += [name for name in ("gating", "group", "offset", "weights") if getattr(self, name)]
        ending = ["fused"] if self.kernel == "fused" else []
        if len("_".join([*parts, "fused"])) > LONGEST_NAME:
            parts = [_SHORT.get(part, part) for part in parts]
        return "_".join(parts + ending)

    @property
    def title(self) -> str:
        """One sentence that says what the program is."""
        family = families.family(self.family)
        if not self.regression:
            what = f"A finite mixture of {family.adjective} distributions"
        elif family.scale:
            what = f"A finite mixture of linear regressions with {family.adjective} errors"
        else:
            what = f"A finite mixture of {family.adjective} regressions with a log link"
        covariance = {
            None: "",
            "spherical": "one scale for all coordinates",
            "diagonal": "a scale for each coordinate",
        }[self.covariance]
        details = {
            "none": "",
            "shared": f"{'scales' if self.covariance else 'one scale'} for all components",
            "known": "known scales",
            "component": "a scale for each component",
        }[self.sigma]
        if self.covariance and self.sigma == "component":
            details = "scales for each component"
        weights = {
            "known": "known weights",
            "gating": "weights that depend on covariates",
            "free": "",
        }["gating" if self.gating else self.theta]
        ordered = {
            "mu": "ordered means",
            "beta": "one ordered coefficient",
            "sigma": "ordered scales",
            None: "",
        }[self.order]
        if self.covariance and self.mean == "free" and self.order == "mu":
            ordered = "ordered means of one coordinate"
        rows = {
            "one class for the rows of a group": self.group,
            "an offset": self.offset,
            "frequencies of rows": self.weights,
        }
        common = "one mean for all coordinates" if self.mean == "common" else ""
        said = [common, covariance, details, weights, ordered]
        said += [words for words, there in rows.items() if there]
        said = [words for words in said if words]
        sentence = f"{what}{': ' if said else ''}{', '.join(said)}."
        return "\n".join(textwrap.wrap(sentence, 92))


def structure(model: Specification, kernel: str = "stan") -> Structure:
    """Return the structure of a mixture's program.

    Parameters
    ----------
    model : Specification
    kernel : {"stan", "fused", "auto"}
        ``"auto"``: fused where the family has a fused likelihood.

    Raises
    ------
    InputError
        If the kernel is unknown, or ``"fused"`` and the family has none.
    """
    if kernel not in KERNELS:
        raise InputError(f"kernel must be one of {', '.join(map(repr, KERNELS))}, got {kernel!r}.")
    if kernel == "auto":
        kernel = "fused" if model.family in kernels.families() else "stan"
    if kernel == "fused":
        kernels.path(model.family)  # refuses a family without
    if families.family(model.family).scale is None:
        sigma = "none"
    elif "sigma" in model.fixed:
        sigma = "known"
    else:
        sigma = "shared" if "sigma" in model.shared else "component"
    return Structure(
        family=model.family,
        regression=model.regression,
        order=model.program_order,
        sigma=sigma,
        theta="known" if "theta" in model.fixed else "free",
        kernel=kernel,
        gating=model.gated,
        group=model.group is not None,
        offset=model.offset is not None,
        weights=model.weights is not None,
        covariance=model.covariance,
        mean=model.mean,
    )
