"""The fused likelihoods: C++ headers with the bodies of functions that Stan programs declare."""

from __future__ import annotations

import functools
import re
from pathlib import Path

from stanmix.errors import InputError
from stanmix.program.files import models_folder

__all__ = ["families", "header", "path"]

_INCLUDE = re.compile(r'^#include "([^"]+)"\n', re.MULTILINE)


def families() -> tuple[str, ...]:
    """Return the names of the families that have a fused likelihood."""
    headers = (models_folder() / "kernels").glob("*_mixture.hpp")
    return tuple(sorted(file.name.removesuffix("_mixture.hpp") for file in headers))


def path(family: str) -> Path:
    """Return the header of a family; it includes its neighbours by relative paths.

    Raises
    ------
    InputError
        If the family has no fused likelihood.
    """
    if family not in families():
        raise InputError(
            f"The family {family!r} has no fused likelihood; those that have one: "
            f"{', '.join(families())}. Use kernel='stan'."
        )
    return models_folder() / "kernels" / f"{family}_mixture.hpp"


@functools.cache
def header(family: str) -> str:
    """Return the header of a family as one text, which needs Stan Math alone.

    Parameters
    ----------
    family : str
        One of `families`.

    Returns
    -------
    str
        C++ for ``USER_HEADER``; it defines ``<family>_mixture_lpdf`` (or ``_lpmf``) for every
        list of arguments in ``stan_models/kernels/README.md``.

    Raises
    ------
    InputError
        If the family has no fused likelihood.
    """
    seen: set[Path] = set()

    def text(file: Path) -> str:
        if file in seen:
            return ""
        seen.add(file)
        source = file.read_text(encoding="utf-8")
        return _INCLUDE.sub(lambda found: text((file.parent / found[1]).resolve()), source)

    return text(path(family).resolve())
