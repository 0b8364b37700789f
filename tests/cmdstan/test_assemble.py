from __future__ import annotations

import errno
import json
import os
import shutil
import signal
from pathlib import Path

import pytest
from fakes import FILL_DISK, OWN_MAKEFILE, FakeParts, run_python, wait_until

from stanmix import cmdstan
from stanmix.cmdstan import parts
from stanmix.cmdstan.compiler import find_compiler
from stanmix.errors import ToolchainError


def folder() -> Path:
    """Where the assembled folder is to be."""
    return cmdstan.cache_dir() / "cmdstan" / parts.folder_name(find_compiler())


def steps(path: Path) -> list[str]:
    return (path / "steps.txt").read_text().split()


def tree(path: Path) -> dict[str, bytes]:
    """Return relative path -> content of all files."""
    return {
        file.relative_to(path).as_posix(): file.read_bytes()
        for file in sorted(path.rglob("*"))
        if file.is_file()
    }


def test_the_folder_stands_by_itself(fake_parts: FakeParts) -> None:
    own = cmdstan.assemble(progress=False)
    assert own == folder()
    assert cmdstan.version(own) == tuple(map(int, parts.STAN_VERSION.split(".")))
    # Its first line, where cmdstanpy looks.
    first = f"CMDSTAN_VERSION := {parts.STAN_VERSION}\n"
    assert (own / "makefile").read_text() == first + (fake_parts.sources / "makefile").read_text()
    assert (own / "include" / "stan" / "one.hpp").read_text() == "// include/stan"
    assert not (own / "include" / "pybind11").exists()
    assert os.access(own / "bin" / "stanc", os.X_OK)
    assert (own / "lib" / "libtbb.so").read_text() == "library"
    assert (own / "build" / "two.o").read_text() == "int two;\n"
    assert steps(own) == ["one", "two"]
    assert not [path for path in own.rglob("*") if path.is_symlink()]
    assert not list(own.rglob(".*"))
    facts = json.loads((own / "stanmix.json").read_text())
    assert facts["compiler"] == find_compiler().identity
    assert facts["cmdstan"] == parts.STAN_VERSION
    # What it was made from may go.
    shutil.rmtree(fake_parts.wheel)
    assert cmdstan.assemble(progress=False) == own
    assert cmdstan.build("parameters {}", progress=False).cmdstan == own


def test_a_second_call_builds_nothing(fake_parts: FakeParts) -> None:
    own = cmdstan.assemble(progress=False)
    before = tree(own)
    assert cmdstan.assemble(progress=False) == own
    assert tree(own) == before


def test_the_build_writes_only_into_its_folder(sandbox: Path, fake_parts: FakeParts) -> None:
    inputs = tree(sandbox / "parts")
    own = cmdstan.assemble(progress=False)
    assert tree(sandbox / "parts") == inputs
    others = {
        path.relative_to(sandbox).as_posix()
        for path in sandbox.rglob("*")
        if path.is_file() and own not in path.parents and sandbox / "parts" not in path.parents
    }
    assert others <= {f"cache/locks/{own.name}.lock"}


def test_other_sources_or_another_compiler_mean_another_folder(
    fake_parts: FakeParts, sandbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = cmdstan.assemble(progress=False)
    (fake_parts.sources / "driver" / "one.cpp").write_text("int changed;\n")
    second = cmdstan.assemble(progress=False)
    assert second != first
    assert (second / "driver" / "one.cpp").read_text() == "int changed;\n"
    assert (first / "driver" / "one.cpp").read_text() == "int one;\n"
    compiler = sandbox / "other-c++"
    compiler.write_text("#!/bin/sh\necho other 1.0\n")
    compiler.chmod(0o755)
    monkeypatch.setenv("CXX", str(compiler))
    third = cmdstan.assemble(progress=False)
    assert third not in {first, second}
    assert cmdstan.locate() == third
    # The second one, named explicitly, was made by the former compiler.
    with pytest.raises(ToolchainError, match=r"assembled with .*compiler now is other"):
        cmdstan.build("parameters {}", cmdstan=second, progress=False)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("when", ["one", "two"])
def test_an_interrupted_build_is_continued(
    fake_parts: FakeParts, how: signal.Signals, when: str
) -> None:
    fake_parts.write_makefile(pause=f"[ $@ != build/{when}.o ] || [ -e go ] || sleep 60")
    own = folder()
    other = run_python(
        fake_parts.setup + "from stanmix import cmdstan\ncmdstan.assemble(progress=False)\n"
    )
    assert wait_until(lambda: (own / "steps.txt").exists() and when in steps(own), 30)
    assert cmdstan.locate() is None
    other.send_signal(how)
    other.communicate(timeout=10)
    assert not (own / "stanmix.json").exists()
    (own / "go").touch()
    assert cmdstan.assemble(progress=False) == own
    # What was finished is not made again; what was stopped is.
    assert steps(own) == (["one", "one", "two"] if when == "one" else ["one", "two", "two"])
    assert (own / "build" / "two.o").read_text() == "int two;\n"


def test_an_interrupted_copy_is_done_again(fake_parts: FakeParts) -> None:
    own = folder()
    half = own / ".include.part" / "stan"
    half.mkdir(parents=True)
    (half / "half.hpp").write_text("half a fi")
    assert cmdstan.assemble(progress=False) == own
    assert not list(own.rglob("half.hpp"))
    assert not list(own.glob(".*"))
    assert (own / "include" / "boost" / "one.hpp").exists()


def test_many_at_once_build_once(fake_parts: FakeParts) -> None:
    fake_parts.write_makefile(pause="sleep 0.3")
    code = fake_parts.setup + "from stanmix import cmdstan\nprint(cmdstan.assemble())\n"
    processes = [run_python(code) for _ in range(8)]
    outcomes = [(*process.communicate(timeout=60), process.returncode) for process in processes]
    assert {(out.strip(), status) for out, _, status in outcomes} == {(str(folder()), 0)}, outcomes
    assert steps(folder()) == ["one", "two"]


def test_a_build_that_fails_is_named_and_can_be_mended(fake_parts: FakeParts) -> None:
    fake_parts.write_makefile(pause="echo 'driver/one.cpp:3: error: no such thing' >&2; exit 1")
    with pytest.raises(ToolchainError, match="error: no such thing") as caught:
        cmdstan.assemble(progress=False)
    log = Path(str(caught.value).split("The whole log is in ")[1].split(".log")[0] + ".log")
    assert "[stanmix 1/2]" in log.read_text()
    assert cmdstan.locate() is None


@pytest.mark.parametrize(
    ("trouble", "complaint"),
    [
        (FILL_DISK, "disk is full"),
        ("echo 'g++: fatal error: Killed signal terminated program cc1plus'; exit 1", "memory"),
    ],
)
def test_no_room_and_no_memory(fake_parts: FakeParts, trouble: str, complaint: str) -> None:
    fake_parts.write_makefile(pause=trouble)
    with pytest.raises(ToolchainError, match=complaint):
        cmdstan.assemble(progress=False)
    # With the same sources (the name of the folder depends on them), now with room.
    makefile = folder() / "makefile"
    first = makefile.read_text().splitlines()[0]  # the version
    makefile.write_text(first + "\n" + OWN_MAKEFILE.format(pause="true"))
    assert cmdstan.locate() is None
    assert cmdstan.locate(cmdstan.assemble(progress=False)) is not None


@pytest.mark.parametrize("where", ["copyfile", "copytree"])
def test_a_disk_that_fills_while_copying(
    fake_parts: FakeParts, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    real = getattr(shutil, where)
    full = OSError(errno.ENOSPC, "No space left on device")

    def fail(source: Path, target: Path, **options: object) -> None:
        if where == "copytree":
            raise shutil.Error([(str(source), str(target), str(full))])
        raise full

    monkeypatch.setattr(shutil, where, fail)
    with pytest.raises(ToolchainError, match=r"STANMIX_CACHE|disk is full"):
        cmdstan.assemble(progress=False)
    monkeypatch.setattr(shutil, where, real)
    assert cmdstan.locate() is None
    assert steps(cmdstan.assemble(progress=False)) == ["one", "two"]


def test_a_cache_that_cannot_be_written(
    fake_parts: FakeParts, sandbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (sandbox / "file").write_text("in the way")
    monkeypatch.setenv("STANMIX_CACHE", str(sandbox / "file" / "cache"))
    with pytest.raises(ToolchainError, match=r"cannot write to .*STANMIX_CACHE"):
        cmdstan.assemble(progress=False)


def test_the_environment_does_not_reach_the_build(
    fake_parts: FakeParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = OWN_MAKEFILE.replace("@{pause}", "@echo 'flags=$(CXXFLAGS) cxx=$(CXX)'", 1)
    fake_parts.write_makefile(text=text)
    monkeypatch.setenv("CXXFLAGS", "-march=native")
    monkeypatch.setenv("MAKEFLAGS", "--dry-run")
    own = cmdstan.assemble(progress=False)
    assert f"flags= cxx={find_compiler().command[0]}\n" in (own / "build.log").read_text()


def test_progress_is_shown_or_not(fake_parts: FakeParts, capfd: pytest.CaptureFixture[str]) -> None:
    cmdstan.assemble(progress=True)
    shown = capfd.readouterr()
    assert shown.out == ""
    assert "Assembling CmdStan" in shown.err
    assert "Compiling driver/two.cpp" in shown.err
    shutil.rmtree(cmdstan.cache_dir())
    cmdstan.assemble(progress=False)
    assert capfd.readouterr() == ("", "")


def test_paths_with_spaces_quotes_and_letters_beyond_ascii(
    fake_parts: FakeParts, sandbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STANMIX_CACHE", str(sandbox / "a b'c\"d é (x) $HOME"))
    own = cmdstan.assemble(progress=False)
    assert own.parent.parent.name == "a b'c\"d é (x) $HOME"
    program = cmdstan.build("parameters {}", progress=False)
    assert program.cmdstan == own
    assert program.exe_file.is_file()
