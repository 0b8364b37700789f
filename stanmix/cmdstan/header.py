"""C++ headers that a Stan program takes its functions from."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from stanmix.cmdstan.processor import compiled_for
from stanmix.errors import InputError

__all__ = ["UserHeader", "read_header"]

_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"\n]+)"', re.MULTILINE)


@dataclass(frozen=True)
class UserHeader:
    """A header and the headers beside it that it includes.

    Attributes
    ----------
    name
        Path of the header, relative to the folder that holds all of them.
    texts
        Relative path -> text, of the header and of what it includes by ``#include "..."``.
    """

    name: str
    texts: dict[str, str]

    def write(self, folder: Path) -> Path:
        """Write all of it below `folder`; return the path of a header that includes it.

        make cannot bear spaces and quotes in a path; the compiler can, in an include. What is
        compiled here is for this machine's processor (`compiled_for`).
        """
        for name, text in self.texts.items():
            path = folder / "headers" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        plain = folder / "user_header.hpp"
        only = compiled_for()
        lines = [*([f"#define {only}"] if only else []), f'#include "headers/{self.name}"', ""]
        plain.write_text("\n".join(lines), encoding="utf-8")
        return plain


def read_header(path: Path) -> UserHeader:
    """Read a header with all that it includes from its own neighbourhood.

    Parameters
    ----------
    path
        The header.

    Returns
    -------
    UserHeader
        Its text and those of the files that it includes by a path relative to itself;
        others (``stan/math.hpp``) are the compiler's to find.

    Raises
    ------
    InputError
        If the header cannot be read, or its name cannot stand in an ``#include``.
    """
    start = Path(os.path.normpath(Path(path).absolute()))
    if set(start.name) & set('"\\\n'):
        raise InputError(
            f"user_header: C++ cannot include a file with quotes or backslashes in its name, "
            f"{start.name!r}. Rename it."
        )
    texts: dict[Path, str] = {}
    waiting = [start]
    while waiting:
        file = waiting.pop()
        if file in texts:
            continue
        try:
            texts[file] = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(
                f"user_header: the C++ header {file} cannot be read ({error}). "
                "Give the path of a text file."
            ) from error
        for name in _INCLUDE.findall(texts[file]):
            included = Path(os.path.normpath(file.parent / name))
            if included.is_file():
                waiting.append(included)
    root = Path(os.path.commonpath([file.parent for file in texts]))
    named = {file.relative_to(root).as_posix(): text for file, text in sorted(texts.items())}
    return UserHeader(start.relative_to(root).as_posix(), named)
