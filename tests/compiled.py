"""Log densities of Stan programs that are compiled together.

A compiler spends most of its time on what all programs begin with and on what Stan's services ask
of them. Here programs share one executable that knows their log densities alone: another program
costs half a second in place of ten.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import cmdstanpy
import numpy as np
from filelock import FileLock

from stanmix.cmdstan.assemble import compiler_of
from stanmix.program import kernels
from stanmix.program.plan import Program
from stanmix.program.render import header_text, render

HEADER = Path(__file__).with_suffix(".hpp")


class Compiled:
    """Programs in one executable.

    Parameters
    ----------
    name : str
        Of the executable.
    programs : collection of Program
        Each has a name of its own.
    cmdstan : Path
        One that stanmix has assembled.
    folder : Path
        Where the executable is kept until its sources change; processes have it in common.
    """

    def __init__(
        self, name: str, programs: Collection[Program], cmdstan: Path, folder: Path
    ) -> None:
        self.cmdstan = cmdstan
        self._sources = {program.name: render(program) for program in programs}
        assert len(self._sources) == len(programs)
        headers = [kernels.header(family) for family in kernels.families()]
        headers += [header_text(program) for program in programs if program.kernel == "fused"]
        fused = "".join(dict.fromkeys(headers))
        parts = [HEADER.read_text(), fused, *self._sources.values(), *self._compiler()]
        key = hashlib.sha256("\0".join([*parts, str(cmdstan)]).encode()).hexdigest()[:16]
        own = f"{name}_{cmdstan.name}"
        self._executable = folder / f"{own}_{key}"
        with FileLock(folder / f"{own}.lock"), tempfile.TemporaryDirectory() as place:
            if not self._executable.exists():
                for older in folder.glob(f"{own}_*"):
                    older.unlink()
                shop = Path(place)
                (shop / "kernels.hpp").write_text(fused)
                self._compile(shop)
                shutil.copy(shop / "densities", folder / f"{own}.part")
                (folder / f"{own}.part").replace(self._executable)

    def __contains__(self, program: Program) -> bool:
        """Whether a program is among them, as mixtures of other columns may have it too."""
        source = self._sources.get(program.name)
        return source is not None and source == render(program)

    def log_density(
        self, program: Program, data: Mapping[str, Any], points: np.ndarray, folder: Path
    ) -> np.ndarray:
        """Log density, Jacobian included, and its gradient at rows of unconstrained values."""
        assert program in self
        cmdstanpy.write_stan_json(str(folder / "data.json"), data)
        np.ascontiguousarray(points, float).tofile(folder / "points")
        files = [folder / name for name in ("data.json", "points", "found")]
        subprocess.run([self._executable, program.name, *files], check=True)
        return np.fromfile(folder / "found").reshape(len(points), -1)

    def _compiler(self) -> list[str]:
        """The compiler and its flags: optimisation would take longer than what it saves.

        So would g++'s tidying up of its memory.
        """
        compiler = compiler_of(self.cmdstan)
        flags = "-std=c++17 -pthread -w -O0 -D_REENTRANT -DBOOST_DISABLE_ASSERTS -DSTANMIX_BASELINE"
        folders = "-I driver/slim/programs -I include"
        untidy = [] if "clang" in compiler.identity else ["--param", "ggc-min-expand=1000"]
        return [*compiler.command, *flags.split(), *untidy, *folders.split()]

    def _compile(self, folder: Path) -> None:
        for name, source in self._sources.items():
            self._translate(name, source, folder)
        lines = [f'#include "{HEADER}"', '#include "kernels.hpp"']
        lines += [f'#include "{name}.hpp"' for name in self._sources]
        lines += ["int main(int, char** words) {", "return answer({"]
        lines += [f'{{"{name}", densities<{name}_namespace::{name}>}},' for name in self._sources]
        (folder / "densities.cpp").write_text("\n".join([*lines, "}, words);", "}", ""]))
        lib = self.cmdstan / "lib"
        made = ["-L", lib, "-ltbb", f"-Wl,-rpath,{lib}", "-o", folder / "densities"]
        subprocess.run(
            [*self._compiler(), folder / "densities.cpp", *made], cwd=self.cmdstan, check=True
        )

    def _translate(self, name: str, source: str, folder: Path) -> None:
        """Write a program as C++, without the name that all of them give to their class."""
        stan_file, translated = (folder / f"{name}.{end}" for end in ("stan", "hpp"))
        stan_file.write_text(source)
        stanc = [self.cmdstan / "bin" / "stanc", "--allow-undefined", f"--name={name}"]
        subprocess.run([*stanc, f"--o={translated}", stan_file], check=True)
        text = re.sub(r"^using stan_model = .*$", "", translated.read_text(), flags=re.MULTILINE)
        translated.write_text(text)
