"""``stanmix cache``: what lies in the cache, and its pruning."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from stanmix.cmdstan import cache_dir, pruning
from stanmix.cmdstan.pruning import KEEP_DAYS, Entry

__all__ = ["add_to"]


def add_to(commands: Any) -> None:
    """Add the command to a parser's commands."""
    cache = commands.add_parser(
        "cache", help="list what is kept, with sizes and last use, and delete what is not used"
    )
    cache.add_argument(
        "--prune", action="store_true", help="delete what was not used for so many days"
    )
    cache.add_argument(
        "--keep-days",
        type=int,
        default=KEEP_DAYS,
        metavar="DAYS",
        help="what was used within so many days is kept (default: %(default)s)",
    )
    cache.add_argument(
        "--dry-run", action="store_true", help="with --prune: only say what would be deleted"
    )
    cache.set_defaults(command=_cache)


def _cache(parsed: argparse.Namespace) -> int:
    if parsed.prune:
        return _prune(parsed.keep_days, parsed.dry_run)
    return _list(parsed.keep_days)


def _list(keep_days: int) -> int:
    old = pruning.prune(keep_days, dry_run=True).freed
    found = pruning.entries()
    print(f"{cache_dir()}: {_amount(sum(entry.size for entry in found))}")
    for entry in found:
        print(_line(entry))
    if old:
        option = "" if keep_days == KEEP_DAYS else f" --keep-days {keep_days}"
        print(
            f"Not used within {keep_days} days: {_amount(old)}. "
            f"To delete that: stanmix cache --prune{option}"
        )
    return 0


def _prune(keep_days: int, dry_run: bool) -> int:
    done = pruning.prune(keep_days, dry_run=dry_run)
    for entry in done.deleted:
        print(f"{'would delete' if dry_run else 'deleted'} {_line(entry)}")
    for path, why in done.refused.items():
        print(f"stanmix: {path} cannot be deleted: {why}", file=sys.stderr)
    left = sum(entry.size for entry in pruning.entries())
    verb = "Would free" if dry_run else "Freed"
    left -= done.freed if dry_run else 0
    print(f"{verb} {_amount(done.freed)}; {_amount(left)} are left in {cache_dir()}")
    return int(bool(done.refused))


def _line(entry: Entry) -> str:
    when = "in use now" if entry.in_use else f"{entry.last_used:%Y-%m-%d}"
    return f"{_amount(entry.size):>9}  {when:10}  {entry.kind} {entry.name}"


def _amount(size: int) -> str:
    for unit, name in ((1e9, "GB"), (1e6, "MB")):
        if size >= unit:
            return f"{size / unit:.1f} {name}"
    return f"{size / 1e3:.0f} kB"
