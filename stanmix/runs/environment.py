"""The software that draws depend on."""

from __future__ import annotations

import platform
from importlib import metadata

from stanmix._version import __version__

__all__ = ["versions"]

PACKAGES = ("cmdstanpy", "arviz", "numpy", "scipy", "pandas", "formulaic")


def versions() -> dict[str, str]:
    """Return the versions of Python, of the packages that prepare a run, and of the system."""
    found = {"stanmix": __version__, "Python": platform.python_version()}
    for name in PACKAGES:
        found[name] = metadata.version(name)
    return {**found, "system": f"{platform.system()} {platform.machine()}"}
