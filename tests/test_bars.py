"""Progress bars: every step, and nothing shown of what is soon done or not to be shown."""

from __future__ import annotations

import pytest

from stanmix import bars


def test_a_bar_yields_every_step_and_shows_itself_late_if_at_all(capsys, monkeypatch):
    assert list(bars.bar(range(5), "steps", show=True)) == [0, 1, 2, 3, 4]
    assert capsys.readouterr() == ("", "")  # done before it would have come
    monkeypatch.setattr(bars, "DELAY", 0.0)
    assert list(bars.bar("abc", "letters", show=False)) == ["a", "b", "c"]
    assert capsys.readouterr() == ("", "")
    assert list(bars.bar("abc", "letters", show=True)) == ["a", "b", "c"]
    out, err = capsys.readouterr()
    assert out == "" and "letters" in err


def test_steps_are_taken_one_at_a_time_and_none_where_there_are_none(monkeypatch, capsys):
    monkeypatch.setattr(bars, "DELAY", 0.0)
    steps = bars.bar([1, 2, 3], "numbers", show=True)
    assert next(steps) == 1
    assert "3/3" not in capsys.readouterr().err
    assert list(steps) == [2, 3]
    assert list(bars.bar([], "nothing", show=True)) == []


def test_an_error_in_between_passes_through(capsys):
    with pytest.raises(ZeroDivisionError):
        for step in bars.bar([1, 0], "quotients", show=True):
            1 / step
    assert capsys.readouterr().out == ""
