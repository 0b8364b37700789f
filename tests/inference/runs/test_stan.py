from __future__ import annotations

import errno
import io
import json
import logging
import sys
import threading
from pathlib import Path

import cmdstanpy
import numpy as np
import pytest

from stanmix.errors import InputError, OutputError
from stanmix.inference.runs import stan


def read(path):
    return json.loads(path.read_text())


def test_every_digit_is_written(tmp_path):
    rng = np.random.default_rng(0)
    bits = rng.integers(0, 2**63 - 1, 2000, dtype=np.int64).view(np.float64)
    values = bits[np.isfinite(bits)]  # of all sizes
    back = np.array(read(stan.write_json(tmp_path / "a.json", {"y": values}))["y"])
    np.testing.assert_array_equal(back, values)


def test_it_is_read_as_what_cmdstanpy_writes(tmp_path):
    values = {
        "N": 3,
        "K": np.int64(2),
        "flag": True,
        "flags": np.array([True, False]),
        "lower": -np.inf,
        "upper": [np.inf, 1.0],
        "sigma": np.float64(0.1),
        "X": np.asfortranarray(np.arange(6.0).reshape(3, 2) / 7),
        "part": np.arange(10.0)[::3],
        "nested": [[1, 2], [3, 4]],
        "none": np.zeros((0, 2)),
        "empty": np.zeros((2, 0)),
    }
    mine = stan.write_json(tmp_path / "mine.json", values)
    cmdstanpy.write_stan_json(str(tmp_path / "theirs.json"), values)
    assert read(mine) == read(tmp_path / "theirs.json")
    assert all(
        type(value) is type(read(tmp_path / "theirs.json")[name])
        for name, value in read(mine).items()
    )


class Stream(io.StringIO):
    def __init__(self, terminal):
        super().__init__()
        self.terminal = terminal

    def isatty(self):
        return self.terminal


CLOSED = io.StringIO()
CLOSED.close()


@pytest.mark.parametrize(
    ("out", "err", "notebook", "expected"),
    [
        (Stream(True), Stream(True), False, True),
        (Stream(False), Stream(True), False, False),  # stanmix demo > log
        (Stream(True), Stream(False), False, False),
        (Stream(True), None, False, False),
        (None, None, False, False),
        (CLOSED, CLOSED, False, False),
        (Stream(False), Stream(False), True, True),
    ],
)
def test_bars_need_a_terminal_or_a_notebook(monkeypatch, out, err, notebook, expected):
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    if notebook:
        monkeypatch.setitem(sys.modules, "ipykernel", object())
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    assert stan.bars_move() is expected


@pytest.mark.parametrize("wrong", ["a", None, [[1.0], [1.0, 2.0]], ["x"], {"a": 1}])
def test_what_is_no_number_is_refused(tmp_path, wrong):
    with pytest.raises(InputError, match="mu must be a number"):
        stan.write_json(tmp_path / "a.json", {"mu": wrong})


def test_nothing_is_written_as_nothing(tmp_path):
    assert read(stan.write_json(tmp_path / "a.json", {})) == {}


def log():
    logging.getLogger("cmdstanpy").error("Chain [%d] error: code '%d' %s", 2, -9, "")


def test_the_log_is_silent_while_anyone_wants_it_and_then_again_as_it_was(caplog):
    with caplog.at_level("INFO", "cmdstanpy"):
        inner, outer = threading.Event(), threading.Event()

        def other():
            with stan.quiet():
                inner.set()
                outer.wait(10)

        thread = threading.Thread(target=other)
        thread.start()
        inner.wait(10)
        with stan.quiet(), stan.quiet():
            log()
        log()  # the other thread has not ended yet
        outer.set()
        thread.join(10)
        assert not caplog.records
        log()
        assert len(caplog.records) == 1


def test_exit_codes_are_heard_in_all_quiet():
    with stan.quiet(), stan.exit_codes() as heard:
        log()
        thread = threading.Thread(target=log)
        thread.start()
        thread.join()
    log_after = dict(heard)
    with stan.quiet():
        log()
    assert heard == log_after == {(threading.get_ident(), 2): -9, (thread.ident, 2): -9}


def test_a_folder_that_cannot_be_made_is_refused(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    with (
        pytest.raises(OutputError, match=r"CmdStan's output cannot be written to .*below"),
        stan.folder(tmp_path / "file" / "below"),
    ):
        raise AssertionError("begun")

    def full(**_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(stan.tempfile, "TemporaryDirectory", full)
    with (
        pytest.raises(
            OutputError, match=r"A temporary folder cannot be written to .*No space left"
        ),
        stan.folder(None),
    ):
        raise AssertionError("begun")


def test_an_error_within_the_folder_stays_what_it_is():
    with pytest.raises(FileNotFoundError), stan.folder(None):
        raise FileNotFoundError


def test_a_parameter_without_rows_has_no_start(tmp_path):
    """JSON has no matrix of no rows and two columns; CmdStan refuses one without columns."""
    values = {"gamma_free": np.zeros((0, 2)), "rest": np.zeros((2, 0)), "mu": 1.5, "v": []}
    [path] = stan.write_starts(tmp_path, [values])
    assert json.loads(Path(path).read_text()) == {"rest": [[], []], "mu": 1.5}
