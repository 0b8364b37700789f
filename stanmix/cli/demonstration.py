"""The demonstration: two classic data sets, from data to diagnosed posterior and figures."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from stanmix import arguments, cmdstan, datasets, paths, plots
from stanmix.arguments import Flag, checked
from stanmix.fit import Fit
from stanmix.inference import available
from stanmix.inference.options import COUNT, read
from stanmix.mixture import Mixture
from stanmix.plots.style import off_screen

__all__ = ["run"]


@contextmanager
def _step(what: str) -> Iterator[None]:
    print(f"\n-- {what}", flush=True)
    began = time.perf_counter()
    yield
    print(f"   ({time.perf_counter() - began:.1f} s)", flush=True)


@checked(out=arguments.Path("folder"), seed=COUNT, progress=Flag())
def run(out: Path, seed: int = 1, progress: bool = True) -> dict[str, Fit]:
    """Fit eruptions and CO2, print what was found, and write figures, programs and draws.

    Parameters
    ----------
    out : Path
        Folder to write to; made if need be.
    seed : int
    progress : bool

    Returns
    -------
    dict of str to Fit
        ``faithful`` and ``co2``.
    """
    with paths.writing(out, "The demonstration"):
        out.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    _engine(progress)
    fits = {
        "faithful": _fit(
            "faithful",
            Mixture("waiting ~ 1", components=2),
            out,
            {"seed": seed},
            progress,
            lambda fit: plots.density(fit, label="waiting time (min)"),
        ),
        "co2": _fit(
            "co2",
            Mixture("CO2 ~ GNP", components=2),
            out,
            # The data are few enough to be split in more ways than one: the posterior has several
            # shapes, which takes smaller steps and more draws than usual.
            {"seed": seed, "draws": 4000, "adapt_delta": 0.95},
            progress,
            lambda fit: plots.regression(
                fit, labels=("GNP (1000 US$ a head)", "CO2 (tonnes a head)")
            ),
        ),
    }
    print(f"\nAll of it took {time.perf_counter() - began:.0f} s. Written to {out}/:")
    for path in sorted(out.rglob("*")):
        if path.is_file():
            print(f"   {path.relative_to(out)}")
    return fits


def _engine(progress: bool) -> None:
    """Find what runs Stan programs."""
    if available.choose(read("nuts", {}), runs=True) == "stanli":
        print("\n-- no compiler for CmdStan here: stanli interprets the Stan programs", flush=True)
        return
    with _step("CmdStan: find one, or put one together (once)"):
        folder = cmdstan.require(progress=progress)
        print(f"   {folder}")


def _fit(
    name: str,
    model: Mixture,
    out: Path,
    options: dict[str, Any],
    progress: bool,
    picture: Callable[[Fit], Axes],
) -> Fit:
    frame = datasets.load(name)
    about = datasets.describe(name)
    print(f"\n== {name}: {about.title}\n   {about.source}")
    with _step(f"fit {model.components} components, {model.formula!r}: NUTS, 4 chains"):
        fit = model.fit(frame, progress=progress, **options)
    with pd.option_context("display.width", 120, "display.max_columns", 20):
        print(fit.summary().to_string(float_format=lambda value: f"{value:.4g}"))
    print(f"   labels: {fit.labelling}")
    with _step("diagnose"):
        print(fit.diagnose())
    with _step("draw figures, write program, data, run script and draws"):
        with off_screen():
            plots.save(picture(fit), out / f"{name}.png", dpi=150)
            plots.save(plots.trace(fit), out / f"{name}-trace.png", dpi=150)
            plots.save(plots.rank(fit), out / f"{name}-rank.png", dpi=150)
        fit.export(out / f"{name}-stan", progress=progress)
        fit.save(out / f"{name}.nc")
    return fit
