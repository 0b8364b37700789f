from __future__ import annotations

import importlib.metadata
import re
import sys
from pathlib import Path

import pytest
from fakes import FakeParts, run_python
from packaging.markers import Marker

from stanmix import cmdstan
from stanmix.cmdstan import parts
from stanmix.cmdstan.compiler import Compiler
from stanmix.errors import ToolchainError

GCC = Compiler(("g++",), "g++ 12 [x86_64]")


def test_the_wheel_is_found_and_its_code_not_run() -> None:
    process = run_python(
        """
        import sys
        from stanmix.cmdstan import parts
        path = parts.wheel()
        print(path, [name for name in sys.modules if name.startswith("httpstan")])
        """
    )
    shown, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    path, modules = shown.rsplit(maxsplit=1)
    assert modules == "[]"
    assert (Path(path) / "include" / "stan" / "version.hpp").is_file()
    text = (Path(path) / "include" / "stan" / "version.hpp").read_text()
    major, minor, patch = parts.STAN_VERSION.split(".")
    assert f"STAN_MAJOR {major}" in text
    assert f"STAN_MINOR {minor}" in text
    assert f"STAN_PATCH {patch}" in text


def test_no_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ToolchainError, match=r'pip install "stanmix\[stan\]"') as caught:
        parts.wheel()
    assert "CMDSTAN" in str(caught.value)


def test_another_version_of_the_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    needed = rf"httpstan {parts.WHEEL_VERSION} \(Stan {parts.STAN_VERSION}\)"
    of_another_python = (
        "4.17.0 (Stan 2.39.0)" if sys.version_info < (3, 12) else "4.13.0 (Stan 2.35.0)"
    )
    for found in ("4.12.0", of_another_python):
        number = found.split()[0]
        monkeypatch.setattr(importlib.metadata, "version", lambda name, number=number: number)
        with pytest.raises(ToolchainError, match=needed) as caught:
            parts.wheel()
        assert str(caught.value).startswith(f"httpstan {found} is installed; on Python 3.")


def test_the_extra_installs_the_wheel_that_is_asked_for() -> None:
    # Of each Python, for the platforms that have wheels.
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    wanted = re.findall(r'"httpstan==([\d.]+); (.*)"', text)
    platform = {"sys_platform": "linux", "platform_machine": "x86_64"}
    for minor, version in ((10, "4.13.0"), (11, "4.13.0"), (12, "4.17.0"), (14, "4.17.0")):
        environment = {**platform, "python_version": f"3.{minor}"}
        chosen = [v for v, marker in wanted if Marker(marker).evaluate(environment)]
        assert chosen == [version]
        if sys.version_info[:2] == (3, minor):
            assert version == parts.WHEEL_VERSION
    assert {version for version, _ in wanted} == set(parts.WHEELS)


def test_a_wheel_without_its_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "httpstan" / "lib").mkdir(parents=True)
    (tmp_path / "httpstan" / "__init__.py").write_text("raise SystemExit")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ToolchainError, match=r"lacks stanc, include/stan \(in "):
        parts.wheel()


def test_the_name_follows_all_that_matters(fake_parts: FakeParts) -> None:
    sources = fake_parts.sources
    first = parts.folder_name(GCC)
    assert first.startswith(f"{parts.STAN_VERSION}-")
    others = {parts.folder_name(GCC, wheel) for wheel in parts.WHEELS}
    assert {name.split("-")[0] for name in others} == {"2.35.0", "2.39.0"}
    names = {*others, parts.folder_name(Compiler(("g++",), "g++ 13 [x86_64]"))}
    assert parts.folder_name(Compiler(("/opt/bin/g++",), GCC.identity)) == first
    (sources / "driver" / ".hidden").write_text("no part")
    (sources / "driver" / "__pycache__").mkdir()
    (sources / "driver" / "__pycache__" / "x.pyc").write_text("no part")
    assert parts.folder_name(GCC) == first
    (sources / "driver" / "new.hpp").write_text("")
    names.add(parts.folder_name(GCC))
    (sources / "driver" / "new.hpp").rename(sources / "driver" / "other.hpp")
    names.add(parts.folder_name(GCC))
    (sources / "makefile").write_text("changed")
    names.add(parts.folder_name(GCC))
    assert len(names) == 6


def test_a_damaged_installation(fake_parts: FakeParts) -> None:
    (fake_parts.sources / "makefile").unlink()
    with pytest.raises(ToolchainError, match=r"makefile.*Install stanmix again"):
        parts.folder_name(GCC)
    assert cmdstan.locate() is None
    with pytest.raises(ToolchainError, match="Install stanmix again"):
        cmdstan.require()
