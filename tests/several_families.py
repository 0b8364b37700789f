"""The log density of mixtures of several families with SciPy, family after family.

A program names a parameter that two families have with the family behind it. Here each family gets
its values and data under the plain names, and is then what `independent` knows.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from independent import (
    FAMILIES,
    Data,
    Values,
    at_rows,
    base,
    contrasts,
    log_prior,
    matrix_of,
    place,
    sampled,
)
from parameters_block import declarations
from scipy import special, stats

import stanmix


def families_of(model: stanmix.Mixture) -> list[tuple[str, list[int]]]:
    """The name of each family with the components that have it, as they are stated."""
    found: list[tuple[str, list[int]]] = []
    for k, stated in enumerate(model.family):
        name = stated if isinstance(stated, str) else type(stated).__name__
        if found and found[-1][0] == name:
            found[-1][1].append(k)
        else:
            found.append((name, [k]))
    return found


def plain(name: str, family: str) -> str:
    """A name without that of the family."""
    return name.replace(f"_{family}_prior", "_prior").removesuffix(f"_{family}")


def log_posterior(model: stanmix.Mixture, data: Data, u: np.ndarray) -> float:
    """Log prior + log likelihood + log Jacobian at an unconstrained point."""
    values, total = sampled(model, data, u)
    program = declarations(model.program())
    if "gamma_free" in values:
        gamma = contrasts(data["K"]) @ values["gamma_free"] / data["Z_scale"]
        gamma -= np.outer(gamma @ np.asarray(data["Z_centre"]), data["Z_ones"])
        total += log_prior("gamma", FAMILIES["normal"], data, gamma, once=False)
        log_theta = special.log_softmax(data["Z"] @ gamma.T, axis=1)
    else:
        theta = values["theta"]
        total += stats.dirichlet.logpdf(theta, data["theta_prior"])
        log_theta = np.log(theta)[None]
    y = np.asarray(data["y"], dtype=float)
    at_mass = np.isin(y, data.get("at", []))
    continuous = "mixture_lpdf" in model.program()
    usual = np.where(at_mass, y[~at_mass][0], y) if continuous else y
    columns = []
    for name, components in families_of(model):
        if name == "PointMass":
            columns += [np.where(y == at, 0.0, -np.inf) for at in data["at"]]
            continue
        if name == "Uniform":
            ends = zip(data["low"], data["high"], strict=True)
            found = np.transpose([stats.uniform.logpdf(y, a, b - a) for a, b in ends])
        else:
            own = {
                plain(base(each), name): (each, values[each.name])
                for each in program
                if f"K_{name}" in each.sizes or plain(base(each), name) in shared_of(model, name)
            }
            density, of_priors = of_family(name, len(components), own, {**data, "y": usual})
            total += of_priors
            found = density
        if continuous:
            found = np.where(at_mass[:, None], -np.inf, found)
        columns += list(found.T)
    joint = np.transpose(columns) + log_theta
    weight = np.asarray(data.get("weights", np.ones(len(y))))
    total += weight @ special.logsumexp(joint, axis=1)
    return float(total + weight[~at_mass].sum() * np.log(data.get("y_scale", 1.0)))


def shared_of(model: stanmix.Mixture, family: str) -> set[str]:
    """What components of a family share: parameters, or their coefficients."""
    own = set(model.shared) & set(FAMILIES[family].parameters)
    return own | {f"beta_{name}" for name in own}


def of_family(name: str, K: int, own: dict[str, Any], data: Data) -> tuple[np.ndarray, float]:
    """The log density of rows in a family's components (N, K), and the log prior."""
    family, priors, values = FAMILIES[name], 0.0, {}
    renamed = {plain(key, name): value for key, value in data.items()} | {"K": K}
    for parameter, (declared, value) in own.items():
        once = f"K_{name}" not in declared.sizes
        value = np.repeat(value[None], K, axis=0) if once else value
        centre, scale = place(parameter, family, renamed)
        if X := matrix_of(parameter):
            slopes = scale * value / renamed[f"{X}_scale"]
            rest = centre - slopes @ np.asarray(renamed[f"{X}_centre"])
            value = slopes + np.outer(rest, renamed[f"{X}_ones"])
        else:
            value = centre + scale * value
        values[parameter] = value
        priors += log_prior(parameter, family, renamed, value, once)
    at: Values = {each: at_rows(each, family, renamed, values) for each in family.parameters}
    if "trials" in data:
        at["trials"] = np.asarray(data["trials"])[:, None]
    found = family.log_density(np.asarray(data["y"]), **at)
    return np.broadcast_to(found, (len(data["y"]), K)), priors
