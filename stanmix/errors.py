"""The errors that stanmix raises: few, and named for who can mend them.

Every message says what was got, what was expected, and what to change.
"""

from __future__ import annotations

import reprlib
from typing import Any

__all__ = [
    "CompileError",
    "InferenceError",
    "InputError",
    "OutputError",
    "StanmixError",
    "ToolchainError",
    "shown",
]

_SHORT = reprlib.Repr()
_SHORT.maxother = _SHORT.maxstring = _SHORT.maxlong = 80
_LONGEST = 500  # of all that a value holds


class StanmixError(Exception):
    """Base of every error that stanmix raises on purpose."""


class InputError(StanmixError, ValueError):
    """A model statement, an argument or the data cannot be used as given."""


class ToolchainError(StanmixError, RuntimeError):
    """No usable CmdStan, compiler or cache; ``stanmix doctor`` says more."""


class CompileError(StanmixError, RuntimeError):
    """A Stan program did not compile."""


class InferenceError(StanmixError, RuntimeError):
    """Stan ran and failed, or some of its chains did."""


class OutputError(StanmixError, RuntimeError):
    """Output of Stan, or a saved fit, is incomplete or cannot be read."""


def shown(value: Any) -> str:
    """Return a value as errors show it: short, on one line, whatever it is."""
    if isinstance(getattr(value, "shape", None), tuple) and value.shape:
        kind = f" and type {value.dtype}" if hasattr(value, "dtype") else ""
        noun = {"ndarray": "array"}.get(type(value).__name__, type(value).__name__)
        return f"{_article(noun)} of shape {value.shape}{kind}"
    try:
        text = " ".join(_SHORT.repr(value).split())
    except ValueError:  # an integer of more digits than Python writes
        return _article(type(value).__name__)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _article(noun: str) -> str:
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"
