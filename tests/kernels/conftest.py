"""The engine as a library, compiled once a test run."""

import ctypes
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from filelock import FileLock
from mixtures import INSTRUCTIONS

HERE = Path(__file__).parent
KERNELS = HERE.parents[1] / "stan_models" / "kernels"


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # the workers of a run have it in common
    shared = folder / "kernels.so"
    with FileLock(f"{shared}.lock"):
        if not shared.exists():
            compiler = os.environ.get("CXX") or shutil.which("g++") or "c++"
            part = shared.with_suffix(".part")
            warnings = ["-Wall", "-Wextra", "-Werror"]
            options = [
                "-std=c++17",
                "-O2",
                *warnings,
                "-pthread",
                "-fPIC",
                "-shared",
                "-I",
                str(KERNELS),
            ]
            source = str(HERE / "harness.cpp")
            subprocess.run([*compiler.split(), *options, source, "-o", str(part)], check=True)
            part.replace(shared)
    loaded = ctypes.CDLL(str(shared))
    loaded.log_factorial_of.restype = ctypes.c_double
    return loaded


@pytest.fixture(params=list(INSTRUCTIONS))
def instructions(request: pytest.FixtureRequest, library: ctypes.CDLL) -> str:
    """Each set of instructions that this processor has."""
    if INSTRUCTIONS[request.param] > library.best():
        pytest.skip(f"this processor has no {request.param}")
    return request.param
