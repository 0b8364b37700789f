"""Runs end with who wanted them: of one program in one folder, and no others."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from stanmix.inference.runs.children import ended_with_us

pytestmark = pytest.mark.skipif(os.name != "posix", reason="made of a shell")


@pytest.fixture
def started(tmp_path):
    """Start what waits for ever: a shell under another name, which is told a folder."""
    program = tmp_path / "program"
    shutil.copy(shutil.which("sh"), program)
    running = []

    def start(folder, executable=program):
        run = subprocess.Popen([executable, "-c", "read line", str(folder)], stdin=subprocess.PIPE)
        running.append(run)
        return run

    yield program, start
    for run in running:
        run.kill()
        run.wait()
        run.stdin.close()


def test_nothing_is_ended_where_all_is_well(tmp_path, started):
    program, start = started
    run = start(tmp_path / "mine")
    with ended_with_us(program, tmp_path / "mine"):
        assert run.poll() is None
    assert run.poll() is None


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_runs_of_this_folder_are_ended_and_no_others(tmp_path, started, error):
    program, start = started
    other = tmp_path / "other program"
    shutil.copy(program, other)
    mine, elsewhere = start(tmp_path / "mine"), start(tmp_path / "theirs")
    another = start(tmp_path / "mine", other)
    with contextlib.suppress(error), ended_with_us(program, tmp_path / "mine"):
        raise error
    assert mine.wait(timeout=5) == -signal.SIGTERM
    assert elsewhere.poll() is None and another.poll() is None


def test_runs_are_ended_when_python_is_gone(tmp_path, started):
    """Even where it cannot say so."""
    program, start = started
    run = start(tmp_path / "mine")
    code = (
        "import os, signal\nfrom pathlib import Path\n"
        "from stanmix.inference.runs.children import ended_with_us\n"
        f"with ended_with_us(Path({str(program)!r}), Path({str(tmp_path / 'mine')!r})):\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False)
    assert done.returncode == -signal.SIGKILL
    deadline = time.monotonic() + 20
    while run.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert run.poll() == -signal.SIGTERM
