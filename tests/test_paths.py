"""Paths that users name: refused in words before work is done, and never half written."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from stanmix import paths
from stanmix.errors import InputError, OutputError

CHECKS = [paths.to_path, paths.folder_to_write, paths.file_to_write]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_text("as it was")
    return path


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("value", [None, 3, "", b"bytes", ["a"], True])
def test_what_is_no_path_is_refused(check, value):
    with pytest.raises(InputError, match="out must be a path"):
        check(value, "out")


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize(
    ("below", "why"),
    [("file/x", "Not a directory"), ("a" * 300, "too long"), ("a\0b", "null"), ("x/" * 3000, "")],
)
def test_what_the_system_cannot_hold_is_refused(check, below, why, file):
    with pytest.raises(InputError, match=f"cannot be a path: .*{why}"):
        check(file.parent / below, "out")


def test_a_folder_may_be_made_later_and_a_file_needs_its_folder(tmp_path):
    assert paths.folder_to_write(tmp_path / "a" / "b", "out") == tmp_path / "a" / "b"
    assert paths.file_to_write(str(tmp_path / "a"), "out") == tmp_path / "a"
    with pytest.raises(InputError, match="no folder"):
        paths.file_to_write(tmp_path / "a" / "b", "out")


def test_a_file_is_no_folder_and_a_folder_no_file(file):
    with pytest.raises(InputError, match="is a file"):
        paths.folder_to_write(file, "out")
    with pytest.raises(InputError, match="is a folder"):
        paths.file_to_write(file.parent, "out")


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.ENOSPC])
def test_a_folder_that_takes_no_file_is_refused(number, tmp_path, monkeypatch):
    # The system's answer is made up: tests may run as a user whom no mode of a folder stops.
    def refuse(dir):
        assert dir == tmp_path
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(paths.tempfile, "TemporaryFile", refuse)
    words = f"out: {tmp_path} cannot be written to: {os.strerror(number)}"
    with pytest.raises(InputError, match=words):
        paths.folder_to_write(tmp_path / "a" / "b", "out")
    with pytest.raises(InputError, match=words):
        paths.file_to_write(tmp_path / "a", "out")


@pytest.mark.skipif(sys.platform != "linux", reason="of Linux")
def test_a_folder_that_takes_no_file_of_anyones_is_refused():
    with pytest.raises(InputError, match=r"/proc cannot be written to: "):
        paths.folder_to_write("/proc/none", "out")


def test_trying_leaves_nothing_behind(tmp_path):
    paths.folder_to_write(tmp_path / "a", "out")
    assert not list(tmp_path.iterdir())


def test_home_is_expanded(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert paths.to_path("~/fit", "out") == tmp_path / "fit"


def test_a_deleted_working_directory_is_named(tmp_path):
    code = (
        "import os, sys; from stanmix import paths; from stanmix.errors import InputError\n"
        "os.mkdir('gone'); os.chdir('gone'); os.rmdir('../gone')\n"
        "try: paths.folder_to_write('x', 'out')\n"
        "except InputError as error: print(error)\n"
        "print(paths.folder_to_write(sys.argv[1], 'out'))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "x")],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    words, path = ran.stdout.splitlines()
    assert "has been deleted" in words
    assert path == str(tmp_path / "x")


def test_errors_of_the_system_while_writing_are_put_in_words(tmp_path):
    with (
        pytest.raises(OutputError, match=r"The fit cannot be written to .*: No space left"),
        paths.writing(tmp_path / "x", "The fit"),
    ):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_file_is_replaced_as_a_whole(file):
    with paths.replacing(file, "The fit") as beside:
        beside.write_text("half")
        assert file.read_text() == "as it was"
        beside.write_text("new")
    assert file.read_text() == "new"
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (OSError(errno.ENOSPC, "No space left"), OutputError),
        (KeyboardInterrupt(), KeyboardInterrupt),
    ],
)
def test_a_failed_write_leaves_what_was_there(file, error, raised):
    with pytest.raises(raised), paths.replacing(file, "The fit") as beside:
        beside.write_text("half")
        raise error
    assert file.read_text() == "as it was"
    assert list(file.parent.iterdir()) == [file]
