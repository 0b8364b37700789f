"""Structure to Stan source: one readable program for each.

Only structure reaches the template; sizes, priors and data are Stan data, and no name or label of
the user's is ever source text.
"""

from __future__ import annotations

import functools
from dataclasses import asdict
from pathlib import Path

import jinja2

from stanmix.model import families
from stanmix.model.specification import Specification
from stanmix.program import kernels
from stanmix.program.files import models_folder
from stanmix.program.structure import Structure, structure

__all__ = ["render", "render_structure", "user_header"]


def render(model: Specification, kernel: str = "stan") -> str:
    """Return the Stan program of a mixture; parameters are as in `structure`."""
    return render_structure(structure(model, kernel))


def user_header(parts: Structure) -> Path | None:
    """Return the C++ header that a program takes its likelihood from, if it does."""
    return kernels.path(parts.family) if parts.kernel == "fused" else None


@functools.cache
def render_structure(parts: Structure) -> str:
    """Return the Stan program of a structure."""
    shape = "multivariate" if parts.covariance else "univariate"
    template = _environment().get_template(f"{shape}.stan.jinja")
    family = families.family(parts.family)
    return template.render(
        title=parts.title,
        counts=family.counts,
        # An offset of the mean itself is subtracted from the response; the likelihood has none.
        log_offset=parts.offset and family.positive,
        **asdict(parts),
    )


@functools.cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(models_folder() / "templates"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
