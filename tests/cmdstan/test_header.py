from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from stanmix.cmdstan.header import read_header
from stanmix.errors import InputError


def preprocessed(path: Path) -> str:
    return subprocess.run(
        ["g++", "-E", "-P", "-x", "c++", path], capture_output=True, text=True, check=True
    ).stdout


def test_a_header_travels_with_its_neighbours(tmp_path: Path) -> None:
    source = tmp_path / "my kernels"
    (source / "sub").mkdir(parents=True)
    (source / "sub" / "top.hpp").write_text(
        '#pragma once\n#include <cstddef>\n  #  include "../common.hpp"\n'
        '#include "near.hpp"\n#include "stan/math.hpp"\nint top;\n'
    )
    (source / "common.hpp").write_text("#pragma once\nint common;\n")
    (source / "sub" / "near.hpp").write_text(
        '#pragma once\n#include "top.hpp"\n#include "../common.hpp"\nint near;\n'
    )
    header = read_header(source / "sub" / "top.hpp")
    assert header.name == "sub/top.hpp"
    assert set(header.texts) == {"sub/top.hpp", "common.hpp", "sub/near.hpp"}
    target = tmp_path / "target"
    target.mkdir()
    plain = header.write(target)
    assert plain == target / "user_header.hpp"
    # The compiler finds all of it after the originals are gone.
    for file in source.rglob("*.hpp"):
        file.unlink()
    (target / "headers" / "sub" / "stan").mkdir()
    (target / "headers" / "sub" / "stan" / "math.hpp").write_text("int math;\n")
    declared = [line for line in preprocessed(plain).splitlines() if line.startswith("int ")]
    assert declared == ["int common;", "int near;", "int math;", "int top;"]


def test_a_change_beside_the_header_is_a_change(tmp_path: Path) -> None:
    (tmp_path / "a.hpp").write_text('#include "b.hpp"\n')
    (tmp_path / "b.hpp").write_text("int one;\n")
    before = read_header(tmp_path / "a.hpp")
    (tmp_path / "b.hpp").write_text("int two;\n")
    assert read_header(tmp_path / "a.hpp") != before


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"absent\.hpp cannot be read"):
        read_header(tmp_path / "absent.hpp")
    (tmp_path / "binary.hpp").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="text file"):
        read_header(tmp_path / "binary.hpp")
    (tmp_path / 'a"b.hpp').write_text("int a;\n")
    with pytest.raises(InputError, match="Rename it"):
        read_header(tmp_path / 'a"b.hpp')
