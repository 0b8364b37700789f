"""Write ``programs/``: rendered programs, each with data to run it on.

Run from a checkout after a change of the templates: ``python stan_models/render.py``. A test holds
the copies to the templates.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cmdstanpy
import numpy as np
import pandas as pd

import stanmix
from stanmix.program.lower import lower

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


def grouped_lines(groups: int = 40, seed: int = 0) -> pd.DataFrame:
    """Two lines; all rows of a group follow one, more often the upper the larger its z is."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=groups)
    upper = rng.random(groups) < 1 / (1 + np.exp(-1.5 * z))
    group = np.repeat(np.arange(groups), 3)
    x, shift = rng.uniform(-1, 1, len(group)), rng.normal(size=len(group))
    line = np.where(upper[group], 1.0 + 2.0 * x, -1.0 - x)
    frame = pd.DataFrame({"group": group, "x": x, "shift": shift, "z": z[group]})
    frame["y"] = line + shift + 0.7 * rng.normal(size=len(group))
    frame["times"] = rng.integers(1, 4, len(group))
    return frame


def clouds(rows: int = 90, seed: int = 0) -> pd.DataFrame:
    """Return three clouds in the plane, in groups of three rows; the scales differ by column."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(rows // 3), 3)
    z = rng.normal(size=rows // 3)
    cloud = rng.integers(0, 3, rows // 3)[group]
    centre = np.array([[-3.0, 0.0], [0.0, 4.0], [3.0, 1.0]])[cloud]
    frame = pd.DataFrame(centre + [0.5, 1.2] * rng.normal(size=(rows, 2)), columns=["x1", "x2"])
    return frame.assign(group=group, z=z[group], times=rng.integers(1, 4, rows))


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
    grouped = grouped_lines()
    seizure = stanmix.datasets.load("seizure").assign(
        log_hours=lambda data: np.log(data["Hours"]), log_day=lambda data: np.log(data["Day"] / 27)
    )
    patent = stanmix.datasets.load("patent")[["Patents", "lgRD", "RDS"]]
    lamb = stanmix.datasets.load("fetal_lamb_counts")
    by_row = {"offset": "shift", "weights": "times"}
    all_of_it = {**by_row, "group": "group", "gating": "~ z"}
    treated = "Seizures ~ Treatment * log_day"
    plane: dict[str, Any] = {"formula": ["x1", "x2"], "family": "mvnormal"}
    spherical, diagonal = {"covariance": "spherical"}, {"covariance": "diagonal"}
    pieces = {name: all_of_it[name] for name in ("weights", "group", "gating")}
    bounded = {"sigma[x1]": stanmix.Uniform(0, 5), "sigma[x2]": stanmix.Uniform(0, 8)}
    clouded = clouds()
    counts, overdispersed = {"family": "poisson"}, {"family": "negative_binomial"}
    return [
        (stanmix.Mixture("velocity_km_s ~ 1", 3, order="mu"), galaxies),
        (stanmix.Mixture("velocity_km_s ~ 1", 3, order=None), galaxies),
        (stanmix.Mixture("waiting ~ 1", 2, order="sigma"), waiting),
        (stanmix.Mixture("log_acidity ~ 1", 2, order="mu", shared=("sigma",)), acidity),
        (stanmix.Mixture("y ~ 1", 2, order="mu", fixed=known, priors=wide), pair),
        (stanmix.Mixture("y ~ 1", 2, fixed=known, priors=wide, order=None), pair),
        (stanmix.Mixture("CO2 ~ GNP", 2), co2),
        (stanmix.Mixture("CO2 ~ GNP", 2, order="GNP"), co2),
        (stanmix.Mixture("y ~ 0 + x", 2, order="x", shared=("sigma",), priors=slopes), lines),
        (stanmix.Mixture("y ~ 0 + x", 2, shared=("sigma",), priors=slopes, order=None), lines),
        (stanmix.Mixture("y ~ 1", 2, order="mu", **by_row), grouped),
        (stanmix.Mixture("y ~ 1", 3, group="group", order=None), grouped),
        (stanmix.Mixture("y ~ x", 2, gating="~ z"), grouped),
        (stanmix.Mixture("y ~ x", 3, order="x", shared=("sigma",), **all_of_it), grouped),
        (stanmix.Mixture("movements ~ 1", 2, order="mu", weights="freq", **counts), lamb),
        (stanmix.Mixture("Seizures ~ 1", 2, offset="log_hours", order=None, **counts), seizure),
        (stanmix.Mixture(treated, 2, offset="log_hours", **counts), seizure),
        (stanmix.Mixture("Patents ~ lgRD", 3, gating="~ RDS", **counts), patent),
        (stanmix.Mixture("CO2 ~ GNP", 2, family="student_t"), co2),
        (stanmix.Mixture("waiting ~ 1", 2, family="student_t", fixed={"nu": 4.0}), waiting),
        (stanmix.Mixture("y ~ x", 2, formulas={"sigma": "~ z"}), grouped),
        (
            stanmix.Mixture(
                "y ~ x", 2, family="student_t", formulas={"sigma": "~ z"}, shared=("nu",)
            ),
            grouped,
        ),
        (stanmix.Mixture("movements ~ 1", 2, order="mu", **overdispersed), lamb),
        (stanmix.Mixture(treated, 2, offset="log_hours", **overdispersed), seizure),
        (stanmix.Mixture(treated, 2, formulas={"phi": "~ Treatment"}, **overdispersed), seizure),
        (
            stanmix.Mixture(
                components=2,
                order="mu",
                mean="common",
                fixed={"sigma": 1.0},
                **plane,
                **spherical,
            ),
            clouded,
        ),
        (stanmix.Mixture(components=3, **plane, **spherical), clouded),
        (stanmix.Mixture(components=3, order="x1", shared="sigma", **plane, **diagonal), clouded),
        (
            stanmix.Mixture(
                components=3, order="x2", priors=bounded, **plane, **diagonal, **pieces
            ),
            clouded,
        ),
    ]


def shipped_name(model: stanmix.Mixture) -> str:
    """Return the name of a shipped program; long names would else hold a hash."""
    everything = all((model.gating, model.group, model.offset, model.weights))
    return "normal_regressions_all_options" if everything else lower(model).name


def main() -> None:
    """Write every program and its data."""
    PROGRAMS.mkdir(exist_ok=True)
    for model, frame in examples():
        name = shipped_name(model)
        (PROGRAMS / f"{name}.stan").write_text(model.program(priors="named"))
        data = model.data(frame, priors="named")
        cmdstanpy.write_stan_json(str(PROGRAMS / f"{name}.data.json"), data)


if __name__ == "__main__":
    main()
