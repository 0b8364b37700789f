from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from fakes import run_python

from stanmix.cmdstan.cache import cache_dir, cannot_write, locked, make_folder, remove
from stanmix.errors import ToolchainError


def test_the_variable_overrides_the_platform(
    sandbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cache_dir() == sandbox / "cache"
    monkeypatch.setenv("STANMIX_CACHE", "~/elsewhere")
    assert cache_dir() == sandbox / "home" / "elsewhere"
    monkeypatch.chdir(sandbox)
    monkeypatch.setenv("STANMIX_CACHE", "relative")
    assert cache_dir() == sandbox / "relative"
    monkeypatch.setenv("STANMIX_CACHE", "")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert sandbox / "home" in cache_dir().parents
    assert cache_dir().name == "stanmix"


@pytest.mark.parametrize(
    ("number", "complaint"),
    [
        (errno.ENOSPC, "the disk is full. Free some space"),
        (errno.EDQUOT, "the disk is full. Free some space"),
        (errno.EROFS, "may not be written"),
        (errno.EACCES, "may not be written"),
        (errno.ENOTDIR, "Not a directory"),
    ],
)
def test_errors_of_writing_say_why(number: int, complaint: str) -> None:
    error = cannot_write(Path("/some/where"), OSError(number, os.strerror(number)))
    assert "/some/where" in str(error)
    assert complaint in str(error)
    assert "STANMIX_CACHE" in str(error)


def test_make_folder(tmp_path: Path) -> None:
    assert make_folder(tmp_path / "a" / "b").is_dir()
    assert make_folder(tmp_path / "a" / "b").is_dir()
    (tmp_path / "file").touch()
    with pytest.raises(ToolchainError, match="cannot write"):
        make_folder(tmp_path / "file" / "b")


def test_remove(tmp_path: Path) -> None:
    (tmp_path / "folder" / "inner").mkdir(parents=True)
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    remove(tmp_path / "link")
    assert (tmp_path / "folder" / "inner").is_dir()
    for name in ("folder", "file", "absent"):
        remove(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_lock_is_waited_for_and_freed_by_death(sandbox: Path) -> None:
    holder = run_python(
        """
        import time
        from stanmix.cmdstan.cache import locked
        with locked("it"):
            print("held", flush=True)
            time.sleep(60)
        """
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"

    def waiting() -> None:
        told.append(True)
        holder.kill()

    told: list[bool] = []
    with locked("it", waiting):
        assert told == [True]
    holder.communicate()
    with locked("it", waiting):  # free: nobody is told
        assert told == [True]
    with pytest.raises(ZeroDivisionError), locked("it"):
        raise ZeroDivisionError
    with locked("it", waiting):
        assert told == [True]
