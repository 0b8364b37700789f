"""What an assembled CmdStan is made of: the parts of the wheel, and stanmix's own sources."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

from stanmix.cmdstan.compiler import Compiler
from stanmix.errors import ToolchainError

__all__ = [
    "STAN_VERSION",
    "WHEELS",
    "WHEEL_VERSION",
    "fingerprint",
    "folder_name",
    "own_sources",
    "wheel",
]

# The Stan inside each wheel of httpstan that stanmix[stan] installs.
WHEELS = {"4.13.0": "2.35.0", "4.17.0": "2.39.0"}
WHEEL_VERSION = "4.13.0" if sys.version_info < (3, 12) else "4.17.0"
STAN_VERSION = WHEELS[WHEEL_VERSION]

_OTHER_WAY = "or install a CmdStan and set the environment variable CMDSTAN to its folder"


def own_sources() -> Path:
    """Return the folder that holds stanmix's ``makefile`` and ``driver/``."""
    return Path(__file__).parent


def wheel() -> Path:
    """Return the installed ``httpstan`` folder, without importing the package.

    Raises
    ------
    ToolchainError
        If it is missing, of another version, or without the parts that are needed.
    """
    # find_spec of a top-level name reads no code of the package, whose import takes seconds.
    spec = importlib.util.find_spec("httpstan")
    if spec is None or not spec.submodule_search_locations:
        raise ToolchainError(
            "The parts that stanmix assembles a CmdStan from are not installed in this "
            f'Python ({sys.executable}). Run: pip install "stanmix[stan]", {_OTHER_WAY}. '
            "(The wheel exists for Linux x86-64 and macOS arm64.)"
        )
    found = importlib.metadata.version("httpstan")
    if found != WHEEL_VERSION:
        raise ToolchainError(
            f"httpstan {found}{_stan_of(found)} is installed; on Python {sys.version_info.major}."
            f"{sys.version_info.minor} stanmix assembles its CmdStan from httpstan {WHEEL_VERSION}"
            f'{_stan_of(WHEEL_VERSION)}. Run: pip install "stanmix[stan]", {_OTHER_WAY}.'
        )
    folder = Path(next(iter(spec.submodule_search_locations)))
    missing = [part for part in ("stanc", "include/stan", "lib") if not (folder / part).exists()]
    if missing:
        raise ToolchainError(
            f"The installed httpstan {found} lacks {', '.join(missing)} (in {folder}): it was "
            "not installed from a wheel, or is damaged. Run: pip install --force-reinstall "
            f"--only-binary :all: httpstan=={WHEEL_VERSION}, {_OTHER_WAY}."
        )
    return folder


def _stan_of(version: str) -> str:
    return f" (Stan {WHEELS[version]})" if version in WHEELS else ""


def _own_files() -> Iterator[Path]:
    root = own_sources()
    yield root / "makefile"
    for path in sorted((root / "driver").rglob("*")):
        hidden = any(
            name.startswith((".", "__pycache__")) for name in path.parts[len(root.parts) :]
        )
        if path.is_file() and not hidden:
            yield path


def fingerprint(compiler: Compiler, wheel_version: str = WHEEL_VERSION) -> str:
    """Return the hash (hex) of all that decides what an assembled CmdStan is.

    Parameters
    ----------
    compiler
        The C++ compiler.
    wheel_version
        One of `WHEELS`; by default that of this Python.

    Returns
    -------
    str
        The hash.

    Raises
    ------
    ToolchainError
        If stanmix's own sources are not there, as after a broken installation.
    """
    digest = hashlib.sha256()
    for text in (WHEELS[wheel_version], wheel_version, sys.platform, compiler.identity):
        digest.update(text.encode() + b"\0")
    root = own_sources()
    try:
        for path in _own_files():
            digest.update(path.relative_to(root).as_posix().encode() + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    except OSError as error:
        raise ToolchainError(
            f"stanmix's own sources in {root} cannot be read ({error}): the installation is "
            "damaged. Install stanmix again."
        ) from error
    return digest.hexdigest()


def folder_name(compiler: Compiler, wheel_version: str = WHEEL_VERSION) -> str:
    """Return the name of the assembled folder: version of Stan, short hash.

    Parameters
    ----------
    compiler
        The C++ compiler.
    wheel_version
        One of `WHEELS`; by default that of this Python. Those of other Pythons lie in the same
        cache.
    """
    return f"{WHEELS[wheel_version]}-{fingerprint(compiler, wheel_version)[:10]}"
