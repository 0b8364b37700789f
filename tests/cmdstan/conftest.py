"""An environment without any CmdStan, and fake ones in it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from fakes import FakeCmdStan, FakeParts, make_fake, make_parts


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder of the test's own: programs write profile.csv where they run."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with an empty home and cache; no CmdStan, no flags in the environment."""
    for name in ("CMDSTAN", "CONDA_PREFIX", "CXX", "CXXFLAGS", "MAKE", "STANCFLAGS"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("STANMIX_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "prefix"))
    return tmp_path


@pytest.fixture
def fake(sandbox: Path) -> FakeCmdStan:
    return make_fake(sandbox / "cmdstan")


@pytest.fixture
def fake_parts(sandbox: Path, monkeypatch: pytest.MonkeyPatch) -> FakeParts:
    """Return fake parts that stanmix takes for the wheel and for its own sources."""
    parts = make_parts(sandbox / "parts")
    monkeypatch.setattr("stanmix.cmdstan.parts.wheel", lambda: parts.wheel)
    monkeypatch.setattr("stanmix.cmdstan.parts.own_sources", lambda: parts.sources)
    return parts
