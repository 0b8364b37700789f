from __future__ import annotations

import os
import time

import pytest

from stanmix import cli


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache with two logs: of 2 500 000 bytes and 30 days, and of 4 000 bytes and 100 days."""
    monkeypatch.setenv("STANMIX_CACHE", str(tmp_path / "cache"))
    logs = tmp_path / "cache" / "logs"
    logs.mkdir(parents=True)
    for name, size, days in (("new", 2_500_000, 30), ("old", 4_000, 100)):
        path = logs / f"{name}-0123456789abcdef.log"
        path.write_bytes(bytes(size))
        then = time.time() - days * 86_400
        os.utime(path, (then, then))
    return tmp_path / "cache"


def day(ago):
    return time.strftime("%Y-%m-%d", time.localtime(time.time() - ago * 86_400))


def names(cache):
    return {path.name.split("-")[0] for path in (cache / "logs").iterdir()}


def test_the_cache_is_listed(cache, capsys):
    assert cli.main(["cache"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{cache}: 2.5 MB",
        f"   2.5 MB  {day(30)}  log new-0123456789abcdef.log",
        f"     4 kB  {day(100)}  log old-0123456789abcdef.log",
        "Not used within 90 days: 4 kB. To delete that: stanmix cache --prune",
    ]
    assert cli.main(["cache", "--keep-days", "10"]) == 0
    said = capsys.readouterr().out
    assert "Not used within 10 days: 2.5 MB" in said
    assert said.endswith("stanmix cache --prune --keep-days 10\n")
    assert cli.main(["cache", "--keep-days", "200"]) == 0
    assert "Not used" not in capsys.readouterr().out
    assert names(cache) == {"new", "old"}


def test_the_cache_is_pruned(cache, capsys):
    assert cli.main(["cache", "--prune", "--dry-run"]) == 0
    line = f"     4 kB  {day(100)}  log old-0123456789abcdef.log"
    assert capsys.readouterr().out.splitlines() == [
        f"would delete {line}",
        f"Would free 4 kB; 2.5 MB are left in {cache}",
    ]
    assert names(cache) == {"new", "old"}
    assert cli.main(["cache", "--prune"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"deleted {line}",
        f"Freed 4 kB; 2.5 MB are left in {cache}",
    ]
    assert names(cache) == {"new"}
    assert cli.main(["cache", "--prune", "--keep-days", "10"]) == 0
    assert capsys.readouterr().out.endswith(f"Freed 2.5 MB; 0 kB are left in {cache}\n")
    assert names(cache) == set()


@pytest.mark.parametrize("options", [[], ["--prune"]])
def test_days_are_checked(cache, capsys, options):
    assert cli.main(["cache", *options, "--keep-days", "0"]) == 1
    assert "keep_days" in capsys.readouterr().err
    assert names(cache) == {"new", "old"}


def test_what_cannot_be_deleted_is_named(cache, capsys, monkeypatch):
    def refuse(path, missing_ok=False):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.unlink", refuse)
    assert cli.main(["cache", "--prune"]) == 1
    said = capsys.readouterr()
    assert "old-0123456789abcdef.log cannot be deleted: Permission denied" in said.err
    assert said.out.startswith("Freed 0 kB")
