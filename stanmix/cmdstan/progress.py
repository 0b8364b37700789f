"""Progress of a build on standard error: it never stops the build."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tqdm import tqdm

__all__ = ["Progress", "progress_bar"]

_STEP = re.compile(r"^\[stanmix\s+(\d+)/(\d+)\]\s+(.*?)\s*$", re.MULTILINE)
_TIMED = "{desc}: {percentage:3.0f}%|{bar}| {elapsed}<{remaining} {postfix}"
_UNTIMED = "{desc}: {elapsed} {postfix}"
_REDRAW = 0.5  # seconds between two drawings


class Progress:
    """What a build tells of itself while it runs; this one is silent."""

    def note(self, text: str) -> None:
        """Show `text` beside the bar."""

    def feed(self, text: str) -> None:
        """Take a piece of make's output, which may be empty."""


class _Bar(Progress):
    """A bar moved by the steps that make prints, else by the clock.

    A step is a line such as ``[stanmix 3/9] Compiling driver/sample_nuts.cpp``.
    """

    def __init__(self, title: str, expected: float | None) -> None:
        self._expected = expected
        self._by_steps = False
        self._rest = ""
        self._drawn = self._started = time.monotonic()
        # A file or a pipe gets a line for each step; only a terminal has a clock that moves.
        self._moves = sys.stderr.isatty()
        self._bar = tqdm(
            total=1.0,
            desc=title,
            file=sys.stderr,
            bar_format=_UNTIMED if expected is None else _TIMED,
        )

    def note(self, text: str) -> None:
        self._bar.set_postfix_str(text)

    def feed(self, text: str) -> None:
        # A piece may end inside a line: that end waits for the next piece.
        lines, _, self._rest = (self._rest + text).rpartition("\n")
        now = time.monotonic()
        steps = _STEP.findall(lines + "\n")
        if steps:
            self._by_steps = True
            self._bar.bar_format = _TIMED
        for number, total, what in steps:
            done = (int(number) - 1) / int(total)  # a step is announced when it starts
            # The slowest steps come first: as if each took a little less than the one before.
            self._bar.n = max(self._bar.n, 1 - (1 - done) ** 2)
            self._bar.set_postfix_str(what, refresh=False)
        if not self._by_steps and self._expected:
            self._bar.n = min((now - self._started) / self._expected, 0.99)
        if steps or (self._moves and now - self._drawn >= _REDRAW):
            self._drawn = now
            self._bar.refresh()

    def close(self, *, finished: bool) -> None:
        if finished:
            self._bar.n = self._bar.total
            self._bar.set_postfix_str("", refresh=False)
        self._bar.refresh()
        self._bar.close()

    def give_up(self) -> None:
        self._bar.disable = True  # or tqdm would write once more when it is collected


class _Safe(Progress):
    """Gives a bar up, silently, at its first failure (a closed stream, an odd terminal)."""

    def __init__(self, title: str, expected: float | None) -> None:
        self._bar: _Bar | None = None
        with self._care():
            self._bar = _Bar(title, expected)

    def note(self, text: str) -> None:
        with self._care():
            if self._bar is not None:
                self._bar.note(text)

    def feed(self, text: str) -> None:
        with self._care():
            if self._bar is not None:
                self._bar.feed(text)

    def close(self, *, finished: bool) -> None:
        with self._care():
            if self._bar is not None:
                self._bar.close(finished=finished)

    @contextmanager
    def _care(self) -> Iterator[None]:
        try:
            yield
        except Exception:
            if self._bar is not None:
                self._bar.give_up()
            self._bar = None


@contextmanager
def progress_bar(title: str, *, show: bool, expected: float | None = None) -> Iterator[Progress]:
    """Show a progress bar while the block runs.

    Parameters
    ----------
    title
        What is being done.
    show
        False for silence.
    expected
        How long it will take, in seconds, where that is known: the bar moves by it until
        make announces steps.

    Yields
    ------
    Progress
        To be fed with the output of make. Nothing that goes wrong in it is raised.
    """
    if not show:
        yield Progress()
        return
    bar = _Safe(title, expected)
    finished = False
    try:
        yield bar
        finished = True
    finally:
        bar.close(finished=finished)
