"""The fused likelihoods: C++ headers with the bodies of functions that Stan programs declare."""

from __future__ import annotations

import functools
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stanmix.errors import InputError
from stanmix.program.files import models_folder

__all__ = ["HEADER", "families", "file", "have_tails", "header", "path"]

HEADER = "likelihood.hpp"  # what the file of a fused likelihood is called

_INCLUDE = re.compile(r'^#include "([^"]+)"\n', re.MULTILINE)
# What a function is of: densities, or the probabilities of intervals; its ending, and its family.
_FUNCTION = re.compile(r"^STANMIX_FUNCTION\((interval_|)\w+?_mixture_(\w+), (.+)\)\n", re.MULTILINE)


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
    if family not in families():
        raise InputError(
            f"The family {family!r} has no fused likelihood; those that have one: "
            f"{', '.join(families())}. Use kernel='stan'."
        )
    return models_folder() / "kernels" / f"{family}_mixture.hpp"


@functools.cache
def have_tails(*of: str) -> bool:
    """Return whether fused likelihoods of families know censored responses as well."""
    return all("interval_" in _functions(path(family).read_text("utf-8")) for family in of)


def _functions(header: str) -> dict[str, tuple[str, str]]:
    """Return the ending and the family of each function of a header, by what it is of."""
    return {of: (ending, struct) for of, ending, struct in _FUNCTION.findall(header)}


@contextmanager
def file(*of: str) -> Iterator[Path]:
    """Yield the header of one or of several families as a file.

    It is one text, as in a folder that was exported: who runs that again finds the program
    compiled.
    """
    with tempfile.TemporaryDirectory(prefix="stanmix-") as folder:
        made = Path(folder) / HEADER
        made.write_text(header(*of), encoding="utf-8")
        yield made


@functools.cache
def header(*of: str) -> str:
    """Return the header of one or of several families as one text, which needs Stan Math alone.

    Parameters
    ----------
    *of : str
        Some of `families`.

    Returns
    -------
    str
        C++ for ``USER_HEADER``; it defines ``<family>_mixture_lpdf`` (or ``_lpmf``), or
        ``<family>_<family>_mixture_lpdf``, for every list of arguments in
        ``stan_models/kernels/README.md``; and the same of intervals where all families have tails.

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
    if len(of) == 1:
        return texts[0]
    stated = [_functions(one) for one in texts]
    own = "".join(_FUNCTION.sub("", one) for one in texts)
    made = []
    for what in stated[0]:
        if all(what in one for one in stated):
            ending = stated[0][what][0]  # responses are all counts, or none is
            structs = ", ".join(one[what][1] for one in stated)
            made.append(f"STANMIX_FUNCTION({what}{'_'.join(of)}_mixture_{ending}, {structs})\n")
    return f"{own}\n{''.join(made)}"
