from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from fakes import FakeCmdStan

from stanmix.cmdstan.compiler import find_compiler, find_make, install_hint
from stanmix.errors import ToolchainError


def fake_compiler(path: Path, *, says: str = "other 1.0", status: int = 0) -> Path:
    path.write_text(f"#!/bin/sh\necho run >> '{path}.runs'\necho '{says}'\nexit {status}\n")
    path.chmod(0o755)
    return path


def runs(path: Path) -> int:
    return len(Path(f"{path}.runs").read_text().splitlines())


def test_identity_is_version_and_target(sandbox: Path) -> None:
    compiler = find_compiler()
    version = subprocess.run(
        [*compiler.command, "--version"], capture_output=True, text=True, check=True
    ).stdout.splitlines()[0]
    target = subprocess.run(
        [*compiler.command, "-dumpmachine"], capture_output=True, text=True, check=True
    ).stdout.strip()
    assert compiler.identity == f"{version} [{target}]"


def test_identity_does_not_depend_on_the_path_and_is_asked_once(
    sandbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [sandbox / "a" / "c++", sandbox / "b" / "c++"]
    identities = set()
    for path in paths:
        path.parent.mkdir()
        monkeypatch.setenv("CXX", str(fake_compiler(path)))
        identities |= {find_compiler().identity, find_compiler().identity}
        assert runs(path) == 2  # --version and -dumpmachine
    assert identities == {"other 1.0 [other 1.0]"}


def test_an_update_is_noticed(sandbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = fake_compiler(sandbox / "c++")
    monkeypatch.setenv("CXX", str(path))
    assert find_compiler().identity.startswith("other 1.0 ")
    fake_compiler(path, says="other 1.1")
    assert find_compiler().identity.startswith("other 1.1 ")
    (sandbox / "link").symlink_to(path)
    monkeypatch.setenv("CXX", str(sandbox / "link"))
    assert find_compiler().identity.startswith("other 1.1 ")
    new = fake_compiler(sandbox / "new", says="other 2.0")
    (sandbox / "link").unlink()
    (sandbox / "link").symlink_to(new)
    assert find_compiler().identity.startswith("other 2.0 ")


@pytest.mark.parametrize(
    ("local", "environment", "expected"),
    [
        ("", None, "g++"),
        ("", "from-environment", "from-environment"),
        ("CXX=from-local\n", "from-environment", "from-local"),
        ("CXX ?= from-local\n", "from-environment", "from-environment"),
        ("CXX ?= from-local\n", None, "g++"),
        ("CXXFLAGS += -O2\n# CXX = no\nCXX := from-local # why\n", None, "from-local"),
        ("CXX = first\nCXX = from-local\n", None, "from-local"),
    ],
)
def test_make_local_stands_above_the_environment(
    fake: FakeCmdStan,
    sandbox: Path,
    monkeypatch: pytest.MonkeyPatch,
    local: str,
    environment: str | None,
    expected: str,
) -> None:
    for name in ("g++", "from-environment", "from-local"):
        fake_compiler(sandbox / name, says=name)
    monkeypatch.setenv("PATH", f"{sandbox}:{os.environ['PATH']}")
    monkeypatch.setattr("sys.platform", "linux")
    (fake.path / "make").mkdir()
    (fake.path / "make" / "local").write_text(local)
    if environment:
        monkeypatch.setenv("CXX", environment)
    assert find_compiler(fake.path).identity.split()[0] == expected
    # What make itself makes of it.
    shown = subprocess.run(
        ["make", "-s", "-f", "-", "show"],
        input="-include make/local\nshow: ; @echo $(CXX)\n",
        cwd=fake.path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    assert shown == expected


def test_several_words(sandbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrapper = sandbox / "wrapper"
    wrapper.write_text('#!/bin/sh\nexec "$@"\n')
    wrapper.chmod(0o755)
    plain = find_compiler()
    monkeypatch.setenv("CXX", f"{wrapper} {plain.command[0]}")
    assert find_compiler().command == (str(wrapper), plain.command[0])
    assert find_compiler().identity == plain.identity


def test_no_compiler(sandbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(sandbox))
    with pytest.raises(ToolchainError, match=r"No C\+\+ compiler was found") as caught:
        find_compiler()
    assert install_hint() in str(caught.value)
    monkeypatch.setenv("CXX", "c++-99 -m64")
    with pytest.raises(ToolchainError, match=r"CXX='c\+\+-99 -m64' was not found"):
        find_compiler()
    with pytest.raises(ToolchainError, match="'make' was not found"):
        find_make()
    monkeypatch.setenv("MAKE", "gmake")
    with pytest.raises(ToolchainError, match="'gmake' was not found"):
        find_make()


def test_a_compiler_that_does_not_work(sandbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = fake_compiler(sandbox / "c++", says="", status=1)
    monkeypatch.setenv("CXX", str(path))
    with pytest.raises(ToolchainError, match=r"does not work: .* exit status 1"):
        find_compiler()
    path.write_bytes(b"\x7fELF no program")
    with pytest.raises(ToolchainError, match="does not run"):
        find_compiler()


def test_the_hint_names_the_package_of_this_system(
    sandbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("PATH", str(sandbox))
    assert install_hint() == "conda install -c conda-forge gxx make"
    fake_compiler(sandbox / "dnf")
    assert install_hint().startswith("dnf install gcc-c++ make")
    fake_compiler(sandbox / "apt-get")
    assert install_hint().startswith("apt-get install g++ make")
    monkeypatch.setattr("sys.platform", "darwin")
    assert install_hint() == "xcode-select --install"
