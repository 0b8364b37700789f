from __future__ import annotations

import subprocess
import sys

import pytest

import stanmix

# Each takes longer to import than what else a short command does.
SLOW = {"arviz", "matplotlib", "scipy.stats", "scipy.optimize"}

COMMANDS = {
    "nothing": "import stanmix",
    "--version": "run('--version')",
    "doctor": "run('doctor', '--cmdstan', 'none')",
    # What installs is not at issue, and takes a minute.
    "install": "stanmix.cmdstan.assemble = lambda: 'made'; run('install')",
    "render": "run('render', '--formula', 'y ~ x', '--components', '2')",
}

RUN = """
import sys
import stanmix

def run(*arguments):
    from stanmix import cli
    try:
        cli.main(arguments)
    except SystemExit:  # --version
        pass

"""


def modules_after(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{RUN}{code}\nprint('modules', *sys.modules)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    *said, last = done.stdout.splitlines()
    assert last.startswith("modules ")
    assert bool(said) == ("run" in code)
    return set(last.split())


@pytest.mark.parametrize("command", COMMANDS)
def test_short_commands_do_not_wait_for_large_libraries(command):
    loaded = modules_after(COMMANDS[command])
    assert "stanmix.fit" in loaded
    assert loaded & SLOW == set()


def test_arviz_comes_when_it_is_needed():
    assert "arviz" in modules_after("stanmix.convert.arviz().InferenceData()")


def test_each_public_name_is_there():
    assert len(set(stanmix.__all__)) == len(stanmix.__all__)
    assert set(stanmix.__all__) <= set(dir(stanmix))
    for name in stanmix.__all__:
        assert getattr(stanmix, name) is not None
    for name in ("compare", "rerun"):  # which modules are called, too
        assert callable(getattr(stanmix, name))
