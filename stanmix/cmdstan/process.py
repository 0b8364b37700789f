"""Run a command so that it never outlives the Python process that wanted it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

__all__ = ["run"]

# The command runs below a shell whose standard input is a pipe that Python holds open. When
# that pipe ends, because Python closes it or is gone (even by SIGKILL), the whole process
# group is ended: politely, so that make and the compiler remove their half-made files, and
# after two seconds by force.
_SUPERVISOR = """
exec 3<&0
ending=
trap 'ending=yes' TERM
"$@" </dev/null 3<&- &
job=$!
( trap '' TERM; read -r gone <&3; kill -TERM 0; sleep 2; kill -KILL 0 ) >/dev/null 2>&1 &
watch=$!
wait "$job"
status=$?
if [ "$ending" ]; then
  while kill -0 "$job" 2>/dev/null; do wait "$job"; done
  kill -KILL 0
fi
kill -KILL "$watch" 2>/dev/null
exit "$status"
"""
_TICK = 0.1  # seconds between two looks at the log


def run(
    command: Sequence[str | Path],
    *,
    cwd: Path,
    env: Mapping[str, str],
    log: Path,
    on_tick: Callable[[str], None] | None = None,
) -> int:
    """Run `command` in a process group of its own; its output goes to the file `log`.

    Parameters
    ----------
    command
        The program and its arguments; no shell reads them.
    cwd
        Working directory of the command; that of this process stays as it is.
    env
        The whole environment of the command.
    log
        File for standard output and standard error; made anew.
    on_tick
        Called about ten times a second with what was added to the log since the last call.

    Returns
    -------
    int
        The exit status; 128 + n where signal n ended the command.

    Notes
    -----
    If the caller is interrupted, or dies in any way, the command and everything that it
    started are ended within three seconds.
    """
    with log.open("wb") as output, log.open(encoding="utf-8", errors="replace") as tail:
        process = subprocess.Popen(
            ["/bin/sh", "-c", _SUPERVISOR, "sh", *map(str, command)],
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            while True:
                try:
                    status = process.wait(timeout=_TICK)
                except subprocess.TimeoutExpired:
                    status = None
                if on_tick is not None:
                    on_tick(tail.read())
                if status is not None:
                    return status if status >= 0 else 128 - status
        finally:
            process.communicate()  # closes the pipe, and waits
