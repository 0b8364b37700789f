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
    "poisson": ("n", []),
    "negative_binomial": ("n", ["phi"]),
}
HOW = ("free", "shared", "known", "by row", "by row, shared")  # to state such a parameter
WEIGHTS = ("free", "known", "gated")
ROLES = {"group": "group", "offset": "shift", "weights": "times"}


def rows() -> pd.DataFrame:
    """Rows of groups, of all columns that structures speak of."""
    rng = np.random.default_rng(9)
    frame = render.grouped_lines(groups=5)
    clouds = pd.DataFrame(rng.normal(size=(len(frame), 2)), columns=["a", "b"])
    return frame.assign(n=rng.poisson(6, len(frame)), **clouds)


def every_structure() -> Iterator[Structure]:
    """All that can be stated, with each way to order the components."""
    for family, (y, further) in UNIVARIATE.items():
        for held in itertools.product(HOW, repeat=len(further)):
            how = dict(zip(further, held, strict=True))
            free = [name for name in further if how[name] == "free"]
            for formula, orders in ((y, ["mu", *free]), (f"{y} ~ x", ["Intercept", "x"])):
                for order, theta, roles in _around(orders, ROLES):
                    yield {"family": family, "formula": formula, "order": order, "theta": theta,
                           **how, **roles}  # fmt: skip
    covariances, orders = ("spherical", "diagonal"), {"free": "b", "common": "mu"}
    for covariance, mean, sigma in itertools.product(covariances, orders, HOW[:3]):
        for order, theta, roles in _around([orders[mean]], ("group", "weights")):
            yield {"family": "mvnormal", "formula": "a, b", "order": order, "theta": theta,
                   "sigma": sigma, "covariance": covariance, "mean": mean, **roles}  # fmt: skip


def _around(orders, columns) -> Iterator[tuple[str | None, str, dict[str, bool]]]:
    for order, theta in itertools.product([None, *orders], WEIGHTS):
        for there in itertools.product([False, True], repeat=len(columns)):
            yield order, theta, dict(zip(columns, there, strict=True))


def selection() -> list[Structure]:
    """Structures among which are any three options of a family that can be stated together."""
    every = list(every_structure())
    random.Random(0).shuffle(every)
    seen, chosen = set(), []
    for structure in every:
        # The family is a part of all of them.
        threes = {
            (structure["family"], *three) for three in itertools.combinations(structure.items(), 3)
        }
        if not threes <= seen:
            chosen.append(structure)
            seen |= threes
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
    fixed = {each: 2.0 for each, said in how.items() if said == "known"}
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
        **{role: column for role, column in ROLES.items() if structure.get(role)},
        **{key: structure[key] for key in ("covariance", "mean") if key in structure},
    )
