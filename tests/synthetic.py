"""Fits whose draws a test makes up: what comes after the draws is tested without Stan."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
from independent import LINKS, family_of

import stanmix
from stanmix.inference.runs.output import Output
from stanmix.posterior.inference_data import inference_data, sizes


def fit_of(
    model: stanmix.Mixture,
    frame: Any,
    draws: dict[str, np.ndarray],
    method: str = "nuts",
    seed: int = 1,
    **stats: np.ndarray,
) -> stanmix.Fit:
    """A fit with these draws, (chain, draw, ...) each, by parameter."""
    matrices = model.matrices(frame)
    shape = next(iter(draws.values())).shape[:2]
    rng = np.random.default_rng(0)
    if method == "nuts":
        plain = {
            "lp": rng.normal(size=shape),
            "energy": rng.normal(size=shape),
            "diverging": np.zeros(shape),
            "tree_depth": np.full(shape, 3),
        }
        stats = {**plain, **stats}
    output = Output(draws, stats, tuple(range(1, shape[0] + 1)))
    attributes = {"method": method, "seed": seed, "options": json.dumps({"max_treedepth": 10})}
    return stanmix.Fit(model, matrices, inference_data(model, matrices, output, attributes))


def noisy(rng: np.random.Generator, centre: Any, sd: float, chains: int, draws: int) -> np.ndarray:
    """Independent normal draws about a centre, (chain, draw, ...)."""
    centre = np.asarray(centre, dtype=float)
    return centre + sd * rng.normal(size=(chains, draws, *centre.shape))


def pair_draws(
    seed: int = 0, chains: int = 4, draws: int = 250, gap: float = 4.0
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Aligned draws of two normals at -gap / 2 and gap / 2, and data of them, 40 rows."""
    rng = np.random.default_rng(seed)
    theta = rng.beta(20, 20, size=(chains, draws))
    parameters = {
        "theta": np.stack([theta, 1 - theta], axis=-1),
        "mu": noisy(rng, [-gap / 2, gap / 2], 0.15, chains, draws),
        "sigma": np.exp(noisy(rng, [0.0, 0.0], 0.1, chains, draws)),
    }
    y = np.concatenate([rng.normal(-gap / 2, 1, 20), rng.normal(gap / 2, 1, 20)])
    return parameters, y


def switched(draws: dict[str, np.ndarray], swap: np.ndarray) -> dict[str, np.ndarray]:
    """The draws of two components with their labels swapped where told, (chain, draw)."""
    result = {}
    for name, values in draws.items():
        told = swap.reshape(*swap.shape, *([1] * (values.ndim - 2)))
        result[name] = np.where(told, values[:, :, ::-1], values)
    return result


def made_up_fit(
    model: stanmix.Mixture, frame: pd.DataFrame, seed: int = 0, draws: int = 7
) -> stanmix.Fit:
    """A fit with draws of no posterior, to compute from."""
    rng = np.random.default_rng(seed)
    design = model.matrices(frame)
    made = {}
    for name, size in sizes(model, design).items():
        made[name] = rng.normal(size=(1, draws, *size.values()))
        link = {"theta": "log", **family_of(model).links}.get(name, "identity")
        made[name] = LINKS[link][0](made[name])
    if "theta" in made:
        made["theta"] /= made["theta"].sum(axis=-1, keepdims=True)
    output = Output(made, {"lp": np.zeros((1, draws))}, (1,))
    attributes = {"method": "nuts", "seed": 1, "program": ""}
    return stanmix.Fit(model, design, inference_data(model, design, output, attributes))


def at_draw(fit: stanmix.Fit, s: int) -> dict[str, np.ndarray]:
    """One draw's parameters, as `independent.total_log_likelihood` takes them."""
    values = {name: draws[s] for name, draws in fit.draws().items()}
    if "gamma" in values:
        del values["theta"]
    return values
