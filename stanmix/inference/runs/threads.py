"""Threads within a run: how many pay, and how the program is told."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator, Mapping
from typing import Any

from stanmix.inference.options import Options
from stanmix.inference.runs import stan
from stanmix.program.plan import Program

__all__ = ["NAME", "environment", "for_each_run"]

NAME = "STAN_NUM_THREADS"
# The fused likelihood gives a thread so many rows at a time (`piece_rows` in the kernels).
PIECE = 128 * 128
PIECES = 2  # a thread should get at least so many, or some wait for others
# Rows times components from which a second compilation, for threads, is soon paid back: a gradient
# takes some milliseconds there.
LARGE = 500_000


def for_each_run(options: Options, program: Program, data: Mapping[str, Any]) -> int:
    """Return the number of threads of each run.

    Parameters
    ----------
    options : Options
        ``threads="auto"``: processors that no chain (or restart) needs are shared out, where the
        likelihood can use them and the data are large.
    program : Program
        Only fused likelihoods use threads, and only of rows without groups.
    data : mapping
        The Stan data.
    """
    if isinstance(options.threads, int):
        return options.threads
    N, K = int(data["N"]), int(data["K"])
    if program.kernel != "fused" or program.group or N * K < LARGE:
        return 1
    cores = stan.cores()
    beside = min(options.processes, options.at_once or cores, cores)
    return max(1, min(cores // beside, N // (PIECE * PIECES)))


_LOCK = threading.Lock()
_wanted: list[int] = []  # by the runs that go on, of all threads of this process
_before: str | None = None


@contextlib.contextmanager
def environment(threads: int) -> Iterator[None]:
    """Let Stan's programs take so many threads; those built without them take one anyway.

    cmdstanpy hands its children the environment of this process, so that is where it must stand,
    while any run needs it: of fits that run at once, the one that wants most says how many. The
    number changes no digit.
    """
    global _before
    with _LOCK:
        if not _wanted:
            _before = os.environ.get(NAME)
        _wanted.append(threads)
        os.environ[NAME] = str(max(_wanted))
    try:
        yield
    finally:
        with _LOCK:
            _wanted.remove(threads)
            if _wanted:
                os.environ[NAME] = str(max(_wanted))
            elif _before is None:
                os.environ.pop(NAME, None)
            else:
                os.environ[NAME] = _before
