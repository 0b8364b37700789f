"""The arguments of a density, as a program writes them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from stanmix.model.families import StanDensity

__all__ = ["density_arguments"]


def density_arguments(stan: StanDensity, named: Mapping[str, str]) -> list[str]:
    """Return the arguments of a density, of the texts of its parameters.

    A sum or product is put in brackets where it is part of an argument.
    """
    bracketed = {
        name: text if re.fullmatch(r"\w+(\[[^\]]*\]|\([^()]*\))?'?", text) else f"({text})"
        for name, text in named.items()
    }
    return [
        argument.format(**named if re.fullmatch(r"\{\w+\}", argument) else bracketed)
        for argument in stan.arguments
    ]
