"""The posterior of several independent columns, each of a family, with NumPy and SciPy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from independent import (
    FAMILIES,
    Family,
    cells,
    log_prior,
    of_columns,
    of_sum_one,
    ordered_probit,
    place,
    row_terms,
    sampled,
)
from independent import shared as shared_by_all
from scipy import special, stats

import stanmix

BY_THEMSELVES = ("categorical", "ordinal")  # families whose columns lie beside no others
VECTORS = ("mvnormal", "mvstudent_t")  # families of blocks of columns
# Of blocks, by the names with which a program declares them.
OF_VECTORS = {"rho": "L_Omega", "shape": "shape", "loadings": "loadings"}


def of_family(data: dict, family: Family, names: dict[str, str], suffix: str) -> dict:
    """What the data say of the columns of one family, as if they were alone."""
    ending = f"_{suffix}"
    own = {key.removesuffix(ending): value for key, value in data.items() if key.endswith(ending)}
    for parameter, name in names.items():
        found = {key: value for key, value in data.items() if key.startswith(f"{name}_prior")}
        own |= {key.replace(name, parameter, 1): value for key, value in found.items()}
        own |= {parameter: data[name]} if name in data else {}
    return {"N": data["N"], "K": data["K"], **own}


def lacking(log_density: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
    """Of one column that rows may lack."""

    def of_rows(y: np.ndarray, **at: np.ndarray) -> np.ndarray:
        there = ~np.isnan(y)
        total = np.zeros((len(y), at["mu"].shape[1]))
        total[there] = log_density(y[there], **at)
        return total

    return of_rows


def groups(model: stanmix.Mixture) -> list[tuple[str, str]]:
    """The families of columns that lie beside one another, and how their names end."""
    stated = model.family
    stated = dict.fromkeys(model.formula, stated) if isinstance(stated, str) else stated
    first = {named if isinstance(named, str) else named[0]: own for named, own in stated.items()}
    found = dict.fromkeys(
        (own, str(d) if own in (*BY_THEMSELVES, *VECTORS) else own)
        for d, own in enumerate(map(first.get, model.formula), start=1)
        if own is not None
    )
    return list(found)


def of_block(family: Family, suffix: str, values: dict) -> Family:
    """The family of a block, with the parameters that its covariance has."""
    own = [one for one, declared in OF_VECTORS.items() if f"{declared}_{suffix}" in values]
    return replace(family, links={**family.links, **dict.fromkeys(own, "identity")})


def log_posterior(model: stanmix.Mixture, data: dict, u: np.ndarray) -> float:
    """Log prior, likelihood and Jacobian at an unconstrained point.

    As `independent.log_posterior` has it of one family, with a sum over the families.
    """
    values, total = sampled(model, data, u)
    values = {name.removesuffix("_scaled"): value for name, value in values.items()}
    for name in [name for name in values if name.endswith("_rest")]:  # but the ordered column
        of, at = name.removesuffix("_rest"), data["ordered_coordinate"] - 1
        values[of] = np.insert(values.pop(name), at, values.pop(f"{of}_ordered"), axis=1)
    values |= {
        name.replace("L_Omega", "rho"): value for name, value in values.items() if "Omega" in name
    }
    K, rows, common = data["K"], 0.0, shared_by_all(model.program())
    weights = np.asarray(data.get("weights", np.ones(data["N"])))
    for stated, suffix in groups(model):
        single = suffix != stated
        family = of_block(FAMILIES[stated], suffix, values)
        link = model.link.get(f"mu_{suffix}", model.link.get("mu", ""))
        if (stated, link) == ("ordinal", "probit"):
            family = replace(family, log_density=ordered_probit)
        family = (
            family
            if stated in VECTORS
            else replace(family, log_density=lacking(family.log_density))
            if single
            else of_columns(family)
        )
        names = {
            one: f"{one}_{suffix}" if f"{one}_{suffix}" in {*values, *data} else one
            for one in family.parameters
        }
        own, at = of_family(data, family, names, suffix), {}
        for parameter, name in names.items():
            if name not in values:
                continue
            centre, scale = place(parameter, family, own)
            shared = name.replace("rho", "L_Omega") in common
            of_all = np.repeat(values[name][None], K, axis=0) if shared else values[name]
            at[parameter] = centre + scale * of_all
            if parameter == "shape" and stated in VECTORS:
                at[parameter] = of_sum_one(of_all * own["y_scale"])
            total += log_prior(parameter, family, own, at[parameter], shared)
        rows = rows + row_terms(family, own, at)
        if "y_scale" in own:
            total += (weights[:, None] * cells(own) * np.log(own["y_scale"])).sum()
    theta, times = values["theta"], weights
    total += stats.dirichlet.logpdf(theta / theta.sum(), data["theta_prior"])
    if "group" in data:
        of_rows = weights[:, None] * rows
        rows, times = np.zeros((data["G"], K)), np.ones(data["G"])
        np.add.at(rows, np.asarray(data["group"]) - 1, of_rows)
    joint = np.log(theta) + rows
    found = special.logsumexp(joint, axis=1)
    for unit, known in enumerate(data.get("labels", [])):
        found[unit] = joint[unit, known - 1] if known else found[unit]
    return float(total + times @ found)
