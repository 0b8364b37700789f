"""A fit as a folder: program, data and run script, draws, summary, diagnosis, figures."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from stanmix import paths
from stanmix.diagnostics import Diagnosis
from stanmix.errors import InputError, OutputError
from stanmix.fit import Fit
from stanmix.runs.read import load, read
from stanmix.runs.record import Provenance

__all__ = ["FIT", "Results", "check_folder", "describe", "fit_of", "write"]

FIT = "fit.nc"
FIGURES = "figures"


@dataclass(frozen=True)
class Results:
    """What there is to say of a fit.

    Attributes
    ----------
    summary : DataFrame
    diagnosis : Diagnosis
    figures : dict of str to Path
        PNG files, by what they show.
    not_drawn : dict of str to str
        Figures that do not suit the fit, and why.
    """

    summary: pd.DataFrame
    diagnosis: Diagnosis
    figures: dict[str, Path] = field(default_factory=dict)
    not_drawn: dict[str, str] = field(default_factory=dict)


def check_folder(folder: str | Path) -> Path:
    """Return a folder to write to.

    Raises
    ------
    InputError
        If it is a file, or cannot be written to.
    """
    return paths.folder_to_write(folder, "the folder of results")


def write(
    fit: Fit, folder: str | Path, cmdstan: str | Path | None = None, progress: bool = True
) -> Results:
    """Write a fit, and what makes it again, to a folder.

    Beside the files of `stanmix.Mixture.export`: ``fit.nc``, which `stanmix.load` reads,
    ``summary.csv``, ``diagnosis.txt``, figures, and the provenance of these draws.

    Parameters
    ----------
    fit : Fit
    folder : Path
        Made if need be; files of an earlier fit are replaced.
    cmdstan, progress
        As in `stanmix.Mixture.fit`.

    Raises
    ------
    InputError
        If `folder` is a file, or the fit began at starts that were given.
    """
    folder = check_folder(folder)
    made_by = fit.provenance()
    fit.export(folder, cmdstan, progress)
    exported = Provenance.read(folder)
    dataclasses.replace(exported, environment=made_by.environment).write(folder)
    fit.save(folder / FIT)
    return describe(fit, folder)


def fit_of(folder: Path, context: Mapping[str, Callable[..., Any]] | None = None) -> Fit:
    """Return the fit that a folder holds: the saved one, else what its run script made.

    `context` is as in `stanmix.read`.

    Raises
    ------
    OutputError
        If the saved fit is of another program, data or options than the folder; and as
        `stanmix.load` and `stanmix.read`.
    """
    if not (folder / FIT).is_file():
        return read(folder, context)
    fit, made_by = load(folder / FIT, context), Provenance.read(folder)
    own = fit.provenance()
    of_folder = {name: made_by.hashes.get(name) for name in own.hashes}
    if (own.hashes, own.commands) != (of_folder, made_by.commands):
        raise OutputError(
            f"{folder / FIT} was not made by the program, data and commands of its folder, which "
            "was written later. Remove it, or run `stanmix fit` again."
        )
    return fit


def describe(fit: Fit, folder: Path) -> Results:
    """Write summary, diagnosis and figures of a fit to a folder, and return them.

    Raises
    ------
    OutputError
        If they cannot be written.
    """
    made = Results(fit.summary(), fit.diagnose())
    with paths.writing(folder, "The description of the fit"):
        return _described(fit, made, folder)


def _described(fit: Fit, made: Results, folder: Path) -> Results:
    made.summary.to_csv(folder / "summary.csv", index_label="parameter")
    (folder / "diagnosis.txt").write_text(f"{made.diagnosis}\n", encoding="utf-8")
    target = folder / FIGURES
    if target.is_dir():  # of an earlier fit
        shutil.rmtree(target)
    target.mkdir()
    for title, name, draw in _pictures(fit):
        try:
            made.figures[title] = _draw(draw, fit, target / f"{name}.png")
        except InputError as error:
            made.not_drawn[title] = str(error)
    return made


def _pictures(fit: Fit) -> list[tuple[str, str, Callable[[Fit], Any]]]:
    """Return title, name and function of the pictures that suit the method."""
    from stanmix import plots  # here because matplotlib takes long

    fitted: Callable[[Fit], Any] = plots.density
    if fit.model.regression and not fit.family.categories:
        fitted = plots.regression
    elif fit.model.responses:
        fitted = plots.contours
    chosen: list[tuple[str, str, Callable[[Fit], Any]]] = [("Data and fit", "fit", fitted)]
    if fit.method == "map":
        return chosen
    if fit.method == "nuts":
        chosen.append(("Densities and traces", "trace", plots.trace))
        chosen.append(("Ranks by chain", "rank", plots.rank))
    if "elbo" in fit.sample_stats:
        chosen.append(("Evidence lower bound", "elbo", plots.elbo))
    chosen.append(("Pairs of parameters", "pairs", plots.pairs))
    if "permutation" in fit.sample_stats:
        chosen.append(("Labels that were switched", "switching", plots.switching))
    return chosen


def _draw(draw: Callable[[Fit], Any], fit: Fit, path: Path) -> Path:
    import matplotlib

    from stanmix import plots
    from stanmix.plots.style import off_screen

    # Names of columns are not to be read as formulae.
    with off_screen(), matplotlib.rc_context({"text.parse_math": False}):
        return plots.save(draw(fit), path, dpi=150)
