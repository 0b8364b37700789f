"""What a mixture can state that makes another program, and a selection that mixes it well."""

from __future__ import annotations

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
    "beta": ("fraction", ["phi"]),
    "poisson": ("n", []),
    "negative_binomial": ("n", ["phi"]),
    "geometric": ("n", []),
    "bernoulli": ("truth", []),
    "binomial": ("successes", []),
    "beta_binomial": ("successes", ["phi"]),
}
HOW = ("free", "shared", "known", "by row", "by row, shared")  # to state such a parameter
WEIGHTS = ("free", "known", "gated")
ROLES = {"group": "group", "offset": "shift", "weights": "times"}
# Links that are not a parameter's own: of locations by the response, of others by name. What has
# the unit of the response has its own alone.
BETWEEN = ("probit", "cloglog", "cauchit")
LINKS_OF_MU = {"fraction": BETWEEN, "truth": BETWEEN, "successes": BETWEEN, "n": ("softplus",)}
LINKS_OF_OTHERS = {"nu": ("softplus",), "phi": ("softplus",), "quantile": BETWEEN}
LINKS_OF_SHAPES = {name: ("softplus",) for name in ("gamma", "weibull", "frechet", "loglogistic")}
KNOWN = {"quantile": 0.4}  # of others 2


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
        fraction=rng.beta(2, 3, N),
        truth=rng.integers(0, 2, N),
        trials=trials,
        successes=rng.binomial(trials, 0.4),
        **clouds,
    )


def every_structure() -> Iterator[Structure]:
    """All that can be stated, with each way to order the components."""
    for family, (y, further) in UNIVARIATE.items():
        for held in itertools.product(HOW, repeat=len(further)):
            how = dict(zip(further, held, strict=True))
            free = [name for name in further if how[name] == "free"]
            for formula, orders in ((y, ["mu", *free]), (f"{y} ~ x", ["Intercept", "x"])):
                for order, theta, roles in _around(orders, ROLES):
                    one = {"family": family, "formula": formula, "order": order, "theta": theta,
                           **how, **roles}  # fmt: skip
                    if theta == "known" and order in _between(y):
                        continue  # draws cannot be ordered afterwards: the weights number them
                    for link in _links(one):
                        yield {**one, "link": link}
    covariances, orders = ("spherical", "diagonal"), {"free": "b", "common": "mu"}
    for covariance, mean, sigma in itertools.product(covariances, orders, HOW[:3]):
        for order, theta, roles in _around([orders[mean]], ("group", "weights")):
            yield {"family": "mvnormal", "formula": "a, b", "order": order, "theta": theta,
                   "sigma": sigma, "covariance": covariance, "mean": mean, **roles}  # fmt: skip


def _between(y: str) -> set[str]:
    """The parameters between two ends, by which no program can order."""
    return {"quantile"} | ({"mu"} if y in LINKS_OF_MU and y != "n" else set())


def _links(structure: Structure) -> list[str | None]:
    """No link, and each that says something: of one parameter at a time."""
    family = structure["family"]
    y, further = UNIVARIATE[family]
    found = []
    if "~" in structure["formula"] or structure["offset"]:
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
            yield order, theta, dict(zip(columns, there, strict=True))


def threes(structure: Structure) -> list[tuple[Any, ...]]:
    """Any three of its options, the family among them, with the kind of family.

    Families are of a kind whose responses are alike and which have as many parameters: their
    programs differ in names, in the density and in units. Links of a parameter are taken together,
    but for the family and the formula that they are seen with.
    """
    family = structure["family"]
    y, further = UNIVARIATE.get(family, (family, []))
    kind = ("bounded" if y in LINKS_OF_MU and y != "n" else y, len(further))
    of = {name: f"parameter {number}" for number, name in enumerate(further)}
    formula, link = structure["formula"].replace(y, "y"), structure.get("link") or ""
    alike = {
        **structure, "formula": formula, "order": of.get(structure["order"], structure["order"]),
        "link": of.get(link.split(" ")[0], link.split(" ")[0]),
    }  # fmt: skip
    options = [(of.get(option, option), said) for option, said in alike.items()]
    found = [(*kind, *three) for three in itertools.combinations(options, 3)]
    return [*found, (*kind, family, formula, link)]


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
    several = structure["family"] == "mvnormal"
    further = {each for _, names in UNIVARIATE.values() for each in names}
    how = {each: said for each, said in structure.items() if each in further}
    fixed = {each: KNOWN.get(each, 2.0) for each, said in how.items() if said == "known"}
    if structure["theta"] == "known":
        fixed["theta"] = [0.3, 0.5, 0.2]
    return stanmix.Mixture(
        structure["formula"].split(", ") if several else structure["formula"],
        COMPONENTS,
        family=structure["family"],
        order=structure["order"],
        fixed=fixed,
        shared=tuple(each for each, said in how.items() if said.endswith("shared")),
        formulas={each: "~ z" for each, said in how.items() if said.startswith("by row")},
        gating="~ z" if structure["theta"] == "gated" else None,
        trials="trials" if "successes" in structure["formula"] else None,
        link=dict([structure["link"].split()]) if structure.get("link") else {},
        **{role: column for role, column in ROLES.items() if structure.get(role)},
        **{key: structure[key] for key in ("covariance", "mean") if key in structure},
    )
