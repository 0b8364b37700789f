from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from fakes import FILL_DISK, FakeCmdStan

from stanmix.cmdstan.compile import compile_program, workshop
from stanmix.cmdstan.compiler import find_compiler
from stanmix.cmdstan.recipe import Recipe
from stanmix.errors import ToolchainError


def recipe_for(fake: FakeCmdStan, source: str = "// a program") -> Recipe:
    return Recipe(source, "model", None, False, fake.path, find_compiler())


def test_a_workshop_is_plain_empty_and_removed(
    sandbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = sandbox / "tmp with spaces"
    odd.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(odd))
    with workshop(sandbox / "target") as shop:
        assert " " not in str(shop)
        assert list(shop.iterdir()) == []
        (shop / "file").touch()
    assert not shop.exists()
    monkeypatch.setattr(tempfile, "tempdir", str(sandbox))
    with pytest.raises(ZeroDivisionError), workshop(sandbox / "target") as shop:
        assert shop.parent == sandbox
        raise ZeroDivisionError
    assert not shop.exists()


def test_a_workshop_sweeps_only_what_its_own_target_left(
    sandbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(sandbox))
    with workshop(sandbox / "one") as one, workshop(sandbox / "two") as two:
        # As a killed build leaves it.
        left = one.with_name(one.name[:-8] + "leftover")
        left.mkdir()
        with workshop(sandbox / "one") as again:
            assert not left.exists()
            assert again.is_dir()
            assert two.is_dir()


def test_the_executable_lies_beside_its_log(fake: FakeCmdStan, tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    shop.mkdir()
    pieces: list[str] = []
    compile_program(recipe_for(fake), shop, pieces.append)
    assert (shop / "model").read_bytes() == (fake.path / "bin" / "executable").read_bytes()
    assert "cp bin/executable" in (shop / "build.log").read_text()
    assert "".join(pieces) == (shop / "build.log").read_text()


def test_a_stanc_that_does_not_run(fake: FakeCmdStan, tmp_path: Path) -> None:
    (fake.path / "bin" / "stanc").write_bytes(b"\x7fELF no program")
    with pytest.raises(ToolchainError, match=r"stanc does not run .*stanmix install"):
        compile_program(recipe_for(fake), tmp_path)
    assert fake.compiled == 0


def test_stanc_on_a_full_disk(fake: FakeCmdStan, tmp_path: Path) -> None:
    (fake.path / "bin" / "stanc").write_text(f"#!/bin/sh\ncd {fake.path}\n{FILL_DISK}\n")
    with pytest.raises(ToolchainError, match="disk is full"):
        compile_program(recipe_for(fake), tmp_path)


def test_a_log_that_the_cache_cannot_keep_is_kept_elsewhere(
    fake: FakeCmdStan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("STANMIX_CACHE", str(tmp_path / "file"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    makefile = fake.path / "makefile"
    makefile.write_text(makefile.read_text().replace("cp ", "@echo x: error: broken; exit 1; cp "))
    shop = tmp_path / "shop"
    shop.mkdir()
    with pytest.raises(RuntimeError, match="error: broken"):
        compile_program(recipe_for(fake), shop)
    (log,) = tmp_path.glob("stanmix-model-*.log")
    assert "x: error: broken" in log.read_text()
