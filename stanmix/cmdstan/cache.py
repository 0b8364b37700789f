"""The cache folder: where it is, locks and marks of use in it, and errors of writing to it."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs
from filelock import FileLock, Timeout

from stanmix.errors import ToolchainError

__all__ = [
    "cache_dir",
    "cannot_write",
    "locked",
    "locked_if_free",
    "make_folder",
    "mark_used",
    "remove",
]

_PATIENCE = 1.0  # seconds of waiting for a lock before the user is told
_RECENT = 3600.0  # seconds within which a use is not recorded again
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


def mark_used(marker: Path) -> None:
    """Record that what `marker` belongs to is used now: as the time of its last change.

    Not the time of access, which file systems record late, or not at all. It is written at most
    once an hour, and not where the cache may only be read.
    """
    with contextlib.suppress(OSError):
        if abs(time.time() - marker.lstat().st_mtime) > _RECENT:
            os.utime(marker)


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
    lock = _lock(name)
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


@contextmanager
def locked_if_free(name: str) -> Iterator[bool]:
    """Hold the lock `name`, unless another process has it; give whether it is held.

    Raises
    ------
    ToolchainError
        If the lock file cannot be made.
    """
    folder = make_folder(cache_dir() / "locks")
    lock = _lock(name)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        yield False
        return
    except OSError as error:
        raise cannot_write(folder, error) from error
    try:
        yield True
    finally:
        lock.release()


def _lock(name: str) -> FileLock:
    return FileLock(cache_dir() / "locks" / f"{name}.lock")
