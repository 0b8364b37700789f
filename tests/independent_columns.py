"""The posterior of several independent columns, each of a family, with NumPy and SciPy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from independent import (
    FAMILIES,
    Family,
    log_prior,
    of_columns,
    place,
    row_terms,
    sampled,
)
from scipy import special, stats

import stanmix

BY_THEMSELVES = ("categorical", "ordinal")  # families whose columns lie beside no others


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
    """Of one column, of which rows may lack."""

    def of_rows(y: np.ndarray, **at: np.ndarray) -> np.ndarray:
        total, there = np.zeros((len(y), at["mu"].shape[1])), ~np.isnan(y)
        total[there] = log_density(y[there], **at)
        return total

    return of_rows


def groups(model: stanmix.Mixture) -> list[tuple[str, str]]:
    """The families of columns that lie beside one another, and how their names end."""
    stated = model.family
    stated = dict.fromkeys(model.formula, stated) if isinstance(stated, str) else stated
    found = dict.fromkeys(
        (own, str(d) if own in BY_THEMSELVES else own)
        for d, own in enumerate((stated[name] for name in model.formula), start=1)
    )
    return list(found)


def log_posterior(model: stanmix.Mixture, data: dict, u: np.ndarray) -> float:
    """Log prior, likelihood and Jacobian at an unconstrained point.

    As `independent.log_posterior` has it of one family, with a sum over the families.
    """
    values, total = sampled(model, data, u)
    values = {name.removesuffix("_scaled"): value for name, value in values.items()}
    K, rows = data["K"], 0.0
    weights = np.asarray(data.get("weights", np.ones(data["N"])))
    for stated, suffix in groups(model):
        single = suffix != stated
        family = FAMILIES[stated]
        family = (
            replace(family, log_density=lacking(family.log_density))
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
            shared = name in model.shared
            of_all = np.repeat(values[name][None], K, axis=0) if shared else values[name]
            at[parameter] = centre + scale * of_all
            total += log_prior(parameter, family, own, at[parameter], shared)
        rows = rows + row_terms(family, own, at)
        if "y_scale" in own:
            cells = weights[:, None] * np.asarray(own.get("observed", np.ones(np.shape(own["y"]))))
            total += (cells * np.log(own["y_scale"])).sum()
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
