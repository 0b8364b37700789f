"""The vector instructions of this machine's processor, which fused likelihoods are compiled for."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["CPUINFO", "compiled_for", "instructions"]

CPUINFO = Path("/proc/cpuinfo")

# What `stan_models/kernels/dispatch.hpp` asks of the processor, widest first.
_AVX512 = {"avx2", "fma", "avx512f", "avx512dq", "avx512vl"}
_AVX2 = {"avx2", "fma"}

# What leaves out the others, but for the baseline (`stan_models/kernels/simd.hpp`).
_ONLY = {"AVX-512": "STANMIX_ONLY_AVX512", "AVX2": "STANMIX_ONLY_AVX2"}


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


def compiled_for() -> str | None:
    """Return the macro that lets a likelihood be compiled for this processor and the baseline.

    What others have in addition would take a tenth of the time of a compile. None where the
    processor has the baseline alone, which may be a processor that tells nothing of itself.
    """
    return _ONLY.get(instructions())
