"""Exported folders, run by CmdStan alone with a program that is compiled already."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import stanmix


def run_script(folder: Path, cmdstan: Path) -> subprocess.CompletedProcess:
    """Run the script with nothing of Python's in its environment."""
    env = {"PATH": os.environ["PATH"], "HOME": "/", "CMDSTAN": str(cmdstan)}
    return subprocess.run(
        ["sh", str(folder / "run.sh")], env=env, check=False, capture_output=True, text=True
    )


def put_program(folder: Path, cmdstan: Path) -> None:
    """Put the folder's program into it as the script would compile it, but from the cache."""
    record = json.loads((folder / "provenance.json").read_text())
    header = folder / "likelihood.hpp"
    built = stanmix.cmdstan.build(
        (folder / f"{record['program']}.stan").read_text(),
        name=record["program"],
        user_header=header if header.exists() else None,
        cmdstan=cmdstan,
        progress=False,
    )
    shutil.copy(built.exe_file, folder / record["program"])
