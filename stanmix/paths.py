"""Paths that users name: checked before any work is done, with the system's errors in words."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from stanmix.errors import InputError, OutputError, shown

__all__ = ["file_to_write", "folder_to_write", "replacing", "to_path", "writing"]


def to_path(value: Any, what: str) -> Path:
    """Return a path that a user named, with ``~`` expanded.

    Parameters
    ----------
    value : str or os.PathLike
    what : str
        What lies there, for messages: ``"output_dir"``, ``"the file of the fit"``.

    Raises
    ------
    InputError
        If it is no path, holds a NUL, is longer than the system allows or lies below a file.
    """
    if not isinstance(value, str | os.PathLike) or not os.fspath(value):
        raise InputError(f"{what} must be a path, such as 'results/fit', got {shown(value)}.")
    try:
        path = Path(os.fsdecode(value)).expanduser()
        path.lstat()
    except FileNotFoundError as error:
        if not path.is_absolute() and not _working_directory():
            raise InputError(
                f"{what}: {str(value)!r} is relative to the working directory, which has been "
                "deleted. Change to another directory, or give an absolute path."
            ) from error
        return path
    except PermissionError:
        return path  # whoever reads or writes there says it
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError(f"{what}: {_shown(value)} cannot be a path: {_reason(error)}.") from error
    return path


def folder_to_write(value: Any, what: str) -> Path:
    """Return the path of a folder that can be written to, there or yet to be made.

    Raises
    ------
    InputError
        As `to_path`, if it is a file, or if it or the folder to make it in is not writable.
    """
    path = to_path(value, what)
    if path.exists() and not path.is_dir():
        raise InputError(f"{what}: {path} is a file; name a folder to write to.")
    _check_writable(path, what)
    return path


def file_to_write(value: Any, what: str) -> Path:
    """Return the path of a file that can be written, in a folder that there is.

    Raises
    ------
    InputError
        As `to_path`, if it is a folder, or if the folder that it lies in is missing or not
        writable.
    """
    path = to_path(value, what)
    if path.is_dir():
        raise InputError(f"{what}: {path} is a folder; name a file to write.")
    if not path.parent.is_dir():
        raise InputError(f"{what}: there is no folder {path.parent}; make it first.")
    _check_writable(path.parent, what)
    return path


@contextmanager
def writing(path: Path, what: str) -> Iterator[None]:
    """Raise errors of the system within the block as `OutputError`, which names `path`."""
    try:
        yield
    except (OSError, UnicodeEncodeError) as error:
        raise OutputError(f"{what} cannot be written to {path}: {_reason(error)}.") from error


@contextmanager
def replacing(path: Path, what: str, size: int = 0) -> Iterator[Path]:
    """Give a path beside `path` to write to, and move what was written there in its place.

    What lay at `path` stays as it was where the block fails.

    Parameters
    ----------
    path : Path
    what : str
        What is written, at the beginning of a sentence.
    size : int
        Bytes that will be needed: room for them is tried first, because HDF5 ends the process
        where the disk is full.

    Raises
    ------
    OutputError
        If the system refuses to write or to move.
    """
    with (
        writing(path, what),
        # In the same folder, because a file moves as a whole only within one file system.
        tempfile.TemporaryDirectory(dir=path.parent, prefix=".stanmix-") as scratch,
    ):
        beside = Path(scratch) / path.name
        _try_room(beside, size)
        yield beside
        beside.replace(path)


def _try_room(path: Path, size: int) -> None:
    """Raise the system's error if it has no room for a file of so many bytes."""
    if not size:
        return
    if hasattr(os, "posix_fallocate"):
        with path.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, size)
        path.unlink()
    elif shutil.disk_usage(path.parent).free < size:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _check_writable(path: Path, what: str) -> None:
    """Refuse a path whose nearest folder that there is takes no new files.

    One is written: neither its mode nor whose it is says whether it takes any, or is full.
    """
    there = path
    try:
        there = next(folder for folder in (path, *path.parents) if folder.exists())
        with tempfile.TemporaryFile(dir=there) as tried:
            tried.write(b"0")
    except OSError as error:
        raise InputError(
            f"{what}: {there} cannot be written to: {_reason(error)}. Name another place."
        ) from error


def _working_directory() -> bool:
    try:
        return Path.cwd().is_dir()
    except FileNotFoundError:
        return False


def _reason(error: Exception) -> str:
    words = error.strerror if isinstance(error, OSError) else None
    return (words or str(error) or type(error).__name__).rstrip(".")


def _shown(value: Any) -> str:
    text = repr(str(value))
    return text if len(text) <= 80 else f"{text[:60]}... ({len(text)} characters)"
