"""Runs of Stan that never outlive the Python process that wanted them.

cmdstanpy starts the runs and, when Python is interrupted, leaves them to go on. A small process
watches instead: it holds one end of a pipe, and when the pipe ends without the word that all is
well, because of an interrupt or because Python is gone (even by SIGKILL), it ends the runs.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

__all__ = ["ended_with_us"]

_WATCH = """
import sys
exe_file, folder = sys.argv[1:]
if sys.stdin.buffer.read() != b"done":
    import psutil
    mine = []
    for process in psutil.process_iter(["cmdline"]):
        command = process.info["cmdline"] or []
        if command and command[0] == exe_file and any(folder in word for word in command):
            mine.append(process)
    for process in mine:
        try:
            process.terminate()
        except psutil.NoSuchProcess:
            pass
    for process in psutil.wait_procs(mine, timeout=2)[1]:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            pass
"""


@contextlib.contextmanager
def ended_with_us(exe_file: Path, folder: Path) -> Iterator[None]:
    """End runs of a program within about three seconds if the block does not end well.

    Parameters
    ----------
    exe_file : Path
        The compiled program.
    folder : Path
        Where its runs write; tells them from other runs of the same program.
    """
    watcher = subprocess.Popen(
        [sys.executable, "-c", _WATCH, str(exe_file), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # an interrupt of the terminal must not end it first
    )
    assert watcher.stdin is not None  # for the type checker
    try:
        yield
        watcher.stdin.write(b"done")
    finally:
        watcher.stdin.close()
        watcher.wait()
