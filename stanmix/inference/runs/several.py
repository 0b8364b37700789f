"""One program run from several starts, side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import get_ident
from typing import Any, TypeVar

from stanmix.errors import InferenceError, OutputError
from stanmix.inference.options import Options
from stanmix.inference.runs import children, stan
from stanmix.inference.runs.run_files import RunFiles

__all__ = ["all_failed", "each", "read"]

T = TypeVar("T")

WORDS = 5  # lines of what Stan said last, of a run that failed


def each(
    run: Callable[[Path, int, str | None], T],
    exe_file: Path,
    starts: Sequence[Mapping[str, Any]] | None,
    options: Options,
    folder: Path,
) -> tuple[dict[int, T], dict[int, str]]:
    """Run a method once from each start, as many at the same time as there are processors.

    Parameters
    ----------
    run : callable
        ``run(folder, seed, start)``: one run, with a folder of its own, its seed, and its start's
        file (None for Stan's own random start). A RuntimeError or ValueError means that it failed.
    exe_file : Path
    starts : sequence of mappings, or None
    options : Options
    folder : Path

    Returns
    -------
    ended : dict of int to object
        What the runs returned, by their number, from 1.
    failed : dict of int to str
        What was said where one failed.

    Raises
    ------
    InferenceError
        If all failed.
    """
    files = None if starts is None else stan.write_starts(folder, starts)
    numbers = range(1, options.processes + 1)

    def one(number: int) -> T:
        own = folder / f"run_{number}"
        own.mkdir(exist_ok=True)
        start = None if files is None else files[number - 1]
        with stan.exit_codes() as codes:
            try:
                return run(own, options.seed + number - 1, start)
            except RuntimeError as error:
                # cmdstanpy's own words hold paths and times, and of Stan's only a part.
                here = [code for (thread, _), code in codes.items() if thread == get_ident()]
                *_, console = (own / "none", *sorted(own.glob("*-stdout.txt")))
                words = RunFiles(own, console).last_words(WORDS, max(0, -min(here, default=0)))
                raise RuntimeError(words or str(error)) from error

    ended: dict[int, T] = {}
    failed: dict[int, str] = {}
    with stan.quiet(), children.ended_with_us(exe_file, folder):
        pool = ThreadPoolExecutor(min(len(numbers), stan.cores()))
        try:
            pending = {number: pool.submit(one, number) for number in numbers}
            for number, future in pending.items():
                try:
                    ended[number] = future.result()
                except (RuntimeError, ValueError) as error:
                    said = [line.strip() for line in str(error).splitlines() if line.strip()]
                    failed[number] = "\n".join(said[-WORDS:])
        finally:
            # Not waited for: an interrupt must get to the runs first.
            pool.shutdown(wait=False, cancel_futures=True)
    if not ended:
        raise all_failed(options, failed)
    return ended, failed


def all_failed(options: Options, failed: Mapping[int, str]) -> InferenceError:
    """Return the error that no run ended, by what was said of each."""
    many = "The run" if len(failed) == 1 else f"All {len(failed)} runs"
    return InferenceError(f"{many} of method={options.method!r} failed. Stan said:\n{failed[1]}")


def read(
    one: Callable[[RunFiles], T],
    runs: Sequence[RunFiles],
    ended_well: Callable[[str], bool],
) -> tuple[dict[int, T], dict[int, str]]:
    """Read what earlier runs left; result as of `each`.

    Parameters
    ----------
    one : callable
        Reads one run. A ValueError means that it failed.
    runs : sequence of RunFiles
    ended_well : callable
        Whether a run came to its end, by what it said.

    Raises
    ------
    OutputError
        If none did, or one did and its output is no longer whole.
    """
    ended: dict[int, T] = {}
    failed: dict[int, str] = {}
    for number, files in enumerate(runs, 1):
        if not ended_well(files.said()):
            failed[number] = files.last_words(WORDS)
            continue
        fault = files.fault() if files.ends_whole else "it is missing or not whole"
        if fault:
            raise OutputError(f"{files.csv}: {fault}. Run run.sh again.")
        try:
            with stan.quiet():
                ended[number] = one(files)
        except ValueError as error:
            failed[number] = str(error)
    if not ended:
        many = "The run" if len(runs) == 1 else f"All {len(runs)} runs"
        raise OutputError(
            f"{many} failed; in {runs[0].console} Stan said:\n{failed[1]}\nRun run.sh again, or "
            "export with other options."
        )
    return ended, failed
