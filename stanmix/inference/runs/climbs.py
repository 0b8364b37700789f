"""Climbs of a compiled program to modes: run through cmdstanpy, and read back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from stanmix.inference.options import Options
from stanmix.inference.runs import ends, several, stan, stan_csv
from stanmix.inference.runs.ends import End
from stanmix.inference.runs.output import Array
from stanmix.inference.runs.run_files import RunFiles, of_fit
from stanmix.inference.settings import Prepared, keywords

__all__ = ["Climb", "read", "run"]


@dataclass(frozen=True)
class Climb:
    """What a climb gave.

    Attributes
    ----------
    values : dict of str to ndarray
        Parameters of the program where it ended.
    end : End
    fitted : cmdstanpy.CmdStanMLE, optional
        Where CmdStan climbed; None where an earlier climb was read.
    """

    values: dict[str, Array]
    end: End
    fitted: Any = None


def run(
    exe_file: Path, data_file: Path, options: Options, prepared: Prepared, folder: Path
) -> tuple[dict[int, Climb], dict[int, str]]:
    """Climb to a mode from each start.

    Parameters
    ----------
    exe_file, data_file : Path
        Compiled program and its data as JSON.
    options : Options
    prepared : Prepared
    folder : Path
        Where CmdStan writes.

    Returns
    -------
    ended : dict of int to Climb
    failed : dict of int to str
        As in `several.each`.
    """
    model: Any = stan.executable(exe_file)
    told = keywords(prepared.settings)

    def one(own: Path, seed: int, start: str | None) -> Climb:
        fitted = model.optimize(
            data=str(data_file),
            seed=seed,
            inits=start,
            **told,
            output_dir=str(own),
            sig_figs=stan.DIGITS,
            require_converged=False,
        )
        return _climb(of_fit(fitted)[0], fitted)

    return several.each(one, exe_file, prepared.starts, options, folder)


def read(runs: Sequence[RunFiles]) -> tuple[dict[int, Climb], dict[int, str]]:
    """Return what earlier climbs left, as `run` does.

    What is left to gain is not measured: that takes the program, and what lies in a folder is
    read and not run.

    Raises
    ------
    OutputError
        If no climb came to an end, or a file is not whole.
    """

    def one(files: RunFiles) -> Climb:
        return _climb(files)

    return several.read(one, runs, lambda said: ends.NORMAL in said or ends.STUCK in said)


def _climb(files: RunFiles, fitted: Any = None) -> Climb:
    table = stan_csv.read(files.csv)
    height = float(table.statistics["lp__"][-1])
    if not np.isfinite(height):
        raise ValueError("the log density is not finite at the end")
    values = {name: rows[-1] for name, rows in table.variables.items()}
    return Climb(values, End.told_by(files.said(), height), fitted)
