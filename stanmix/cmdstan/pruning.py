"""What lies in the cache, when it was used last, and its removal once it is no longer used."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shutil
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import psutil

from stanmix.arguments import Flag, Integer, checked
from stanmix.cmdstan.cache import cache_dir, locked_if_free
from stanmix.cmdstan.locate import MARKER, candidates, own_folder
from stanmix.cmdstan.program import META
from stanmix.errors import ToolchainError

__all__ = ["KEEP_DAYS", "Entry", "Pruned", "entries", "prune"]

KEEP_DAYS = 90

Kind = Literal["CmdStan", "program", "timing", "log", "unfinished", "half deleted"]

_CMDSTAN = r"\d+\.\d+\.\d+-[0-9a-f]{10}"
_HASH = r"[0-9a-f]{64}"
# The names that stanmix gives, by folder; all else is left alone. The first group, where there
# is one, names the lock that whoever makes it holds.
_NAMES: tuple[tuple[str, str, Kind], ...] = (
    ("cmdstan", rf"({_CMDSTAN})", "CmdStan"),
    ("cmdstan", rf"\.({_CMDSTAN})-pruned-\w+", "half deleted"),
    ("programs", rf"({_HASH})", "program"),
    ("programs", rf"\.({_HASH})-pruned-\w+", "half deleted"),
    ("programs", rf"\.({_HASH})-\w+", "unfinished"),
    ("toolchains", rf"\.?{_HASH}\.json(?:\.\d+)?", "timing"),
    ("logs", r"[A-Za-z]\w{0,63}-[0-9a-f]{16}\.log", "log"),
    (".", r"stanmix-[0-9a-f]{16}-\w+", "unfinished"),
)


@dataclass(frozen=True)
class Entry:
    """One thing that stanmix has put into its cache.

    Attributes
    ----------
    kind
        ``"CmdStan"``: assembled, or half assembled. ``"program"``: compiled. ``"timing"``: how
        long a compile took. ``"log"``: of a compile that failed. ``"unfinished"`` and
        ``"half deleted"``: what an interrupted compile or pruning left behind.
    name
        What it is, for people.
    path
        The file or folder.
    size
        In bytes.
    last_used
        When it was used last, to the hour; for what is unfinished, when it was last written. A
        CmdStan is used where a program is that it compiled.
    in_use
        Whether it is the CmdStan that would be used now, or a program that runs. Neither is ever
        pruned.
    """

    kind: Kind
    name: str
    path: Path
    size: int
    last_used: datetime
    in_use: bool


@dataclass(frozen=True)
class Pruned:
    """What a pruning did.

    Attributes
    ----------
    deleted
        What is gone.
    refused
        Why something could not be deleted, or not wholly, by its path.
    """

    deleted: tuple[Entry, ...]
    refused: Mapping[Path, str]

    @property
    def freed(self) -> int:
        """The size of what is gone, in bytes."""
        return sum(entry.size for entry in self.deleted)


def entries() -> list[Entry]:
    """List what stanmix has put into its cache.

    Files of others are left out, and so are locks, which are empty files. Links are not
    followed.

    Returns
    -------
    list of Entry
        What was used last comes first.
    """
    now = time.time()
    current = _current()
    running = _running()
    found = []
    used: dict[str, float] = {}  # of CmdStans, by the programs that they compiled
    # Programs come before the CmdStans that they need.
    for path, kind in sorted(_paths(), key=lambda item: item[1] == "CmdStan"):
        place = os.path.realpath(path)
        try:
            last = _last_used(path, kind)
        except OSError:
            continue  # deleted meanwhile
        in_use = kind == "CmdStan" and place in current
        if kind == "program":
            in_use = place in running
            last = now if in_use else last
            made_by = os.path.realpath(_facts(path).get("cmdstan", ""))
            used[made_by] = max(last, used.get(made_by, last))
        last = max(last, used.get(place, last))
        when = datetime.fromtimestamp(last).astimezone()
        found.append(Entry(kind, _name(path, kind), path, _size(path), when, in_use))
    return sorted(found, key=lambda entry: entry.last_used, reverse=True)


@checked(keep_days=Integer(1), dry_run=Flag())
def prune(keep_days: int = KEEP_DAYS, *, dry_run: bool = False) -> Pruned:
    """Delete from the cache what was not used for some time; it is made again when needed.

    Safe beside fits and builds: the CmdStan that would be used now, programs that run, and what
    another process is making are left.

    Parameters
    ----------
    keep_days
        What was used within so many days is kept.
    dry_run
        Delete nothing, and return what would be deleted.

    Returns
    -------
    Pruned
        What was deleted and how much that freed; and what could not be deleted.

    Raises
    ------
    InputError
        If `keep_days` is no whole number, or less than 1.
    """
    gone = [
        entry
        for entry in entries()
        if entry.kind == "half deleted"
        or not (entry.in_use or _is_recent(entry.last_used.timestamp(), keep_days))
    ]
    if dry_run:
        return Pruned(tuple(gone), {})
    deleted, refused = [], {}
    # Programs go before the CmdStan that they need.
    for entry in sorted(gone, key=lambda entry: entry.kind == "CmdStan"):
        try:
            if _delete(entry, keep_days):
                deleted.append(entry)
        except OSError as error:
            refused[entry.path] = error.strerror or str(error)
        except ToolchainError as error:  # there can be no lock
            refused[entry.path] = str(error)
    return Pruned(tuple(deleted), refused)


def _delete(entry: Entry, keep_days: int) -> bool:
    """Delete what was found; return False where another process has come by to use it."""
    with ExitStack() as stack:
        lock = _identified(entry.path)[1]
        if lock and not stack.enter_context(locked_if_free(lock)):
            return False  # it is being made or deleted
        if entry.kind not in ("CmdStan", "program"):
            _remove(entry.path)
            return True
        # Whoever uses it marks it before looking at it: one that is still unmarked under another
        # name is used by nobody. Under that name it is never met half deleted.
        aside = entry.path.with_name(f".{entry.path.name}-pruned-{secrets.token_hex(4)}")
        entry.path.rename(aside)
        if _is_recent(_last_used(aside, entry.kind), keep_days):
            aside.rename(entry.path)
            return False
        _remove(aside)
        return True


def _paths() -> Iterator[tuple[Path, Kind]]:
    """Yield what stanmix made, and what that is."""
    cache = cache_dir()
    for folder in dict.fromkeys(cache / folder for folder, _, _ in _NAMES):
        if folder != cache and folder.is_symlink():
            continue
        try:
            paths = sorted(folder.iterdir())
        except OSError:
            continue
        for path in paths:
            kind = _identified(path)[0]
            if kind is not None and not path.is_symlink():
                yield path, kind


def _identified(path: Path) -> tuple[Kind | None, str]:
    """Return what a path of the cache is by its name, and the lock of whoever makes it."""
    for folder, pattern, kind in _NAMES:
        match = re.fullmatch(pattern, path.name)
        if match and cache_dir() / folder == path.parent:
            return kind, match[1] if match.re.groups else ""
    return None, ""


def _current() -> set[str]:
    """Return the CmdStans that would be used, or assembled further, now."""
    own = own_folder()
    chosen = next((found.path for found in candidates() if not found.problem), None)
    return {os.path.realpath(path) for path in (own, chosen) if path is not None}


def _running() -> set[str]:
    """Return the folders of the programs that run on this machine."""
    executables = [process.info["exe"] for process in psutil.process_iter(["exe"])]
    return {os.path.realpath(Path(path).parent) for path in executables if path}


def _is_recent(last: float, keep_days: int) -> bool:
    return time.time() - last <= keep_days * 86_400


def _last_used(path: Path, kind: Kind) -> float:
    """Return the time of the mark of use (see `mark_used`), else of the last change."""
    marker = {"CmdStan": MARKER, "program": META}.get(kind)
    if marker is not None:
        with contextlib.suppress(OSError):
            return (path / marker).lstat().st_mtime
    times = [path.lstat().st_mtime]
    with contextlib.suppress(OSError):  # a file, or one that may not be read
        times += [inner.lstat().st_mtime for inner in path.iterdir()]
    return max(times)


def _facts(program: Path) -> dict[str, str]:
    """Return what is recorded of a program; nothing where that cannot be read."""
    try:
        facts = json.loads((program / META).read_text(encoding="utf-8"))
        return {name: str(facts[name]) for name in ("name", "cmdstan")}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _name(path: Path, kind: Kind) -> str:
    if kind == "program":
        return f"{_facts(path).get('name', 'damaged')}-{path.name[:8]}"
    return re.sub(r"([0-9a-f]{8})[0-9a-f]{56}", r"\1", path.name)


def _size(path: Path) -> int:
    """Return the bytes of a file, or of all files in a folder; 0 for what is not there."""
    total = 0
    with contextlib.suppress(OSError):
        status = path.lstat()
        if not stat.S_ISDIR(status.st_mode):
            return status.st_size
    for folder, _, names in os.walk(path):
        for name in names:
            with contextlib.suppress(OSError):
                total += Path(folder, name).lstat().st_size
    return total


def _remove(path: Path) -> None:
    """Remove a file, or a folder with all that is in it, folders without the right to write too."""
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
        return
    _open_up(path)
    for folder, names, _ in os.walk(path):
        for name in names:
            _open_up(Path(folder, name))
    shutil.rmtree(path)


def _open_up(folder: Path) -> None:
    if not folder.is_symlink() and not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        folder.chmod(stat.S_IRWXU)
