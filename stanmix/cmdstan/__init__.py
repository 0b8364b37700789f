"""Find, assemble and use a CmdStan.

>>> from stanmix import cmdstan
>>> program = cmdstan.build("parameters { real x; } model { x ~ std_normal(); }")  # doctest: +SKIP
>>> program.exe_file  # doctest: +SKIP
"""

from __future__ import annotations

from stanmix.cmdstan import doctor, install, pruning
from stanmix.cmdstan.assemble import assemble
from stanmix.cmdstan.build import build, require
from stanmix.cmdstan.cache import cache_dir
from stanmix.cmdstan.locate import locate, version
from stanmix.cmdstan.program import Program

__all__ = [
    "Program",
    "assemble",
    "build",
    "cache_dir",
    "doctor",
    "install",
    "locate",
    "pruning",
    "require",
    "version",
]
