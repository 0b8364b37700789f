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


def put_program(folder: Path, model: stanmix.Mixture, cmdstan: Path) -> None:
    """Put the program into the folder as the script would compile it, but from the cache."""
    record = json.loads((folder / "provenance.json").read_text())
    fused = record["options"]["kernel"] == "fused"
    built = stanmix.cmdstan.build(
        model.program(record["options"]["kernel"]),
        name=record["program"],
        user_header=stanmix.program.kernels.path(model.family) if fused else None,
        cmdstan=cmdstan,
        progress=False,
    )
    shutil.copy(built.exe_file, folder / record["program"])
