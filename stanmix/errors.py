"""The errors that stanmix raises: few, and named for who can mend them.

Every message says what was got, what was expected, and what to change.
"""

from __future__ import annotations

__all__ = [
    "CompileError",
    "InferenceError",
    "InputError",
    "OutputError",
    "StanmixError",
    "ToolchainError",
]


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
