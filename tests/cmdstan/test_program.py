from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from fakes import FakeCmdStan

from stanmix.cmdstan.compiler import find_compiler
from stanmix.cmdstan.program import folder_of, is_whole, store
from stanmix.cmdstan.recipe import Recipe
from stanmix.errors import CompileError, ToolchainError


@pytest.fixture
def recipe(fake: FakeCmdStan) -> Recipe:
    return Recipe("// a program é", "model", None, False, fake.path, find_compiler())


@pytest.fixture
def made(recipe: Recipe, sandbox: Path) -> Path:
    """Return a folder as compile_program leaves it."""
    folder = sandbox / "made"
    folder.mkdir()
    (folder / "model.stan").write_text(recipe.source, encoding="utf-8")
    (folder / "model.hpp").write_text("// not kept")
    (folder / "build.log").write_text("log")
    shutil.copy(recipe.cmdstan / "bin" / "executable", folder / "model")
    return folder


def test_store_keeps_what_is_needed(recipe: Recipe, made: Path) -> None:
    store(recipe, made, 1.234)
    folder = folder_of(recipe.key)
    assert {path.name for path in folder.iterdir()} == {
        "model",
        "model.stan",
        "build.log",
        "meta.json",
    }
    assert is_whole(folder)
    assert json.loads((folder / "meta.json").read_text())["seconds"] == 1.23
    assert folder.stat().st_mode & 0o777 == 0o755
    # Nothing of it leads back to the workshop.
    shutil.rmtree(made)
    assert is_whole(folder)


def test_store_replaces_what_is_damaged_and_sweeps(recipe: Recipe, made: Path) -> None:
    folder = folder_of(recipe.key)
    folder.mkdir(parents=True)
    (folder / "stray").touch()
    killed = folder.parent / f".{recipe.key}-killed"
    killed.mkdir()
    other = folder.parent / ".0000-running"
    other.mkdir()
    store(recipe, made, 1.0)
    assert is_whole(folder)
    assert not (folder / "stray").exists()
    assert not killed.exists()
    assert other.exists()


def test_a_copy_that_went_wrong_is_noticed(
    recipe: Recipe, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = shutil.copy

    def lossy(source: Path, target: Path) -> None:
        real(source, target)
        if target.name == "model":
            with target.open("a") as stream:
                stream.write("# garbled\n")

    monkeypatch.setattr(shutil, "copy", lossy)
    store(recipe, made, 1.0)
    assert not is_whole(folder_of(recipe.key))


def test_what_does_not_run_is_not_stored(recipe: Recipe, made: Path) -> None:
    (made / "model").write_text("#!/bin/sh\necho 'libtbb.so.2: cannot open' >&2\nexit 127\n")
    with pytest.raises(CompileError, match=r"exit status 127.*\n.*libtbb"):
        store(recipe, made, 1.0)
    assert list(folder_of(recipe.key).parent.iterdir()) == []


def test_a_disk_that_fills_is_said_and_leaves_nothing(
    recipe: Recipe, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(source: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copy", fail)
        with pytest.raises(ToolchainError, match="disk is full"):
            store(recipe, made, 1.0)
    assert list(folder_of(recipe.key).parent.iterdir()) == []
    store(recipe, made, 1.0)
    assert is_whole(folder_of(recipe.key))


def test_an_absent_program_is_not_whole(sandbox: Path) -> None:
    assert not is_whole(folder_of("0" * 64))
