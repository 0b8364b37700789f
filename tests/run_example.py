"""Examples as they are run from a shell, in this process: what they import is there already.

Where CmdStan is not the question they are fitted as on a machine without a compiler.
"""

from __future__ import annotations

import contextlib
import functools
import io
import runpy
import sys
from pathlib import Path
from unittest import mock

import matplotlib.pyplot as plt

import stanmix

EXAMPLES = Path(__file__).parents[1] / "examples"


def run_example(name: str, folder: Path, engine: str = "cmdstan") -> str:
    """Run an example at its smallest, with a folder for its output; return what it printed."""
    fit = functools.partialmethod(stanmix.Mixture.fit, engine=engine)
    words = [str(EXAMPLES / f"{name}.py"), "--seed", "1", "--quick", "--out", str(folder)]
    printed = io.StringIO()
    try:
        with (
            mock.patch.object(sys, "argv", words),
            mock.patch.object(stanmix.Mixture, "fit", fit),
            contextlib.redirect_stdout(printed),
        ):
            runpy.run_path(words[0], run_name="__main__")
    finally:
        plt.close("all")
    return printed.getvalue()
