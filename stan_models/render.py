"""Write ``programs/``: rendered programs, each with data to run it on.

Run from a checkout after a change of the templates: ``python stan_models/render.py``. A test holds
the copies to the templates.
"""

from __future__ import annotations

from pathlib import Path

import cmdstanpy
import numpy as np
import pandas as pd

import stanmix
from stanmix import program

PROGRAMS = Path(__file__).resolve().parent / "programs"


def crossing_lines(rows: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Two regressions through the origin, slopes 3 and -1, noise 0.1 (PyMC's forum, 2018)."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, rows)
    slope = np.where(rng.random(rows) < 0.5, -1.0, 3.0)
    return pd.DataFrame({"x": x, "y": slope * x + 0.1 * rng.normal(size=rows)})


def close_pair(rows: int = 100, seed: int = 0) -> pd.DataFrame:
    """Two close normals: means -1 and 1, known sds of 1 and weights of a half."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame({"y": rng.choice([-1.0, 1.0], rows) + rng.normal(size=rows)})


def examples() -> list[tuple[stanmix.Mixture, pd.DataFrame]]:
    """Return one mixture for each program, with data that suit it."""
    known = {"sigma": 1.0, "theta": [0.5, 0.5]}
    wide = {"mu": stanmix.Normal(0, 10)}
    slopes = {"x": stanmix.Normal(0, 2), "sigma": stanmix.Uniform(0, 1)}
    galaxies = stanmix.datasets.load("galaxies")[["velocity_km_s"]]
    waiting = stanmix.datasets.load("faithful")[["waiting"]]
    co2 = stanmix.datasets.load("co2")[["CO2", "GNP"]]
    acidity = stanmix.datasets.load("acidity")
    pair, lines = close_pair(), crossing_lines()
    return [
        (stanmix.Mixture("velocity_km_s ~ 1", 3), galaxies),
        (stanmix.Mixture("velocity_km_s ~ 1", 3, order=None), galaxies),
        (stanmix.Mixture("waiting ~ 1", 2, order="sigma"), waiting),
        (stanmix.Mixture("log_acidity ~ 1", 2, shared=("sigma",)), acidity),
        (stanmix.Mixture("y ~ 1", 2, fixed=known, priors=wide), pair),
        (stanmix.Mixture("y ~ 1", 2, fixed=known, priors=wide, order=None), pair),
        (stanmix.Mixture("CO2 ~ GNP", 2), co2),
        (stanmix.Mixture("CO2 ~ GNP", 2, order="GNP"), co2),
        (stanmix.Mixture("y ~ 0 + x", 2, shared=("sigma",), priors=slopes), lines),
        (stanmix.Mixture("y ~ 0 + x", 2, shared=("sigma",), priors=slopes, order=None), lines),
    ]


def main() -> None:
    """Write every program and its data."""
    PROGRAMS.mkdir(exist_ok=True)
    for model, frame in examples():
        name = program.structure(model).name
        (PROGRAMS / f"{name}.stan").write_text(model.program())
        cmdstanpy.write_stan_json(str(PROGRAMS / f"{name}.data.json"), model.data(frame))


if __name__ == "__main__":
    main()
