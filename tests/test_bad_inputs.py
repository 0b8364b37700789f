"""A thousand bad inputs: each is refused in words that name the argument, before anything compiles.

Every argument of every public function (`public_calls`) gets values of every class of what is wrong
with its kind (`bad_values`): wrong types, numbers out of range, NaN, shapes, hostile texts, odd
paths, ... Data, formulas and files have classes of their own. Any other error, or none, fails.
"""

from __future__ import annotations

import functools
import re
import subprocess
import warnings
from collections.abc import Callable
from typing import Any

import bad_values as bad
import matplotlib.pyplot as plt
import numpy as np
import pytest
from public_calls import PUBLIC, arguments_of, calls

from stanmix.errors import StanmixError

SEED = 11
# What names an argument beside its name.
WORDS = {"frame": "[Dd]ata", "idata": "InferenceData"}

REFUSED: list[str] = []


@pytest.fixture(autouse=True)
def nothing_is_compiled(monkeypatch, tmp_path):
    """Whatever gets as far as another process was not refused."""

    def begun(*_: Any, **__: Any) -> None:
        raise AssertionError("went on to begin a process")

    monkeypatch.setattr(subprocess.Popen, "__init__", begun)
    monkeypatch.setattr(subprocess.Popen, "__del__", lambda self: None)
    monkeypatch.chdir(tmp_path)
    yield
    plt.close("all")
    assert not list(tmp_path.iterdir())


def fault(call: Callable[[], Any], word: str) -> str | None:
    """What is wrong with how a call is refused; None if nothing is."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            call()
    except StanmixError as error:
        said = str(error)
        if not re.search(word, said):
            return f"does not name it: {said[:200]!r}"
        if len(said) > 1000:
            return f"says {len(said)} letters"
        return None
    except Exception as error:
        return f"{type(error).__name__}: {str(error)[:200]}"
    return "is taken"


def held(cases: list[tuple[str, str, Callable[[], Any]]]) -> None:
    """Fail with all that is wrong with how cases (what, word, call) are refused."""
    wrong = []
    for what, word, call in cases:
        if (found := fault(call, word)) is not None:
            wrong.append(f"{what} {found}")
    REFUSED.extend(what for what, *_ in cases)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_every_argument_of_every_function(name):
    rng = np.random.default_rng([SEED, *name.encode()])
    target = calls()[name]
    cases = []
    for argument in arguments_of(PUBLIC[name]):
        word = WORDS.get(argument, rf"\b{argument}\b")
        for value in target.kind(argument)(rng):
            call = functools.partial(target.with_argument, argument, value)
            cases.append((f"{argument}={bad.shown(value)}", word, call))
    held(cases)
