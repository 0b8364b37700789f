from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from fakes import FakeCmdStan, FakeParts

from stanmix import cmdstan
from stanmix.cmdstan.make import (
    environment,
    explain,
    flags_of_environment,
    is_own,
    jobs,
    run_make,
)
from stanmix.errors import CompileError, StanmixError, ToolchainError


def explained(tmp_path: Path, text: str, status: int = 2) -> StanmixError:
    log = tmp_path / "build.log"
    log.write_text(text)
    return explain(log, status, "The build", tmp_path, CompileError)


def test_the_first_error_with_what_explains_it(tmp_path: Path) -> None:
    error = explained(
        tmp_path,
        "g++ -Wno-error -c m.hpp\n"
        "m.hpp:1:2: warning: shadowed\n"
        "m.hpp:7:1: error: 'f' was not declared\n"
        "    7 | f(x);\n"
        "m.hpp:8:1: error: another\n"
        "make: *** [makefile:3: model] Error 1\n",
    )
    assert isinstance(error, CompileError)
    lines = str(error).splitlines()
    assert lines[0].startswith("The build failed (make gave exit status 2).")
    assert str(tmp_path / "build.log") in lines[0]
    assert lines[1:] == ["m.hpp:7:1: error: 'f' was not declared", "    7 | f(x);"]


def test_errors_of_the_linker_and_logs_without_errors(tmp_path: Path) -> None:
    error = explained(tmp_path, "ld: m.o: in function g:\nm.cpp: undefined reference to `f'\n")
    assert "undefined reference to `f'" in str(error)
    assert str(explained(tmp_path, "one\ntwo\n")).endswith("one\ntwo")
    assert "the log is empty" in str(explained(tmp_path, ""))


@pytest.mark.parametrize(
    ("text", "status", "complaint"),
    [
        ("as: m.o: No space left on device", 2, "disk is full"),
        ("cc1plus: error writing: Disk quota exceeded", 2, "disk is full"),
        ("g++: fatal error: Killed signal terminated program cc1plus", 2, "memory"),
        ("cc1plus: out of memory allocating 65536 bytes", 2, "memory"),
        ("", 137, "memory"),
        ("mkdir: cannot create directory 'build': Permission denied", 2, "make build"),
    ],
)
def test_troubles_that_are_not_the_program_s(
    tmp_path: Path, text: str, status: int, complaint: str
) -> None:
    error = explained(tmp_path, text, status)
    assert isinstance(error, ToolchainError)
    assert complaint in str(error)


def test_what_was_forbidden_and_how_to_prepare(tmp_path: Path) -> None:
    log = tmp_path / "build.log"
    log.write_text("one\nmkdir: cannot make 'build': Read-only file system\nmake: *** Error 1\n")
    prepare = "make STAN_THREADS=true build"
    error = explain(log, 2, "The build", tmp_path, CompileError, prepare=prepare)
    assert prepare in str(error)
    assert str(error).endswith("\nmkdir: cannot make 'build': Read-only file system")


def test_a_full_disk_that_had_no_room_for_the_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=4096)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    assert "disk is full" in str(explained(tmp_path, "make: *** [model] Error 1"))


def test_flags_count_for_a_user_s_cmdstan_only(
    fake: FakeCmdStan, fake_parts: FakeParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = cmdstan.assemble(progress=False)
    monkeypatch.setenv("CXXFLAGS", "-march=native")
    monkeypatch.setenv("STAN_THREADS", "")
    assert is_own(own)
    assert not is_own(fake.path)
    assert flags_of_environment(own) == {}
    assert flags_of_environment(fake.path) == {"CXXFLAGS": "-march=native"}
    assert environment(own=False)["CXXFLAGS"] == "-march=native"
    assert "CXXFLAGS" not in environment(own=True)


def test_an_outer_make_and_locale_do_not_reach_it(
    fake: FakeCmdStan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAKEFLAGS", "n")
    monkeypatch.setenv("MAKELEVEL", "1")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    (fake.path / "makefile").write_text("show:\n\t@echo level=$(MAKELEVEL) locale=$$LC_ALL\n")
    log = tmp_path / "log"
    assert run_make(["show"], cmdstan=fake.path, own=False, log=log) == 0
    assert log.read_text() == "level=0 locale=C\n"


def test_jobs_fit_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    assert 1 <= jobs() <= (os.cpu_count() or 1)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(64)), raising=False)
    pages = {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": int(8e9 / 4096)}
    monkeypatch.setattr(os, "sysconf", pages.__getitem__)
    assert jobs() == 3  # 8 GB, 2.5 GB each
    pages["SC_PHYS_PAGES"] = int(1e9 / 4096)
    assert jobs() == 1
