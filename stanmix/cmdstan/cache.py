"""The cache folder: where it is, locks in it, and errors of writing to it."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs
from filelock import FileLock, Timeout

from stanmix.errors import ToolchainError

__all__ = ["cache_dir", "cannot_write", "locked", "make_folder", "remove"]

_PATIENCE = 1.0  # seconds of waiting for a lock before the user is told
_FULL = {errno.ENOSPC, errno.EDQUOT}


def cache_dir() -> Path:
    """Return the folder that holds the assembled CmdStan and the compiled programs.

    Returns
    -------
    Path
        ``$STANMIX_CACHE`` where it is set, else the user's cache folder of the platform.
        It need not exist yet.
    """
    given = os.environ.get("STANMIX_CACHE")
    if given:
        return Path(os.path.abspath(Path(given).expanduser()))  # noqa: PTH100 (keeps links)
    return platformdirs.user_cache_path("stanmix", appauthor=False)


def cannot_write(path: Path, error: OSError) -> ToolchainError:
    """Say what hinders writing to `path`, and what to change."""
    if error.errno in _FULL:
        why, mend = "the disk is full", "Free some space there"
    elif error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        why, mend = "it may not be written", "Give yourself the right to write there"
    else:
        why, mend = error.strerror or str(error), "Make it a folder that can be written"
    return ToolchainError(
        f"stanmix cannot write to {path}: {why}. {mend}, "
        "or set STANMIX_CACHE to another folder (with about 600 MB of room)."
    )


def make_folder(path: Path) -> Path:
    """Make `path` with its parents; raise ToolchainError where that is impossible."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(path, error) from error
    return path


def remove(path: Path) -> None:
    """Remove a file or a whole folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def locked(name: str, waiting: Callable[[], None] | None = None) -> Iterator[None]:
    """Hold the lock `name` of this cache; the system frees it if this process dies.

    Parameters
    ----------
    name
        What is locked: a file of this name in the cache's folder ``locks``.
    waiting
        Called once if another process holds the lock for more than a second.

    Raises
    ------
    ToolchainError
        If the lock file cannot be made.
    """
    folder = make_folder(cache_dir() / "locks")
    lock = FileLock(folder / f"{name}.lock")
    try:
        try:
            lock.acquire(timeout=_PATIENCE)
        except Timeout:
            if waiting is not None:
                waiting()
            lock.acquire()
    except OSError as error:
        raise cannot_write(folder, error) from error
    try:
        yield
    finally:
        lock.release()
