"""What CmdStan's own output says about time."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

__all__ = ["sampling_seconds"]


def sampling_seconds(files: Iterable[str | Path]) -> float:
    """Return the seconds after warm-up, summed over files."""
    found = [
        re.search(r"([\d.e+-]+) seconds \(Sampling\)", Path(file).read_text()) for file in files
    ]
    return sum(float(match[1]) for match in found if match)
