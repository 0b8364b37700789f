"""A folder of results as one HTML page that stands on its own."""

from __future__ import annotations

import base64
import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jinja2

from stanmix import arguments, paths
from stanmix.arguments import OrNone, checked
from stanmix.model.checks import CONTEXT
from stanmix.runs import results

__all__ = ["report"]

TEMPLATES = Path(__file__).resolve().parent / "templates"


@checked(folder=arguments.Path(), out=OrNone(arguments.Path("file")), context=CONTEXT)
def report(
    folder: str | Path,
    out: str | Path | None = None,
    context: Mapping[str, Callable[..., Any]] | None = None,
) -> Path:
    """Write program, summary, diagnosis, figures and provenance as one HTML page.

    Parameters
    ----------
    folder : path
        That ``stanmix fit`` wrote, or an exported one after its run script. Summary, diagnosis
        and figures are made anew from its draws, and written beside them.
    out : path, optional
        The page; by default ``report.html`` in the folder. It needs no other file and loads
        nothing.
    context : mapping of str to callable, optional
        As in `stanmix.read`.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    OutputError
        If the folder holds no draws, or the page cannot be written.
    """
    source = Path(folder)
    fit = results.fit_of(source, context)
    made = results.describe(fit, source)
    page = (
        _environment()
        .get_template("report.html.jinja")
        .render(
            fit=fit,
            made_by=fit.provenance(),
            program=fit.idata.attrs["program"],
            columns=list(made.summary.columns),
            rows=[
                (name, [_figure(value) for value in row])
                for name, *row in made.summary.itertuples()
            ],
            diagnosis=made.diagnosis,
            figures={title: _embedded(path) for title, path in made.figures.items()},
            not_drawn=made.not_drawn,
        )
    )
    target = source / "report.html" if out is None else Path(out)
    with paths.writing(target, "The report"):
        target.write_text(page, encoding="utf-8")
    return target


def _figure(value: Any) -> str:
    return "–" if value != value else f"{value:.4g}"  # NaN, as R-hat of a single chain


def _embedded(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode("ascii")


@functools.cache
def _environment() -> jinja2.Environment:
    # Names of columns and levels come from anywhere, so all text is escaped.
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=True,
    )
