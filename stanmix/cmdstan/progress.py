"""Progress of a build on standard error: it never stops the build."""

from __future__ import annotations

import re
import sys
import time
from types import TracebackType

from tqdm import tqdm

__all__ = ["Steps"]

_STEP = re.compile(r"^\[stanmix\s+(\d+)/(\d+)\]\s+(.*?)\s*$", re.MULTILINE)


class Steps:
    """A progress bar fed with the output of make.

    Lines such as ``[stanmix 3/9] Compiling driver/sample_nuts.cpp`` move it; the clock moves
    without them. A bar that fails (no terminal, closed stream) is given up, silently: the
    work it reports on goes on.

    Parameters
    ----------
    title
        What is being done.
    show
        False for silence.
    """

    def __init__(self, title: str, *, show: bool) -> None:
        self._title = title
        self._show = show
        self._bar: tqdm | None = None
        self._rest = ""
        self._drawn = 0.0

    def __enter__(self) -> Steps:
        self._safely(self._open)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._safely(self._close, error is None)

    def note(self, text: str) -> None:
        """Show `text` beside the bar."""
        self._safely(self._note, text)

    def feed(self, text: str) -> None:
        """Take a piece of make's output, which may be empty."""
        self._safely(self._feed, text)

    def _safely(self, action, *arguments) -> None:  # type: ignore[no-untyped-def]
        if not self._show:
            return
        try:
            action(*arguments)
        except Exception:  # whatever a terminal can do wrong
            self._show = False

    def _open(self) -> None:
        self._bar = tqdm(
            total=1,
            desc=self._title,
            file=sys.stderr,
            leave=True,
            bar_format="{desc}: {percentage:3.0f}%|{bar}| {elapsed}<{remaining} {postfix}",
        )

    def _note(self, text: str) -> None:
        assert self._bar is not None
        self._bar.set_postfix_str(text)

    def _feed(self, text: str) -> None:
        assert self._bar is not None
        # A piece may end inside a line: that end waits for the next piece.
        lines, _, self._rest = (self._rest + text).rpartition("\n")
        steps = _STEP.findall(lines + "\n")
        for number, total, what in steps:
            self._bar.total = int(total)
            # A step is announced when it starts.
            self._bar.n = max(self._bar.n, int(number) - 1)
            self._bar.set_postfix_str(what, refresh=False)
        now = time.monotonic()
        if steps or now - self._drawn >= 1:
            self._drawn = now
            self._bar.refresh()

    def _close(self, finished: bool) -> None:
        assert self._bar is not None
        if finished:
            self._bar.n = self._bar.total
            self._bar.set_postfix_str("", refresh=False)
        self._bar.refresh()
        self._bar.close()
