from __future__ import annotations

import io
import sys

import pytest

from stanmix.cmdstan.progress import progress_bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Broken(io.StringIO):
    """A stream that works for a while."""

    def __init__(self, writes: int) -> None:
        super().__init__()
        self.left = writes

    def write(self, text: str) -> int:
        self.left -= 1
        if self.left < 0:
            raise OSError("the stream is gone")
        return super().write(text)


def test_steps_move_the_bar_even_when_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    with progress_bar("Building", show=True) as bar:
        bar.feed("[stanmix 1/4] Compiling one\nsome warning\n[stan")
        bar.feed("mix 3/4] Compi")
        assert "75%" not in stream.getvalue()
        bar.feed("ling three\n")
        assert "75%" in stream.getvalue()  # half the steps, and the slowest come first
        assert "Compiling three" in stream.getvalue()
        bar.feed("[stanmix 2/4] Compiling two\n")  # printed late by a parallel make
        assert "44%" not in stream.getvalue()
    assert "100%" in stream.getvalue()


def test_without_steps_the_expected_time_moves_it(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    now = [100.0]
    monkeypatch.setattr("stanmix.cmdstan.progress.time.monotonic", lambda: now[0])
    with progress_bar("Compiling", show=True, expected=10.0) as bar:
        now[0] += 5
        bar.feed("")
        assert " 50%" in stream.getvalue()
        now[0] += 15
        bar.feed("")
        assert " 99%" in stream.getvalue()
        assert "100%" not in stream.getvalue()
    assert "100%" in stream.getvalue()


def test_a_file_gets_no_ticking(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    now = [100.0]
    monkeypatch.setattr("stanmix.cmdstan.progress.time.monotonic", lambda: now[0])
    with progress_bar("Compiling", show=True, expected=100.0) as bar:
        before = stream.getvalue()
        for _ in range(50):
            now[0] += 1
            bar.feed("")
        assert stream.getvalue() == before


def test_a_failure_leaves_the_bar_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    with pytest.raises(ZeroDivisionError), progress_bar("Building", show=True) as bar:
        bar.feed("[stanmix 2/4] Compiling two\n")
        raise ZeroDivisionError
    assert "100%" not in stream.getvalue()


def test_silence(capfd: pytest.CaptureFixture[str]) -> None:
    with progress_bar("Building", show=False) as bar:
        bar.note("something")
        bar.feed("[stanmix 2/4] Compiling two\n")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("writes", range(0, 12, 2))
def test_a_broken_stream_stops_nothing(monkeypatch: pytest.MonkeyPatch, writes: int) -> None:
    monkeypatch.setattr(sys, "stderr", Broken(writes))
    done = False
    with progress_bar("Building", show=True) as bar:
        bar.note("something")
        bar.feed("[stanmix 1/2] Compiling one\n")
        bar.feed("[stanmix 2/2] Compiling two\n")
        done = True
    assert done


def test_no_standard_error_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    done = False
    with progress_bar("Building", show=True) as bar:
        bar.feed("[stanmix 1/2] Compiling one\n")
        done = True
    assert done
