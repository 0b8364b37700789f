"""The engine as libraries, one for each family, compiled when it is first asked for."""

from __future__ import annotations

import ctypes
import functools
import os
import re
import shutil
import subprocess
from pathlib import Path

from filelock import FileLock

HERE = Path(__file__).parent
KERNELS = HERE.parents[1] / "stan_models" / "kernels"


class Library:
    """The functions of packs, and the engine for each family.

    Parameters
    ----------
    folder : Path
        Where the libraries of a run are; its processes have it in common.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._families: dict[str, ctypes.CDLL] = {}

    @functools.cached_property
    def functions(self) -> ctypes.CDLL:
        """The functions of packs."""
        loaded = self._compiled("functions", "functions.cpp")
        for function in (loaded.log_factorial_of, loaded.log_choose_of):
            function.restype = ctypes.c_double
        return loaded

    @functools.cached_property
    def tails(self) -> ctypes.CDLL:
        """The log probabilities of intervals of each family that has tails."""
        return self._compiled("tails", "tails.cpp")

    @functools.cached_property
    def columns(self) -> ctypes.CDLL:
        """The engine for columns of several families."""
        loaded = self._compiled("columns", "columns.cpp")
        loaded.log_likelihood.restype = ctypes.c_double
        return loaded

    @functools.cached_property
    def vectors(self) -> ctypes.CDLL:
        """The engine for vectors whose columns are correlated."""
        loaded = self._compiled("vectors", "vectors.cpp")
        loaded.log_likelihood.restype = ctypes.c_double
        return loaded

    def of(self, family: str) -> ctypes.CDLL:
        """Return the engine for a family."""
        if family not in self._families:
            of = family.removeprefix("interval_")
            stated = (KERNELS / f"{of}_mixture.hpp").read_text()
            struct = re.search(rf"STANMIX_FUNCTION\({family}_mixture_\w+, (.+)\)", stated)[1]
            headers = re.findall(r'"(families/\w+\.hpp)"', stated)
            included = [word for header in headers for word in ("-include", header)]
            loaded = self._compiled(family, "harness.cpp", f"-DFAMILY={struct}", *included)
            loaded.log_likelihood.restype = ctypes.c_double
            self._families[family] = loaded
        return self._families[family]

    def best(self) -> int:
        """Return the number of the widest set of instructions that this processor has."""
        return self.of("normal").best()

    def rows_of_a_block(self) -> int:
        return self.of("normal").rows_of_a_block()

    def rows_of_a_piece(self) -> int:
        return self.of("normal").rows_of_a_piece()

    def _compiled(self, name: str, source: str, *definitions: str) -> ctypes.CDLL:
        shared = self._folder / f"kernels_{name}.so"
        with FileLock(f"{shared}.lock"):
            if not shared.exists():
                compiler = os.environ.get("CXX") or shutil.which("g++") or "c++"
                part = shared.with_suffix(".part")
                # Optimisation would take longer than what it saves.
                options = ["-std=c++17", "-O0", "-Wall", "-Wextra", "-Werror", "-pthread", "-fPIC"]
                command = [*compiler.split(), *options, "-shared", "-I", str(KERNELS)]
                command += [*definitions, str(HERE / source), "-o", str(part)]
                subprocess.run(command, check=True)
                part.replace(shared)
        return ctypes.CDLL(str(shared))
