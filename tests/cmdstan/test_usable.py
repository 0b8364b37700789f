from __future__ import annotations

import pytest

from stanmix.cmdstan import parts, usable
from stanmix.errors import ToolchainError


def refused(words):
    def refuse(*_):
        raise ToolchainError(words)

    return refuse


@pytest.mark.parametrize(
    ("part", "words"), [("find_compiler", "no compiler"), ("find_make", "no make")]
)
def test_what_is_missing_is_said(monkeypatch, part, words):
    monkeypatch.delenv("CMDSTAN", raising=False)
    monkeypatch.setattr(usable, part, refused(words))
    assert usable.hindrance() == words


def test_parts_are_needed_only_without_a_cmdstan(monkeypatch, tmp_path):
    monkeypatch.delenv("CMDSTAN", raising=False)
    monkeypatch.setattr(parts, "wheel", refused("no parts"))
    monkeypatch.setattr(usable, "found", lambda: None)
    assert usable.hindrance() == "no parts"
    monkeypatch.setattr(usable, "found", lambda: tmp_path)
    assert usable.hindrance() == ""
