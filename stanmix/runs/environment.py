"""The software and the processor that draws depend on."""

from __future__ import annotations

import platform
import re
from importlib import metadata
from pathlib import Path

from stanmix._version import __version__

__all__ = ["CPUINFO", "instructions", "versions"]

CPUINFO = Path("/proc/cpuinfo")
PACKAGES = ("cmdstanpy", "arviz", "numpy", "scipy", "pandas", "formulaic")

# What `stan_models/kernels/dispatch.hpp` asks of the processor, widest first.
_AVX512 = {"avx2", "fma", "avx512f", "avx512dq", "avx512vl"}
_AVX2 = {"avx2", "fma"}


def versions() -> dict[str, str]:
    """Return the versions of Python, of the packages that prepare a run, and of the system."""
    found = {"stanmix": __version__, "Python": platform.python_version()}
    for name in PACKAGES:
        found[name] = metadata.version(name)
    return {**found, "system": f"{platform.system()} {platform.machine()}"}


def instructions(cpuinfo: str | None = None) -> str:
    """Return the vector instructions that fused likelihoods add up with.

    Sums are taken in another order with other instructions, so that draws agree to the last bit
    only where these agree.

    Parameters
    ----------
    cpuinfo : str, optional
        Text with the processor's flags, as Linux has them in ``/proc/cpuinfo``; default those of
        this machine.

    Returns
    -------
    str
        ``"AVX-512"``, ``"AVX2"`` or ``"baseline"``; on a Mac ``"baseline"``, as there are no
        others.
    """
    if cpuinfo is None:
        cpuinfo = CPUINFO.read_text() if CPUINFO.is_file() else ""
    found = re.search(r"^flags\s*:(.*)$", cpuinfo, re.MULTILINE)
    flags = set(found[1].split()) if found else set()
    if flags >= _AVX512:
        return "AVX-512"
    return "AVX2" if flags >= _AVX2 else "baseline"
