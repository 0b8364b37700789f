from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import cmdstanpy
import numpy as np
import pytest
from fakes import (
    FILL_DISK,
    ONLY_CMDSTAN,
    FakeCmdStan,
    FakeParts,
    alive,
    make_fake,
    run_python,
    wait_until,
)

from stanmix import cmdstan
from stanmix.errors import CompileError, InputError, ToolchainError

SOURCE = "parameters { real x; } model { x ~ std_normal(); }"


def build(fake: FakeCmdStan, source: str = SOURCE, **options: object) -> cmdstan.Program:
    return cmdstan.build(source, cmdstan=fake.path, progress=False, **options)  # type: ignore[arg-type]


def test_a_program_and_its_files(fake: FakeCmdStan) -> None:
    program = build(fake, name="my_model")
    assert program.built
    assert program.source == SOURCE == program.stan_file.read_text()
    assert program.stan_file.name == "my_model.stan"
    assert program.exe_file.parent == cmdstan.cache_dir() / "programs" / program.key
    said = subprocess.run([program.exe_file], capture_output=True, text=True, check=True).stdout
    assert said == "stan_version = fake\n"
    assert (program.cmdstan, program.cmdstan_version) == (fake.path, "2.35.0")
    assert 0 < program.seconds < 30
    first_line = subprocess.run(
        ["g++", "--version"], capture_output=True, text=True, check=True
    ).stdout.splitlines()[0]
    assert program.compiler.startswith(first_line)
    log = (program.exe_file.parent / "build.log").read_text()
    assert "cp bin/executable" in log


def test_a_program_is_compiled_once(fake: FakeCmdStan) -> None:
    first = build(fake)
    second = build(fake)
    assert (second.key, second.exe_file) == (first.key, first.exe_file)
    assert not second.built
    assert fake.compiled == 1
    assert second.seconds < 0.3


def test_what_changes_a_program_changes_its_key(
    fake: FakeCmdStan, sandbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    header = sandbox / "functions.hpp"
    header.write_text("// one")
    keys = [
        build(fake).key,
        build(fake, SOURCE + "\n").key,
        build(fake, name="other").key,
        build(fake, threads=True).key,
        build(fake, user_header=header).key,
    ]
    header.write_text("// two")
    keys.append(build(fake, user_header=header).key)
    monkeypatch.setenv("STANCFLAGS", "--O1")
    keys.append(build(fake).key)
    monkeypatch.delenv("STANCFLAGS")
    (fake.path / "make").mkdir()
    (fake.path / "make" / "local").write_text("CXXFLAGS += -O2\n")
    keys.append(build(fake).key)
    compiler = sandbox / "other-c++"
    compiler.write_text("#!/bin/sh\necho other 1.0\n")
    compiler.chmod(0o755)
    monkeypatch.setenv("CXX", str(compiler))
    keys.append(build(fake).key)
    # The same path, after an update of the compiler.
    compiler.write_text("#!/bin/sh\necho other 1.0.1\n")
    keys.append(build(fake).key)
    keys.append(build(make_fake(sandbox / "another", version="2.36.0")).key)
    assert len(set(keys)) == len(keys)
    assert fake.compiled == len(keys) - 1


def test_what_make_is_told(sandbox: Path) -> None:
    recipe = (
        "echo 'flags=$(STANCFLAGS) threads=$(STAN_THREADS) header=$(USER_HEADER)'; "
        "cp bin/executable $@; $(CXX) -E -P $(USER_HEADER) > header-seen"
    )
    fake = make_fake(sandbox / "cmdstan", recipe=recipe)
    header = sandbox / "functions.hpp"
    header.write_text("int the_functions;\n")
    program = build(fake, user_header=header, threads=True, name="mixture")
    log = (program.exe_file.parent / "build.log").read_text()
    assert "flags=--filename-in-msg=mixture.stan --allow-undefined threads=true header=/" in log
    assert "user_header.hpp\n" in log
    assert (fake.path / "header-seen").read_text() == "int the_functions;\n"


def test_the_assembled_cmdstan_ignores_flags(
    fake_parts: FakeParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXXFLAGS", "-march=native")
    program = cmdstan.build(SOURCE, progress=False)
    assert "cxx=g++ flags=\n" in (program.exe_file.parent / "build.log").read_text()
    monkeypatch.delenv("CXXFLAGS")
    assert not cmdstan.build(SOURCE, progress=False).built


def test_sixteen_processes_compile_once(fake: FakeCmdStan) -> None:
    code = f"""
    from stanmix import cmdstan
    program = cmdstan.build({SOURCE!r}, cmdstan={str(fake.path)!r}, progress=False)
    print(program.built, program.exe_file)
    """
    processes = [run_python(code) for _ in range(16)]
    outcomes = [process.communicate(timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0] * 16, outcomes
    assert sorted(out.split()[0] for out, _ in outcomes) == ["False"] * 15 + ["True"]
    assert len({out.split()[1] for out, _ in outcomes}) == 1
    assert fake.compiled == 1


def test_threads_of_one_process_compile_once(fake: FakeCmdStan) -> None:
    built: list[bool] = []
    threads = [threading.Thread(target=lambda: built.append(build(fake).built)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(built) == [False] * 7 + [True]
    assert fake.compiled == 1


def test_first_programs_of_a_toolchain_do_not_write_it_at_once(sandbox: Path) -> None:
    # A CmdStan makes its main object with the first program; two at once would collide.
    recipe = "mkdir main.o || exit 1; sleep 0.5; rmdir main.o; cp bin/executable $@"
    fake = make_fake(sandbox / "cmdstan", recipe=recipe)
    processes = [
        run_python(
            f"from stanmix import cmdstan; "
            f"cmdstan.build('// {n}', cmdstan={str(fake.path)!r}, progress=False)"
        )
        for n in range(2)
    ]
    outcomes = [process.communicate(timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outcomes


@pytest.mark.parametrize("damage", ["truncated", "changed", "removed", "no meta", "bad meta"])
def test_a_damaged_program_is_compiled_again(fake: FakeCmdStan, damage: str) -> None:
    program = build(fake)
    good = program.exe_file.read_bytes()
    meta = program.exe_file.parent / "meta.json"
    if damage == "truncated":
        program.exe_file.write_bytes(good[:-1])
    if damage == "changed":
        program.exe_file.write_bytes(good[:-1] + b"?")
    if damage == "removed":
        program.exe_file.unlink()
    if damage == "no meta":
        meta.unlink()
    if damage == "bad meta":
        meta.write_text("{")
    again = build(fake)
    assert again.built
    assert again.exe_file == program.exe_file
    assert again.exe_file.read_bytes() == good
    assert not build(fake).built


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_killed_compile_leaves_nothing_that_counts(
    sandbox: Path, monkeypatch: pytest.MonkeyPatch, how: signal.Signals
) -> None:
    workshop = sandbox / "tmp"
    workshop.mkdir()
    monkeypatch.setenv("TMPDIR", str(workshop))
    recipe = "[ -e go ] || (echo half > $@; sleep 60 & echo $$! > pid; wait); cp bin/executable $@"
    fake = make_fake(sandbox / "cmdstan", recipe=recipe)
    other = run_python(
        f"from stanmix import cmdstan; "
        f"cmdstan.build({SOURCE!r}, cmdstan={str(fake.path)!r}, progress=False)"
    )
    pid_file = fake.path / "pid"
    assert wait_until(lambda: pid_file.exists() and pid_file.read_text().strip() != "", 30)
    other.send_signal(how)
    other.communicate(timeout=10)
    assert wait_until(lambda: not alive(int(pid_file.read_text())), 5)
    (fake.path / "go").touch()
    monkeypatch.setattr(tempfile, "tempdir", str(workshop))
    program = build(fake)
    assert program.built
    assert program.exe_file.read_bytes() == (fake.path / "bin" / "executable").read_bytes()
    # What the killed one left behind is gone too.
    assert list(workshop.glob("stanmix-*")) == []
    assert not [path for path in program.exe_file.parent.parent.iterdir() if path.name[0] == "."]


def test_stan_s_refusal_comes_before_any_compile(fake: FakeCmdStan) -> None:
    with pytest.raises(CompileError, match=r"model\.stan', line 1, column 0: this is not Stan"):
        build(fake, "syntax error")
    assert fake.compiled == 0


def test_the_compiler_s_first_error_is_shown_and_the_log_kept(sandbox: Path) -> None:
    recipe = (
        "@echo 'chatter'; echo 'm.hpp:7:1: error: first' >&2; echo 'here'; "
        "echo 'm.hpp:9:1: error: second' >&2; exit 1"
    )
    fake = make_fake(sandbox / "cmdstan", recipe=recipe)
    with pytest.raises(CompileError, match="error: first") as caught:
        build(fake, name="broken")
    assert "second" not in str(caught.value)
    log = Path(str(caught.value).split("The whole log is in ")[1].split(".log")[0] + ".log")
    assert log.parent == cmdstan.cache_dir() / "logs"
    assert "error: second" in log.read_text()
    assert not (cmdstan.cache_dir() / "programs").exists()


def test_a_make_that_makes_nothing_is_an_error(sandbox: Path) -> None:
    fake = make_fake(sandbox / "cmdstan", recipe="true")
    with pytest.raises(CompileError, match="failed"):
        build(fake)


@pytest.mark.parametrize(
    ("recipe", "complaint"),
    [
        (FILL_DISK, "disk is full"),
        (f"cp bin/executable $@ && {FILL_DISK}", "disk is full"),
        ("echo 'g++: fatal error: Killed signal terminated program cc1plus'; false", "memory"),
        ("echo 'cannot open main.o: Read-only file system' >&2; exit 1", "make build"),
    ],
)
def test_trouble_around_the_program_is_not_blamed_on_it(
    sandbox: Path, recipe: str, complaint: str
) -> None:
    fake = make_fake(sandbox / "cmdstan", recipe=recipe)
    with pytest.raises(ToolchainError, match=complaint):
        build(fake)
    (fake.path / "makefile").write_text(
        (fake.path / "makefile").read_text().replace(recipe, "cp bin/executable $@")
    )
    assert build(fake).built


@pytest.mark.parametrize(
    ("executable", "complaint"),
    [
        ("#!/bin/sh\necho libtbb.so.2 is missing >&2; exit 127\n", "libtbb.so.2 is missing"),
        ("not a program\0\n", "cannot be started|does not run"),
    ],
)
def test_an_executable_that_does_not_run_is_never_kept(
    fake: FakeCmdStan, executable: str, complaint: str
) -> None:
    (fake.path / "bin" / "executable").write_text(executable)
    with pytest.raises(CompileError, match=complaint):
        build(fake)
    assert not list((cmdstan.cache_dir() / "programs").iterdir())


def test_a_cache_that_cannot_be_written(
    fake: FakeCmdStan, sandbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (sandbox / "file").write_text("in the way")
    monkeypatch.setenv("STANMIX_CACHE", str(sandbox / "file" / "cache"))
    with pytest.raises(ToolchainError, match=r"cannot write to .*STANMIX_CACHE"):
        build(fake)
    assert fake.compiled == 0


def as_a_user_without_rights(code: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Run Python as a user whom file modes bind: they do not bind root."""
    give_up = "import os; os.geteuid() or (os.setgroups([]), os.setgid(65534), os.setuid(65534))"
    return subprocess.run(
        [sys.executable, "-c", f"{ONLY_CMDSTAN}\nfrom stanmix import cmdstan; {give_up}; {code}"],
        env={**os.environ, "HOME": str(home), "TMPDIR": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_read_only_cache_and_toolchain(monkeypatch: pytest.MonkeyPatch) -> None:
    # Not in tmp_path, whose parents only their owner may enter.
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        place.chmod(0o755)
        (place / "home").mkdir(mode=0o777)
        (place / "home").chmod(0o777)
        monkeypatch.setenv("STANMIX_CACHE", str(place / "cache"))
        fake = make_fake(place / "cmdstan", recipe="cp bin/executable $@")
        makefile = (place / "cmdstan" / "makefile").read_text()
        (place / "cmdstan" / "makefile").write_text(
            makefile.replace("\t@echo $@ >> compiled.txt\n", "")
        )
        build(fake)
        for folder in (place / "cache", place / "cmdstan"):
            for path in (folder, *folder.rglob("*")):
                path.chmod(path.stat().st_mode & 0o555 | 0o444)
        try:
            call = "cmdstan.build({!r}, cmdstan={!r}, progress=False).built".format
            code = "print({})".format
            # A finished program is used from a cache that cannot be written ...
            done = as_a_user_without_rights(code(call(SOURCE, str(fake.path))), place / "home")
            assert done.stdout == "False\n", done.stderr
            # ... a new one cannot be kept there, which is said at once ...
            done = as_a_user_without_rights(code(call("// new", str(fake.path))), place / "home")
            assert "ToolchainError: stanmix cannot write to" in done.stderr
            assert "set STANMIX_CACHE to another folder" in done.stderr
            # ... and with another cache the read-only CmdStan serves.
            monkeypatch.setenv("STANMIX_CACHE", str(place / "home" / "cache"))
            done = as_a_user_without_rights(code(call("// new", str(fake.path))), place / "home")
            assert done.stdout == "True\n", done.stderr
        finally:
            for path in (place, *place.rglob("*")):
                if path.is_dir():
                    path.chmod(0o755)


def test_odd_letters_in_every_path(sandbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = sandbox / "a b'c\"d é (x) $HOME"
    odd.mkdir()
    monkeypatch.setenv("STANMIX_CACHE", str(odd / "cache"))
    monkeypatch.setattr(tempfile, "tempdir", str(odd))
    header = odd / "my functions.hpp"
    header.write_text("// functions")
    fake = make_fake(odd / "cmdstan", recipe="$(CXX) -E $(USER_HEADER) && cp bin/executable $@")
    program = build(fake, user_header=header)
    assert program.built
    assert subprocess.run([program.exe_file], capture_output=True, check=True).stdout
    assert not build(fake, user_header=header).built


@pytest.mark.parametrize("name", ["", "1st", "a b", "a/b", "é", "a.b", "x" * 65])
def test_a_bad_name_is_refused(fake: FakeCmdStan, name: str) -> None:
    expected = "cannot name a Stan program" if name else "must be the name of a Stan program"
    with pytest.raises(InputError, match=expected):
        build(fake, name=name)


def test_an_empty_source_and_a_missing_header_are_refused(fake: FakeCmdStan, sandbox: Path) -> None:
    with pytest.raises(InputError, match="source is empty"):
        build(fake, "  \n")
    with pytest.raises(InputError, match=r"none\.hpp cannot be read"):
        build(fake, user_header=sandbox / "none.hpp")


def test_the_process_is_left_as_it_was(fake: FakeCmdStan) -> None:
    before = (dict(os.environ), Path.cwd())
    build(fake)
    assert (dict(os.environ), Path.cwd()) == before


def test_meta_tells_what_made_it(fake: FakeCmdStan) -> None:
    program = build(fake)
    facts = json.loads((program.exe_file.parent / "meta.json").read_text())
    assert facts["key"] == program.key
    assert facts["compiler"] == program.compiler
    assert facts["exe_size"] == program.exe_file.stat().st_size


def test_compiled_programs_need_no_compiler(
    fake_parts: FakeParts, sandbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = cmdstan.build(SOURCE, progress=False)
    (sandbox / "bin").mkdir()
    monkeypatch.setenv("PATH", str(sandbox / "bin"))
    again = cmdstan.build(SOURCE, progress=False)
    assert (again.built, again.exe_file) == (False, program.exe_file)
    assert again.compiler == program.compiler
    with pytest.raises(ToolchainError, match=r"No C\+\+ compiler was found"):
        cmdstan.build("// new", progress=False)
    # Sources of another stanmix would make another CmdStan: none is there.
    (fake_parts.sources / "driver" / "one.cpp").write_text("int changed;\n")
    with pytest.raises(ToolchainError, match=r"No C\+\+ compiler was found"):
        cmdstan.build(SOURCE, progress=False)


def test_require_finds_before_it_assembles(
    fake: FakeCmdStan, fake_parts: FakeParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cmdstan.require(fake.path) == fake.path
    monkeypatch.setenv("CMDSTAN", str(fake.path))
    assert cmdstan.require() == fake.path
    assert not (cmdstan.cache_dir() / "cmdstan").exists()
    monkeypatch.delenv("CMDSTAN")
    own = cmdstan.require(progress=False)
    assert own.parent == cmdstan.cache_dir() / "cmdstan"
    shutil.rmtree(fake_parts.wheel)
    assert cmdstan.require() == own


def small_disks_are_possible() -> bool:
    """Whether this system lets a process mount a file system of its own."""
    command = ["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", tempfile.gettempdir()]
    if shutil.which("unshare") is None:
        return False
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not small_disks_are_possible(), reason="needs Linux with user namespaces")
@pytest.mark.parametrize("full", ["tmp", "cache"])
def test_a_disk_that_is_really_full(sandbox: Path, full: str) -> None:
    # The executable has 2 MB, the disk 1 MB.
    fake = make_fake(sandbox / "cmdstan")
    with (fake.path / "bin" / "executable").open("a") as stream:
        stream.write("#" * 2_000_000)
    for name in ("tmp", "cache"):
        (sandbox / name).mkdir()
    code = f"""{ONLY_CMDSTAN}
import os
from stanmix import cmdstan, errors
try:
    cmdstan.build({SOURCE!r}, cmdstan={str(fake.path)!r}, progress=False)
except errors.StanmixError as error:
    print(type(error).__name__, error)
    programs = cmdstan.cache_dir() / "programs"
    print(os.listdir(programs) if programs.exists() else [])
"""
    mount = f"mount -t tmpfs -o size=1m tmpfs '{sandbox / full}' && exec \"$@\""
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", mount, "sh", sys.executable, "-c", code],
        env={**os.environ, "TMPDIR": str(sandbox / "tmp")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith("ToolchainError"), done
    assert "disk is full" in done.stdout
    assert done.stdout.endswith("\n[]\n")
    assert build(fake).built


# From here on with a real CmdStan: the one of $CMDSTAN, or the one that stanmix assembles.

FUNCTIONS = """
#include "detail.hpp"
template <typename T>
inline T twice(const T& x, std::ostream*) { return factor() * x; }
"""
DECLARED = """
functions { real twice(real x); }
parameters { real x; }
model { twice(x) ~ normal(6, 2); }
generated quantities { real y = twice(x); }
"""


def link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy2(source, target)


def test_a_program_is_built_after_a_killed_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toolchain = cmdstan.require(progress=False)
    cache, temporary = tmp_path / "cache", tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("STANMIX_CACHE", str(cache))
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    arguments = f"({SOURCE!r}, cmdstan={str(toolchain)!r}, progress=False)"
    killed = run_python(f"from stanmix import cmdstan; cmdstan.build{arguments}")

    def compiling() -> bool:
        logs = [path.read_text() for path in temporary.glob("stanmix-*/build.log")]
        return any("Compiling C++ code" in log for log in logs)

    def only_the_workshop() -> bool:
        return [path.name[:8] for path in temporary.iterdir()] == ["stanmix-"]

    assert wait_until(compiling, 60), killed.communicate()
    time.sleep(1)  # the compiler is in the middle of it
    killed.kill()
    killed.communicate(timeout=10)
    assert wait_until(only_the_workshop, 5), list(temporary.iterdir())
    assert not list(cache.glob("programs/*"))
    program = cmdstan.build(SOURCE, cmdstan=toolchain, progress=False)
    assert program.built
    subprocess.run([program.exe_file, "info"], capture_output=True, check=True)
    assert list((cache / "programs").iterdir()) == [program.exe_file.parent]
    assert {path.name for path in cache.iterdir()} == {"programs", "locks", "toolchains"}
    assert not list(temporary.iterdir())


def test_stanc_shows_the_line_of_the_program() -> None:
    source = "parameters {\n  real x;\n}\nmodel {\n  x ~ norml(0, 1);\n}\n"
    with pytest.raises(CompileError) as caught:
        cmdstan.build(source, name="misspelt", progress=False)
    assert "'misspelt.stan', line 5, column" in str(caught.value)
    assert "x ~ norml(0, 1);" in str(caught.value)


def test_a_program_with_functions_in_c_plus_plus(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # In folders with odd letters: the cache, the header, and the CmdStan where it is
    # stanmix's own (other CmdStans do not bear them).
    odd = tmp_path / "a b'c é"
    odd.mkdir()
    toolchain = cmdstan.require(progress=False)
    if (toolchain / "stanmix.json").exists():
        shutil.copytree(toolchain, odd / "cmdstan", copy_function=link_or_copy)
        toolchain = odd / "cmdstan"
    monkeypatch.setenv("STANMIX_CACHE", str(odd / "cache"))
    (odd / "my functions.hpp").write_text(FUNCTIONS)
    (odd / "detail.hpp").write_text("#include <ostream>\ninline double factor() { return 2; }\n")
    program = cmdstan.build(
        DECLARED,
        name="twice",
        user_header=odd / "my functions.hpp",
        cmdstan=toolchain,
        progress=False,
    )
    assert program.built
    shown = subprocess.run([program.exe_file, "info"], capture_output=True, text=True, check=True)
    major, minor, _ = program.cmdstan_version.split(".")
    assert f"stan_version_major = {major}\n" in shown.stdout
    assert f"stan_version_minor = {minor}\n" in shown.stdout
    fit = cmdstanpy.CmdStanModel(exe_file=program.exe_file).sample(
        chains=2,
        iter_sampling=2000,
        seed=1,
        show_progress=False,
        output_dir=tmp_path,
    )
    x, y = fit.stan_variable("x"), fit.stan_variable("y")
    np.testing.assert_allclose(y, 2 * x, rtol=1e-5)  # the CSV has six digits
    # Exactly: x ~ normal(3, 1). About 1 500 effective draws of 4 000: error of the mean 0.026.
    assert abs(x.mean() - 3) < 4 * 0.026
    assert abs(x.std() - 1) < 0.1
    again = cmdstan.build(
        DECLARED,
        name="twice",
        user_header=odd / "my functions.hpp",
        cmdstan=toolchain,
        progress=False,
    )
    assert not again.built
    assert again.seconds < 0.3
