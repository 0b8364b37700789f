"""CmdStan as an engine: a compiled program, run through cmdstanpy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stanmix import cmdstan
from stanmix.errors import InputError
from stanmix.inference.engines.engine import Engine, LogDensity
from stanmix.inference.options import NutsOptions, Options
from stanmix.inference.problem import Problem, build
from stanmix.inference.runs import chains, climbs
from stanmix.inference.runs.climbs import Climb
from stanmix.inference.runs.log_density import StanDensity
from stanmix.inference.runs.output import Output
from stanmix.inference.settings import Prepared
from stanmix.inference.unconstrained.space import Space

__all__ = ["CmdStan", "executable", "ready"]


@dataclass(frozen=True)
class CmdStan:
    """A program that a CmdStan has compiled.

    Attributes
    ----------
    built : cmdstan.Program
    minibatch : bool
        Whether its gradients are made of some rows.
    """

    built: cmdstan.Program
    minibatch: bool = False

    @property
    def stan_version(self) -> tuple[int, ...]:
        """Version of the CmdStan, which is that of its Stan."""
        return tuple(map(int, self.built.cmdstan_version.split(".")))

    @property
    def short_warmup(self) -> int:
        """See `Engine`."""
        return 150

    @property
    def software(self) -> dict[str, str]:
        """See `Engine`."""
        return {
            "CmdStan": self.built.cmdstan_version,
            "compiler": self.built.compiler,
        }

    @property
    def attributes(self) -> dict[str, Any]:
        """See `Engine`."""
        return {
            "engine": "cmdstan",
            "toolchain": f"CmdStan {self.built.cmdstan_version}, {self.built.compiler}",
            "program_key": self.built.key,
            "compile_seconds": self.built.seconds if self.built.built else 0.0,
        }

    def log_density(
        self, space: Space, data_file: Path, folder: Path, jacobian: bool
    ) -> LogDensity:
        """See `Engine`; a batch of points is one call of the program.

        Raises
        ------
        ValueError
            If it would be that of some rows: a command of CmdStan that tells gradients tells the
            value that goes with them.
        """
        if self.minibatch:
            raise ValueError("ask the program of `Problem.by_all_rows`")
        return StanDensity(self.built.exe_file, data_file, folder, jacobian)

    def sample(
        self,
        stated: Problem,
        options: NutsOptions,
        prepared: Prepared,
        data_file: Path,
        folder: Path,
    ) -> Output:
        """See `Engine`; a process for each chain."""
        exe_file = self.built.exe_file
        return chains.run(exe_file, data_file, options, prepared, stated.threads, folder)

    def climb(
        self,
        stated: Problem,
        options: Options,
        prepared: Prepared,
        data_file: Path,
        folder: Path,
    ) -> tuple[dict[int, Climb], dict[int, str]]:
        """See `Engine`; a process for each climb."""
        return climbs.run(self.built.exe_file, data_file, options, prepared, folder)


def ready(stated: Problem) -> CmdStan:
    """Return the program of a problem, compiled now or taken from the cache."""
    return CmdStan(build(stated), stated.program.minibatch)


def executable(engine: Engine) -> Path:
    """Return the compiled program, which methods that CmdStan alone has run by themselves.

    Raises
    ------
    InputError
        If another engine runs the program.
    """
    if isinstance(engine, CmdStan):
        return engine.built.exe_file
    raise InputError(
        f"This method is CmdStan's alone, and the engine is {engine.attributes['engine']!r}: use "
        'engine="cmdstan", or method="nuts".'
    )
