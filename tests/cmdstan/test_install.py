from __future__ import annotations

import os
from pathlib import Path

import cmdstanpy
import pytest
from fakes import make_fake

from stanmix.cmdstan import install
from stanmix.errors import ToolchainError


class Installer:
    """Stands in for cmdstanpy's: it makes a folder at home and sets CMDSTAN."""

    def __init__(self, *, works: bool = True, version: str = "2.36.0") -> None:
        self.works = works
        self.version = version
        self.asked: list[dict[str, object]] = []

    def __call__(self, version: str | None = None, **options: object) -> bool:
        self.asked.append({"version": version, **options})
        if not self.works:
            return False
        number = version or self.version
        path = Path.home() / ".cmdstan" / f"cmdstan-{number}"
        make_fake(path, version=number)
        os.environ["CMDSTAN"] = str(path)
        return True


@pytest.mark.parametrize("version", [None, "2.34.1"])
def test_the_new_folder_is_returned_and_the_environment_kept(
    sandbox: Path, monkeypatch: pytest.MonkeyPatch, version: str | None
) -> None:
    installer = Installer()
    monkeypatch.setattr(cmdstanpy, "install_cmdstan", installer)
    folder = install.from_github(version)
    assert folder == Path.home() / ".cmdstan" / f"cmdstan-{version or '2.36.0'}"
    assert "CMDSTAN" not in os.environ
    assert [call["version"] for call in installer.asked] == [version]
    assert set(installer.asked[0]) == {"version", "progress", "cores"}
    monkeypatch.setenv("CMDSTAN", "/somewhere")
    monkeypatch.setattr(cmdstanpy, "install_cmdstan", Installer(version="2.37.0"))
    assert install.from_github().name == "cmdstan-2.37.0"
    assert os.environ["CMDSTAN"] == "/somewhere"


def test_a_failure_is_an_error(sandbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cmdstanpy, "install_cmdstan", Installer(works=False))
    with pytest.raises(ToolchainError, match=r"\(2\.36\.0\).*use: stanmix install"):
        install.from_github("2.36.0")

    def explode(**options: object) -> bool:
        raise OSError("no network")

    monkeypatch.setattr(cmdstanpy, "install_cmdstan", explode)
    with pytest.raises(ToolchainError, match="no network"):
        install.from_github()


def test_what_is_too_old_is_refused(sandbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cmdstanpy, "install_cmdstan", Installer())
    with pytest.raises(ToolchainError, match=r"needs 2\.33\.0 or later"):
        install.from_github("2.30.0")


def test_nothing_is_downloaded_without_a_compiler(
    sandbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installer = Installer()
    monkeypatch.setattr(cmdstanpy, "install_cmdstan", installer)
    monkeypatch.setenv("PATH", str(sandbox))
    with pytest.raises(ToolchainError, match="compiler"):
        install.from_github()
    assert installer.asked == []
