from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path

import pytest
from fakes import FakeCmdStan, FakeParts, make_fake

from stanmix import cmdstan
from stanmix.errors import ToolchainError


def in_home(name: str, version: str) -> Path:
    return make_fake(Path.home() / ".cmdstan" / name, version=version).path


def test_nothing_is_found_in_an_empty_home(sandbox: Path) -> None:
    assert cmdstan.locate() is None


def test_a_given_path_wins(
    sandbox: Path, fake: FakeCmdStan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CMDSTAN", str(make_fake(sandbox / "other").path))
    in_home("cmdstan-2.36.0", "2.36.0")
    assert cmdstan.locate(fake.path) == fake.path
    assert cmdstan.locate() == sandbox / "other"
    monkeypatch.delenv("CMDSTAN")
    assert cmdstan.locate() == Path.home() / ".cmdstan" / "cmdstan-2.36.0"


def test_a_relative_path_becomes_absolute(
    sandbox: Path, fake: FakeCmdStan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(sandbox)
    assert cmdstan.locate("cmdstan") == fake.path


@pytest.mark.parametrize("given", ["argument", "CMDSTAN"])
@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        ("absent", "there is no folder"),
        ("no makefile", "makefile cannot be read"),
        ("no version", "no line CMDSTAN_VERSION"),
        ("old", r"CmdStan 2\.32\.2, and stanmix needs 2\.33\.0"),
        ("unbuilt", "make build"),
    ],
)
def test_an_unusable_folder_that_was_named_is_refused(
    sandbox: Path, monkeypatch: pytest.MonkeyPatch, given: str, damage: str, complaint: str
) -> None:
    folder = sandbox / "cmdstan"
    if damage != "absent":
        make_fake(folder, version="2.32.2" if damage == "old" else "2.35.0")
    if damage == "no makefile":
        (folder / "makefile").unlink()
    if damage == "no version":
        (folder / "makefile").write_text("all:\n")
    if damage == "unbuilt":
        (folder / "bin" / "stanc").unlink()
    in_home("cmdstan-2.36.0", "2.36.0")  # must not be taken instead
    if given == "CMDSTAN":
        monkeypatch.setenv("CMDSTAN", str(folder))
    with pytest.raises(ToolchainError, match=complaint) as caught:
        cmdstan.locate(folder if given == "argument" else None)
    assert given in str(caught.value)


def test_the_highest_version_at_home_is_by_number_and_releases_beat_candidates(
    sandbox: Path,
) -> None:
    in_home("cmdstan-2.9.0", "2.9.0")
    in_home("cmdstan-2.35.0", "2.35.0")
    in_home("a-clone", "2.36.0-rc1")
    assert cmdstan.locate() == Path.home() / ".cmdstan" / "a-clone"
    best = in_home("cmdstan-2.36.0", "2.36.0")
    (Path.home() / ".cmdstan" / "notes.txt").write_text("no CmdStan")
    assert cmdstan.locate() == best


def test_an_unfinished_newer_one_does_not_hide_a_good_older_one(sandbox: Path) -> None:
    good = in_home("cmdstan-2.34.1", "2.34.1")
    (in_home("cmdstan-2.36.0", "2.36.0") / "bin" / "stanc").unlink()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert cmdstan.locate() == good


def test_an_old_one_at_home_is_passed_over_aloud(sandbox: Path) -> None:
    in_home("cmdstan-2.30.0", "2.30.0")
    with pytest.warns(UserWarning, match=r"2\.30\.0, and stanmix needs 2\.33\.0 or later"):
        assert cmdstan.locate() is None


def test_conda_comes_after_home(sandbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = make_fake(sandbox / "conda" / "bin" / "cmdstan").path
    monkeypatch.setenv("CONDA_PREFIX", str(sandbox / "conda"))
    assert cmdstan.locate() == other
    monkeypatch.delenv("CONDA_PREFIX")
    assert cmdstan.locate() is None
    monkeypatch.setattr(sys, "prefix", str(sandbox / "conda"))
    assert cmdstan.locate() == other
    home = in_home("cmdstan-2.33.0", "2.33.0")
    assert cmdstan.locate() == home


def test_stanmix_s_own_comes_last_and_only_when_finished(fake_parts: FakeParts) -> None:
    own = cmdstan.assemble(progress=False)
    assert cmdstan.locate() == own
    (own / "stanmix.json").rename(own / "unfinished")
    assert cmdstan.locate() is None
    (own / "unfinished").rename(own / "stanmix.json")
    home = in_home("cmdstan-2.33.0", "2.33.0")
    assert cmdstan.locate() == home


def test_version(sandbox: Path) -> None:
    assert cmdstan.version(make_fake(sandbox / "a", version="2.36.1").path) == (2, 36, 1)
    with pytest.raises(ToolchainError, match="not a CmdStan"):
        cmdstan.version(sandbox / "nowhere")


def test_the_search_leaves_the_environment_alone(sandbox: Path) -> None:
    in_home("cmdstan-2.36.0", "2.36.0")
    before = dict(os.environ)
    cmdstan.locate()
    assert dict(os.environ) == before
