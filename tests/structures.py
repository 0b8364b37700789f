"""What a mixture can state that makes another program, and a selection that mixes it well."""

from __future__ import annotations

import functools
import itertools
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from rendered import render

import stanmix

Structure = dict[str, Any]  # by name of an option: formulas, or whether and how something is stated

COMPONENTS = 3
# Families of one response: its column, and the parameters beside the location.
UNIVARIATE = {
    "normal": ("y", ["sigma"]),
    "student_t": ("y", ["sigma", "nu"]),
    "cauchy": ("y", ["sigma"]),
    "laplace": ("y", ["sigma"]),
    "asymmetric_laplace": ("y", ["sigma", "quantile"]),
    "logistic": ("y", ["sigma"]),
    "gumbel": ("y", ["sigma"]),
    "skew_normal": ("y", ["sigma", "alpha"]),
    "exgaussian": ("y", ["sigma", "tau"]),
    "lognormal": ("positive", ["sigma"]),
    "gamma": ("positive", ["shape"]),
    "exponential": ("positive", []),
    "weibull": ("positive", ["shape"]),
    "inverse_gaussian": ("positive", ["shape"]),
    "frechet": ("positive", ["shape"]),
    "loglogistic": ("positive", ["shape"]),
    "pareto": ("above", []),
    "beta": ("fraction", ["phi"]),
    "von_mises": ("angle", ["kappa"]),
    "poisson": ("n", []),
    "negative_binomial": ("n", ["phi"]),
    "geometric": ("n", []),
    "bernoulli": ("truth", []),
    "binomial": ("successes", []),
    "beta_binomial": ("successes", ["phi"]),
    "categorical": ("category", []),
    "ordinal": ("level", ["cutpoints"]),
}
VECTORS = ("cutpoints",)  # which are estimated, and depend on nothing
HOW = ("free", "shared", "known", "by row", "by row, shared")  # to state such a parameter
COVARIANCES = (("spherical", None), ("diagonal", None), ("full", "free"), ("full", "shared"))
VOLUMES = {"VEI": HOW[:3], "EVI": HOW[:1], "VEE": HOW[:3], "EVV": HOW[:1]}  # apart from shapes
BESIDE = ("labels", "limits", "coefficients")
WEIGHTS = ("free", "known", "gated")
ROLES = {"group": "group", "offset": "shift", "weights": "times", "labels": "class"}
# Links that are not a parameter's own: of locations by the response, of others by name. What has
# the unit of the response has its own alone.
BETWEEN = ("probit", "cloglog", "cauchit")
LINKS_OF_MU = {
    "fraction": BETWEEN, "truth": BETWEEN, "successes": BETWEEN,
    "n": ("softplus",), "above": ("softplus",),
}  # fmt: skip
SOFTPLUS = ("softplus",)
LINKS_OF_OTHERS = {"nu": SOFTPLUS, "phi": SOFTPLUS, "kappa": SOFTPLUS, "quantile": BETWEEN}
LINKS_OF_SHAPES = {name: ("softplus",) for name in ("gamma", "weibull", "frechet", "loglogistic")}
LIMITS = ("censored", "intervals", "truncated", "censored between", "intervals above")
KNOWN = {"quantile": 0.4}  # of others 2
STATED = {"pareto": {"minimum": 5.0}}  # what a family does not estimate


def rows() -> pd.DataFrame:
    """Rows of groups, of all columns that structures speak of."""
    rng = np.random.default_rng(9)
    frame = render.grouped_lines(groups=5)
    N = len(frame)
    clouds = pd.DataFrame(rng.normal(size=(N, 2)), columns=["a", "b"])
    trials = rng.integers(1, 13, N)
    return frame.assign(
        n=rng.poisson(6, N),
        positive=30 * rng.gamma(3, size=N),
        above=5 * np.exp(rng.gamma(0.8, size=N)),
        fraction=rng.beta(2, 3, N),
        angle=rng.vonmises(3, 1, N),
        truth=rng.integers(0, 2, N),
        category=rng.choice(["a", "b", "c"], N),
        level=np.resize([3, 4, 5, 6], N),
        trials=trials,
        successes=rng.binomial(trials, 0.4),
        kind=np.resize(["none", "left", "right", "interval", "none"], N),
        **{"class": frame["group"].map({0: "a", 1: "b", 3: "c"})},
        **clouds,
        c=0.4 * clouds.a + np.random.default_rng(10).normal(size=N),
    ).pipe(_with_ends)


def _with_ends(frame: pd.DataFrame) -> pd.DataFrame:
    """With ends of intervals, and of what is recorded, for each response."""
    found = {}
    for name, (to, least, most) in {
        "y": (frame.y + 1, frame.y - 2, frame.y + 4),
        "positive": (frame.positive * 1.5, frame.positive * 0.4, frame.positive * 3),
        "above": (frame.above * 1.5, 5 + 0.4 * (frame.above - 5), frame.above * 3),
        "fraction": ((1 + frame.fraction) / 2, frame.fraction * 0.3, (9 + frame.fraction) / 10),
        "n": (frame.n + 2, np.maximum(frame.n - 3, 0), frame.n + 5),
        "successes": (
            np.minimum(frame.successes + 1, frame.trials), np.maximum(frame.successes - 2, 0),
            np.minimum(frame.successes + 3, frame.trials),
        ),
    }.items():  # fmt: skip
        found |= {f"{name} to": to, f"{name} least": least, f"{name} most": most}
    found["kind without intervals"] = frame.kind.replace("interval", "right")
    return frame.assign(**found)


def every_structure() -> Iterator[Structure]:
    """All that can be stated, with each way to order the components."""
    for family, (y, further) in UNIVARIATE.items():
        ways = [HOW[:2] if name in VECTORS else HOW for name in further]
        for held in itertools.product(*ways):
            how = dict(zip(further, held, strict=True))
            free = [name for name in further if how[name] == "free" and name not in VECTORS]
            for formula, orders in ((y, ["mu", *free]), (f"{y} ~ x", ["Intercept", "x"])):
                orders = [] if family == "categorical" else orders
                for order, theta, roles in _around(orders, ROLES):
                    if roles["offset"] and family == "categorical":
                        continue  # it has a predictor for each category
                    if theta == "known" and _between(family, order):
                        continue  # draws are put in order where components can be exchanged
                    one = {"family": family, "formula": formula, "order": order, "theta": theta,
                           **how, **roles}  # fmt: skip
                    for link in _links(one):
                        yield {**one, "link": link, "limits": None, "coefficients": None}
                        yield from _with_coefficients({**one, "link": link, "limits": None})
                        if y not in ("truth", "angle", "category", "level"):  # which have no ends
                            yield from _with_limits({**one, "link": link})
    orders = {"free": "b", "common": "mu"}
    # Tails are those of one column; what is beside them is seen with the normal.
    for (covariance, rho), nu in itertools.product(COVARIANCES, HOW[:3]):
        for order, theta, mean in itertools.product((None, "nu"), WEIGHTS[:2], orders):
            if order is None or nu == "free":
                formula = "a, b, c" if covariance == "full" else "a, b"
                yield {"family": "mvstudent_t", "formula": formula, "order": order,
                       "theta": theta, "nu": nu, "covariance": covariance, "rho": rho,
                       "mean": mean}  # fmt: skip
    for covariance, ways in VOLUMES.items():
        for order, sigma, mean in itertools.product((None, "sigma"), ways, orders):
            if order is None or (sigma == "free" and len(ways) > 1):
                for family, more in (("mvnormal", {}), ("mvstudent_t", {"nu": "free"})):
                    yield {"family": family, "formula": "a, b, c", "order": order,
                           "theta": "free", "sigma": sigma, "covariance": covariance,
                           "mean": mean, **more}  # fmt: skip
    for sigma, mean, factors in itertools.product(HOW[:3], orders, (1, 2)):
        for family, more in (("mvnormal", {}), ("mvstudent_t", {"nu": "free"})):
            yield {"family": family, "formula": "a, b, c, y, x" if factors == 2 else "a, b, c",
                   "order": None, "theta": "free", "sigma": sigma, "covariance": "factor",
                   "factors": factors, "mean": mean, **more}  # fmt: skip
    for (covariance, rho), mean, sigma in itertools.product(COVARIANCES, orders, HOW[:3]):
        formula = "a, b, c" if covariance == "full" else "a, b"
        for order, theta, roles in _around([orders[mean]], ("group", "weights", "labels")):
            yield {"family": "mvnormal", "formula": formula, "order": order, "theta": theta,
                   "sigma": sigma, "covariance": covariance, "rho": rho, "mean": mean,
                   **roles}  # fmt: skip


def _between(family: str, order: str | None) -> bool:
    """Whether an order is by a parameter with two ends, which no program holds in order."""
    fractions = ("fraction", "truth", "successes", "angle")
    return order == "quantile" or (order == "mu" and UNIVARIATE[family][0] in fractions)


def _with_coefficients(structure: Structure) -> Iterator[Structure]:
    """The same with coefficients that components share, or lack: of lines with one more.

    Without covariates with a location in common, where components differ in something else.
    """
    usual = {None, False, "free"}
    beside = {key: said for key, said in structure.items() if key not in ("family", "formula")}
    lines = "~" in structure["formula"] and structure["order"] not in ("Intercept", "x")
    others = sum(said not in usual for said in beside.values())
    apart = UNIVARIATE[structure["family"]][1] and structure["order"] != "mu"
    if (lines or ("~" not in structure["formula"] and apart)) and not others:
        yield {**structure, "coefficients": "in common"}
    if lines and others < 2:
        yield {**structure, "coefficients": "by component"}


def _with_limits(structure: Structure) -> Iterator[Structure]:
    """The same with limits of responses: each of means alone, of lines with one thing beside."""
    usual = {None, False, "free"}
    beside = {key: said for key, said in structure.items() if key not in ("family", "formula")}
    others = sum(said not in usual for said in beside.values())
    if "~" in structure["formula"] and others == 1:
        yield {**structure, "limits": "intervals above"}
    elif "~" not in structure["formula"] and not others:
        yield from ({**structure, "limits": each} for each in LIMITS)


def _links(structure: Structure) -> list[str | None]:
    """No link, and each that says something: of one parameter at a time."""
    family = structure["family"]
    y, further = UNIVARIATE[family]
    found = []
    if family == "ordinal":
        found.append("mu probit")
    elif "~" in structure["formula"] or structure["offset"]:
        found += [f"mu {link}" for link in LINKS_OF_MU.get(y, ())]
    for name in further:
        links = LINKS_OF_SHAPES if name == "shape" else LINKS_OF_OTHERS
        if structure[name].startswith("by row"):
            found += [
                f"{name} {link}" for link in links.get(family if name == "shape" else name, ())
            ]
    return [None, *found]


def _around(orders, columns) -> Iterator[tuple[str | None, str, dict[str, bool]]]:
    for order, theta in itertools.product([None, *orders], WEIGHTS):
        for there in itertools.product([False, True], repeat=len(columns)):
            roles = dict(zip(columns, there, strict=True))
            if order is None or not roles["labels"]:  # which both name the components
                yield order, theta, roles


def threes(structure: Structure) -> list[tuple[Any, ...]]:
    """Any three of its options, the family among them, with the kind of family.

    Families are of a kind whose responses are alike and which have as many parameters: their
    programs differ in names, in the density and in units. Links of a parameter are taken together,
    but for the family and the formula that they are seen with. What is known of rows beside the
    response is seen with each other option, but not with any two.
    """
    family = structure["family"]
    y, further = UNIVARIATE.get(family, (family, []))
    kind = ("bounded" if LINKS_OF_MU.get(y) == BETWEEN else y, len(further))
    of = {name: f"parameter {number}" for number, name in enumerate(further)}
    formula, link = structure["formula"].replace(y, "y"), structure.get("link") or ""
    alike = {
        **structure, "formula": formula, "order": of.get(structure["order"], structure["order"]),
        "link": of.get(link.split(" ")[0], link.split(" ")[0]),
    }  # fmt: skip
    options = [(of.get(option, option), said) for option, said in alike.items()]
    usual = [(option, said) for option, said in options if option not in BESIDE]
    found = [(*kind, *three) for three in itertools.combinations(usual, 3)]
    if structure.get("limits") or structure.get("coefficients"):
        found = []  # another function of a row, other rows of coefficients
    for option in BESIDE:
        if structure.get(option):
            found += [(*kind, option, structure[option], other) for other in usual]
    return [*found, (*kind, family, formula, link), (family, structure.get("limits"))]


@functools.cache
def selection() -> list[Structure]:
    """Structures among which are any three options of a kind that can be stated together."""
    every = list(every_structure())
    random.Random(0).shuffle(every)
    numbers: dict[tuple[Any, ...], int] = {}
    of_each = [
        np.array([numbers.setdefault(three, len(numbers)) for three in threes(one)])
        for one in every
    ]
    missing, chosen = np.ones(len(numbers), dtype=bool), []
    for least in (0.7, 0.4, 0.2, 0.1, 0.0):  # of its threes, that are new: many of them first
        for structure, own in zip(every, of_each, strict=True):
            if missing[own].sum() > least * len(own):
                chosen.append(structure)
                missing[own] = False
    return chosen


def name(structure: Structure) -> str:
    """What is stated, in words."""
    used = [key if value is True else f"{key} {value}" for key, value in structure.items() if value]
    return "; ".join(word.removeprefix("family ").removeprefix("formula ") for word in used)


def mixture(structure: Structure) -> stanmix.Mixture:
    """The mixture that states it."""
    several, own = structure["family"].startswith("mv"), structure.get("coefficients")
    formula = structure["formula"].split(", ") if several else structure["formula"]
    if own == "by component":
        formula = [formula, f"{formula} + z", formula.replace("x", "z")]
    elif own and "~" in formula:
        formula = f"{formula} + z"
    further = {"rho", *(each for _, names in UNIVARIATE.values() for each in names)}
    how = {each: said for each, said in structure.items() if each in further and said}
    known = {each: KNOWN.get(each, 2.0) for each, said in how.items() if said == "known"}
    fixed = {**STATED.get(structure["family"], {}), **known}
    if structure["theta"] == "known":
        fixed["theta"] = [0.3, 0.5, 0.2]
    return stanmix.Mixture(
        formula,
        COMPONENTS,
        family=structure["family"],
        order=structure["order"],
        fixed=fixed,
        shared=tuple(each for each, said in how.items() if said.endswith("shared"))
        + ((("z",) if "~" in structure["formula"] else ("mu",)) if own else ()),
        formulas={each: "~ z" for each, said in how.items() if said.startswith("by row")},
        gating="~ z" if structure["theta"] == "gated" else None,
        trials="trials" if "successes" in structure["formula"] else None,
        link=dict([structure["link"].split()]) if structure.get("link") else {},
        **_limits(structure),
        **{role: column for role, column in ROLES.items() if structure.get(role)},
        **{key: structure[key] for key in ("covariance", "factors", "mean") if key in structure},
    )


def _limits(structure: Structure) -> dict[str, Any]:
    """What is known of responses that were not seen, as a mixture states it."""
    stated, y = structure.get("limits") or "", structure["formula"].split(" ~ ")[0]
    found: dict[str, Any] = {}
    if stated.startswith("censored"):
        found["censoring"] = "kind without intervals"
    elif stated.startswith("intervals"):
        found["censoring"] = ("kind", f"{y} to")
    if stated == "truncated" or stated.endswith("between"):
        found["truncation"] = (f"{y} least", f"{y} most")
    elif stated.endswith("above"):
        found["truncation"] = (None, f"{y} most")
    return found
