from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from stanmix.errors import InferenceError
from stanmix.inference import options
from stanmix.inference.runs import several

FOUR = options.AdviOptions(seed=7, progress=False)


def test_each_run_has_its_folder_seed_and_start(tmp_path):
    starts = [{"mu": [float(i)]} for i in range(4)]
    seen = {}

    def run(folder, seed, start):
        seen[folder.name] = seed, json.loads(Path(start).read_text())["mu"][0]
        return folder.name

    ended, failed = several.each(run, tmp_path / "program", starts, FOUR, tmp_path)
    assert ended == {i: f"run_{i}" for i in (1, 2, 3, 4)}
    assert failed == {}
    assert seen == {f"run_{i}": (6 + i, i - 1.0) for i in (1, 2, 3, 4)}


def test_runs_go_side_by_side(tmp_path, monkeypatch):
    monkeypatch.setattr(several.stan, "cores", lambda: 4)
    together = threading.Barrier(4, timeout=10)

    def run(folder, seed, start):
        assert start is None
        together.wait()  # breaks unless all four are here at once
        return seed

    ended, _ = several.each(run, tmp_path / "program", None, FOUR, tmp_path)
    assert ended == {1: 7, 2: 8, 3: 9, 4: 10}


def test_a_failure_is_kept_with_its_words(tmp_path):
    def run(folder, seed, start):
        if seed in (7, 9):
            raise RuntimeError("first line\n\n  the last words  ")
        return seed

    ended, failed = several.each(run, tmp_path / "program", None, FOUR, tmp_path)
    assert ended == {2: 8, 4: 10}
    assert failed == dict.fromkeys((1, 3), "first line\nthe last words")


def test_nothing_is_an_error(tmp_path):
    def run(folder, seed, start):
        raise ValueError(f"seed {seed}")

    with pytest.raises(InferenceError, match=r"All 4 runs of method='advi'(?s:.)*seed 7"):
        several.each(run, tmp_path / "program", None, FOUR, tmp_path)


def test_other_errors_are_not_swallowed(tmp_path):
    def run(folder, seed, start):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        several.each(run, tmp_path / "program", None, FOUR, tmp_path)
