from __future__ import annotations

import dataclasses
import hashlib
import os
from pathlib import Path

import pytest
from fakes import FakeCmdStan, make_fake

from stanmix.cmdstan.compiler import Compiler
from stanmix.cmdstan.recipe import Recipe, file_hash

GCC = Compiler(("g++",), "g++ 12 [x86_64]")


def recipe_for(fake: FakeCmdStan, **changes: object) -> Recipe:
    recipe = Recipe("// é", "model", None, False, fake.path, GCC)
    return dataclasses.replace(recipe, **changes)  # type: ignore[arg-type]


def test_file_hash(tmp_path: Path) -> None:
    data = os.urandom(3_000_001)
    (tmp_path / "file").write_bytes(data)
    assert file_hash(tmp_path / "file") == hashlib.sha256(data).hexdigest()


def test_the_key_is_stable_and_the_path_of_the_compiler_is_no_part(fake: FakeCmdStan) -> None:
    key = recipe_for(fake).key
    assert key == recipe_for(fake).key
    assert len(key) == 64
    assert key == recipe_for(fake, compiler=Compiler(("/opt/g++",), GCC.identity)).key
    assert key != recipe_for(fake, compiler=Compiler(("g++",), "g++ 13 [x86_64]")).key


def test_programs_of_one_toolchain(fake: FakeCmdStan) -> None:
    one, two = recipe_for(fake), recipe_for(fake, source="// two", name="two")
    assert one.toolchain == two.toolchain
    assert one.key != two.key
    assert recipe_for(fake, threads=True).toolchain != one.toolchain


def test_texts_do_not_run_together(fake: FakeCmdStan) -> None:
    # Fields that are joined without care would give equal keys here.
    assert (
        recipe_for(fake, name="ab", source="c").key != recipe_for(fake, name="a", source="bc").key
    )


@pytest.mark.parametrize("what", ["stanc", "makefile", "local", "flag"])
def test_a_cmdstan_that_was_built_again_is_another(
    fake: FakeCmdStan, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    before = recipe_for(fake).toolchain
    if what == "stanc":
        (fake.path / "bin" / "stanc").touch()
    if what == "makefile":
        with (fake.path / "makefile").open("a") as makefile:
            makefile.write("# more\n")
    if what == "local":
        (fake.path / "make").mkdir()
        (fake.path / "make" / "local").write_text("STAN_NO_RANGE_CHECKS=true\n")
    if what == "flag":
        monkeypatch.setenv("STAN_NO_RANGE_CHECKS", "true")
    assert recipe_for(fake).toolchain != before


def test_a_link_to_a_cmdstan_is_that_cmdstan(fake: FakeCmdStan, sandbox: Path) -> None:
    (sandbox / "link").symlink_to(fake.path)
    assert recipe_for(fake, cmdstan=sandbox / "link").key == recipe_for(fake).key
    other = make_fake(sandbox / "other")
    assert recipe_for(other).key != recipe_for(fake).key
