from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest
from fakes import alive, run_python, wait_until

from stanmix.cmdstan.process import run


def shell(script: str, folder: Path) -> int:
    return run(["sh", "-c", script], cwd=folder, env=os.environ, log=folder / "log")


def test_output_and_status(tmp_path: Path) -> None:
    assert shell("echo out; echo err >&2; exit 7", tmp_path) == 7
    assert (tmp_path / "log").read_text() == "out\nerr\n"
    assert shell("true", tmp_path) == 0
    assert (tmp_path / "log").read_text() == ""
    assert shell("kill -9 $$", tmp_path) == 128 + 9


def test_a_command_that_is_not_there_is_an_exit_status(tmp_path: Path) -> None:
    status = run(["/no/such/command"], cwd=tmp_path, env=os.environ, log=tmp_path / "log")
    assert status == 127


def test_arguments_are_not_read_by_a_shell(tmp_path: Path) -> None:
    odd = "a b'c\"d $HOME `x` \\ é"
    code = "import sys, os; print(repr(sys.argv[1])); print(os.getcwd())"
    run([sys.executable, "-c", code, odd], cwd=tmp_path, env=os.environ, log=tmp_path / "log")
    assert (tmp_path / "log").read_text(encoding="utf-8").splitlines() == [
        repr(odd),
        str(tmp_path.resolve()),
    ]


def test_the_log_arrives_in_pieces_and_whole(tmp_path: Path) -> None:
    pieces: list[str] = []
    run(
        ["sh", "-c", "echo one; sleep 0.3; echo two"],
        cwd=tmp_path,
        env=os.environ,
        log=tmp_path / "log",
        on_tick=pieces.append,
    )
    assert "".join(pieces) == "one\ntwo\n"
    assert len([piece for piece in pieces if piece]) == 2


def test_an_error_in_the_caller_ends_the_whole_group(tmp_path: Path) -> None:
    def stop(text: str) -> None:
        if (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().strip():
            raise KeyboardInterrupt

    script = "trap '' TERM; sh -c 'sleep 60 & echo $! > pid; wait' & wait"
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run(
            ["sh", "-c", script],
            cwd=tmp_path,
            env=os.environ,
            log=tmp_path / "log",
            on_tick=stop,
        )
    assert time.monotonic() - started < 5
    assert wait_until(lambda: not alive(int((tmp_path / "pid").read_text())), 1)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_outlives_its_parent(tmp_path: Path, how: signal.Signals) -> None:
    parent = run_python(
        f"""
        import os
        from pathlib import Path
        from stanmix.cmdstan.process import run
        script = "trap '' TERM INT; sh -c 'sleep 60 & echo $! > part; mv part pid; wait' & wait"
        folder = Path({str(tmp_path)!r})
        run(["sh", "-c", script], cwd=folder, env=os.environ, log=folder / "log")
        """
    )
    pid_file = tmp_path / "pid"
    assert wait_until(pid_file.exists, 20), parent.communicate()
    pid = int(pid_file.read_text())
    assert alive(pid)
    parent.send_signal(how)
    parent.communicate(timeout=10)
    assert wait_until(lambda: not alive(pid), 5), "a child still runs 5 s after its parent ended"


def test_the_end_is_polite_and_complete(tmp_path: Path) -> None:
    # The command tidies up when it is asked to end; a child of it does not listen.
    stubborn = "trap '' TERM; echo $$ > part; mv part pid; while :; do sleep 0.1; done"
    script = (
        "trap 'rm half; exit 1' TERM; touch half; "
        f'sh -c "{stubborn.replace("$", chr(92) + "$")}" & '
        "wait"
    )

    def stop(text: str) -> None:
        if (tmp_path / "pid").exists():
            assert (tmp_path / "half").exists()
            raise KeyboardInterrupt

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run(["sh", "-c", script], cwd=tmp_path, env=os.environ, log=tmp_path / "log", on_tick=stop)
    assert time.monotonic() - started < 1.9, "it was ended by force"
    assert not (tmp_path / "half").exists()
    assert wait_until(lambda: not alive(int((tmp_path / "pid").read_text())), 1)
