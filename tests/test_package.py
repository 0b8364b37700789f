from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

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
    assert "arviz" in modules_after("stanmix.containers.container({}, {})")


def test_each_public_name_is_there():
    assert len(set(stanmix.__all__)) == len(stanmix.__all__)
    assert set(stanmix.__all__) <= set(dir(stanmix))
    for name in stanmix.__all__:
        assert getattr(stanmix, name) is not None
    for name in ("compare", "rerun"):  # which modules are called, too
        assert callable(getattr(stanmix, name))


FIT = """
import os, sys
import stanmix

def compiled(*_, **__):
    raise AssertionError("compiled")

stanmix.cmdstan.build = stanmix.cmdstan.require = compiled
{before}
try:
    stanmix.Mixture("y", 2).fit({{"y": [1.0, 2.0, 5.0, 6.0]}}, seed=1)
except stanmix.StanmixError as error:
    print(type(error).__name__, error)
"""


@pytest.mark.parametrize(
    ("flag", "before", "words"),
    [
        ("-OO", "", "ArviZ does not work under python -OO"),
        ("-B", "os.rmdir(os.getcwd())", "ArviZ cannot be imported: .*has been deleted, change"),
    ],
)
def test_without_arviz_nothing_is_begun(flag, before, words, tmp_path):
    done = subprocess.run(
        [sys.executable, flag, "-c", FIT.format(before=before)],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert re.match(f"ToolchainError {words}", done.stdout)


def test_no_check_is_an_assertion():
    """Assertions, which ``python -O`` leaves out, tell the type checker what is so already."""
    narrowing = re.compile(r"assert (not )?isinstance\(.*\)|assert .* is not None")
    found = 0
    for path in Path(stanmix.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Assert):
                found += 1
                assert narrowing.fullmatch(ast.unparse(node)), f"{path}:{node.lineno}"
    assert found
