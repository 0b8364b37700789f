"""The fused likelihoods: C++ headers with the bodies of functions that Stan programs declare."""

from __future__ import annotations

import functools
import re
from pathlib import Path

from stanmix.errors import InputError
from stanmix.program.files import models_folder

__all__ = ["HEADER", "PARAMETERS", "families", "has", "have", "header", "path"]

HEADER = "likelihood.hpp"  # what the file of a fused likelihood is called

PARAMETERS = 32  # that a fused likelihood can have: those of each family, once

_INCLUDE = re.compile(r'^#include "([^"]+)"\n', re.MULTILINE)
# What a function is of, its ending, and its family.
_FUNCTION = re.compile(r"^STANMIX_FUNCTION\((\w+)_mixture_(\w+),\s+(.+)\)\n", re.MULTILINE)
# Of functions: of densities, of the probabilities of intervals, and of rows of both kinds.
_KINDS = ("", "interval_", "censored_")
_TRUNCATED = "truncated_"


@functools.cache
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
    if not has(family):
        raise InputError(
            f"The family {family!r} has no fused likelihood; those that have one: "
            f"{', '.join(families())}. Use kernel='stan'."
        )
    return _file(family)


@functools.cache
def have(kind: str, *of: str) -> bool:
    """Return whether fused likelihoods of families know censored responses as well.

    By themselves (``"interval"``), or beside responses that are known exactly (``"censored"``).
    """
    return all(f"{kind}_{family}" in _functions(family) for family in of)


def has(family: str) -> bool:
    """Return whether a family, which may be truncated, has a fused likelihood."""
    return family.removeprefix(_TRUNCATED) in families() and family in _functions(family)


def _file(family: str) -> Path:
    return models_folder() / "kernels" / f"{family.removeprefix(_TRUNCATED)}_mixture.hpp"


@functools.cache
def _functions(family: str) -> dict[str, tuple[str, str]]:
    """Return the ending and the family of each function of a header, by what it is of."""
    stated = _FUNCTION.findall(_file(family).read_text(encoding="utf-8"))
    return {of: (ending, struct) for of, ending, struct in stated}


@functools.cache
def header(*of: str, columns: bool = False) -> str:
    """Return the header of one or of several families as one text, which needs Stan Math alone.

    Parameters
    ----------
    *of : str
        Some of `families`.
    columns : bool
        Whether they are of independent columns, all of which each component has, rather than of
        components.

    Returns
    -------
    str
        C++ for ``USER_HEADER``; it defines ``<family>_mixture_lpdf`` (or ``_lpmf``), or
        ``<family>_<family>_mixture_lpdf``, for every list of arguments in
        ``stan_models/kernels/README.md``, and the same of intervals and of censored responses where
        all families have tails; of columns ``<family>_<family>_columns_mixture_lpdf``.

    Raises
    ------
    InputError
        If a family has no fused likelihood.
    """
    seen: set[Path] = set()

    def text(file: Path) -> str:
        if file in seen:
            return ""
        seen.add(file)
        source = file.read_text(encoding="utf-8")
        return _INCLUDE.sub(lambda found: text((file.parent / found[1]).resolve()), source)

    texts = [text(path(family).resolve()) for family in of]
    if len(of) == 1 and not columns:
        return texts[0]
    own = "".join(_FUNCTION.sub("", one) for one in texts)
    if columns:
        structs = ", ".join(_functions(one)[one][1] for one in of)
        name = f"{'_'.join(of)}_columns_mixture_lpdf"
        return f"{own}\nSTANMIX_COLUMNS_FUNCTION({name}, {structs})\n"
    made = []
    for kind in _KINDS:
        found = [_functions(one).get(f"{kind}{one}", ("", "")) for one in of]
        if all(struct for _, struct in found):
            ending = found[0][0]  # responses are all counts, or none is
            structs = ", ".join(struct for _, struct in found)
            made.append(f"STANMIX_FUNCTION({kind}{'_'.join(of)}_mixture_{ending}, {structs})\n")
    return f"{own}\n{''.join(made)}"
