"""The command line: ``stanmix demo``, ``fit``, ``render``, ``priors``, ``rerun`` and others."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence

import stanmix
from stanmix.cli import cache, demo, fit, folders, priors, render, toolchain
from stanmix.errors import StanmixError

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        Default: those of the process.

    Returns
    -------
    int
        0 if all went well; 1 if stanmix refused or failed, ``doctor`` found that no fit can run, or
        ``rerun`` other draws; 2 for unusable arguments; 130 if interrupted.
    """
    parsed = _parser().parse_args(arguments)
    try:
        code: int = parsed.command(parsed)
        sys.stdout.flush()  # while an error can still be told
    except StanmixError as error:
        print(f"stanmix: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stanmix: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader, as head, has seen enough
        _forget_output()
        return 1
    except OSError as error:  # standard output on a full disk, and what else the system refuses
        print(f"stanmix: {error.strerror or error}", file=sys.stderr)
        _forget_output()
        return 1
    return code


def _forget_output() -> None:
    """Let what standard output did not take go, lest Python try again as it ends."""
    with contextlib.suppress(OSError, ValueError, AttributeError):  # not one of the system's
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="stanmix", description="Bayesian mixture models in Stan.")
    parser.add_argument("--version", action="version", version=f"stanmix {stanmix.__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in (demo, fit, render, priors, folders, toolchain, cache):
        module.add_to(commands)
    return parser
