"""Chains of a compiled program: run through cmdstanpy, and read back."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np

from stanmix.errors import InferenceError, OutputError
from stanmix.inference.options import NutsOptions
from stanmix.inference.runs import children, stan, stan_csv
from stanmix.inference.runs.output import Array, Output
from stanmix.inference.runs.run_files import RunFiles, of_fit
from stanmix.inference.settings import Prepared, keywords

__all__ = ["METRIC", "STATISTICS", "read", "run", "write_metric"]

METRIC = "metric.json"

# CmdStan's names of a draw's statistics, and ArviZ's.
STATISTICS = {
    "lp__": "lp",
    "accept_stat__": "acceptance_rate",
    "stepsize__": "step_size",
    "treedepth__": "tree_depth",
    "n_leapfrog__": "n_steps",
    "divergent__": "diverging",
    "energy__": "energy",
}

_END = re.compile(r"(\S+) seconds \(Total\)")  # the last that Stan writes, to draws and console


def run(
    exe_file: Path,
    data_file: Path,
    options: NutsOptions,
    prepared: Prepared,
    threads: int,
    folder: Path,
) -> Output:
    """Sample, and return what the finished chains drew.

    Parameters
    ----------
    exe_file, data_file : Path
        Compiled program and its data as JSON.
    options : NutsOptions
    prepared : Prepared
    threads : int
        Of each chain.
    folder : Path
        Where CmdStan writes.

    Raises
    ------
    InferenceError
        If no chain finished. Where some did, they are returned and the others are named in
        ``failed``.
    """
    model = stan.executable(exe_file)
    told = keywords(prepared.settings)
    if prepared.metric is not None:
        told["inv_metric"] = str(write_metric(folder, prepared.metric))
    starts = prepared.starts
    earlier = set(folder.glob("*.csv"))  # a kept folder may hold other runs
    began = time.perf_counter()
    failure = ""
    finished: dict[int, RunFiles] | None = None
    with stan.quiet(), stan.exit_codes() as codes, children.ended_with_us(exe_file, folder):
        try:
            fitted = model.sample(
                data=str(data_file),
                chains=options.chains,
                parallel_chains=min(options.chains, options.cores or stan.cores()),
                threads_per_chain=threads,
                seed=options.seed,
                inits=None if starts is None else stan.write_starts(folder, starts),
                **told,
                output_dir=str(folder),
                sig_figs=stan.DIGITS,
                show_progress=options.progress and stan.bars_move(),
                force_one_process_per_chain=True,
            )
            finished = dict(enumerate(of_fit(fitted), 1))
        except (RuntimeError, ValueError) as error:
            failure = str(error)
    failed: dict[int, str] = {}
    if finished is None:
        signals = {chain: -code for (_, chain), code in codes.items() if code < 0}
        chains, failed = _finished(folder, earlier, options.chains, failure, signals)
    else:
        chains = _read(finished, failed, "")
    return _output(chains, failed, options, time.perf_counter() - began)


def read(options: NutsOptions, runs: Sequence[RunFiles]) -> Output:
    """Read the chains that an earlier run left, as `run` returns them.

    Raises
    ------
    OutputError
        If no chain finished, or a chain finished and its draws are no longer whole.
    """
    complete, failed = _sorted_out(dict(enumerate(runs, 1)))
    for chain, files in enumerate(runs, 1):
        if chain in failed and _END.search(files.said()):
            raise OutputError(
                f"{files.csv} is not whole, although its chain ran to its end: the file was cut "
                "short or changed since. Run run.sh again."
            )
    try:
        chains = _read(complete, failed, "")
    except (InferenceError, ValueError) as error:
        raise OutputError(f"{runs[0].csv.parent}: {error} Run run.sh again.") from error
    ended = [_END.search(complete[chain].said()) for chain in complete]
    seconds = max((float(end[1]) for end in ended if end), default=float("nan"))
    return _output(chains, failed, options, seconds)


def _output(
    chains: Sequence[stan_csv.Table],
    failed: dict[int, str],
    options: NutsOptions,
    seconds: float,
) -> Output:
    chain_ids = tuple(i for i in range(1, options.chains + 1) if i not in failed)
    variables, statistics = zip(*((one.variables, one.statistics) for one in chains), strict=True)
    draws = {name: np.stack([one[name] for one in variables]) for name in variables[0]}
    stats = {
        own: np.stack([one[name] for one in statistics])
        for name, own in STATISTICS.items()
        if name in statistics[0]
    }
    return Output(draws, stats, chain_ids, failed=failed, seconds=seconds)


def write_metric(folder: Path, metric: Array) -> Path:
    """Write an inverse metric as CmdStan reads it."""
    return stan.write_json(folder / METRIC, {"inv_metric": metric})


def _finished(
    folder: Path,
    earlier: set[Path],
    chains: int,
    failure: str,
    signals: Mapping[int, int] = MappingProxyType({}),
) -> tuple[list[stan_csv.Table], dict[int, str]]:
    """Read the chains that reached their end, after one at least did not."""
    complete, failed = _sorted_out(_chain_files(folder, earlier, chains), signals)
    return _read(complete, failed, failure), failed


def _chain_files(folder: Path, earlier: set[Path], chains: int) -> dict[int, RunFiles]:
    """Return the files of each chain of a run that cmdstanpy gave up."""
    written = {path.stem.rsplit("_", 1)[-1]: path for path in set(folder.glob("*.csv")) - earlier}
    files = {}
    for chain in range(1, chains + 1):
        consoles = sorted(folder.glob(f"*_{chain - 1}-stdout.txt"))  # cmdstanpy counts from 0
        nothing = folder / f"{chain}.missing"
        files[chain] = RunFiles(
            written.get(str(chain), nothing), consoles[-1] if consoles else nothing
        )
    return files


def _sorted_out(
    runs: Mapping[int, RunFiles], signals: Mapping[int, int] = MappingProxyType({})
) -> tuple[dict[int, RunFiles], dict[int, str]]:
    """Return the chains that reached their end, and for the others what is wrong with them.

    `signals` are the numbers of those that killed chains, where they are known.
    """
    complete, failed = {}, {}
    for chain, files in runs.items():
        if not _complete(files.csv):
            failed[chain] = files.last_words(signal=signals.get(chain, 0))
        elif fault := files.fault():
            failed[chain] = fault
        else:
            complete[chain] = files
    return complete, failed


def _read(
    complete: Mapping[int, RunFiles], failed: Mapping[int, str], failure: str
) -> list[stan_csv.Table]:
    """Read complete chains.

    Parameters
    ----------
    failure : str
        What cmdstanpy said, if it gave up.
    """
    if failure and not failed:  # every chain ended well, so what failed was something else
        raise InferenceError(f"CmdStan's output cannot be read: {failure}")
    if not complete:
        words = next((text for text in failed.values() if text), failure)
        raise InferenceError(
            f"{'The chain' if len(failed) == 1 else f'All {len(failed)} chains'} failed. Stan "
            f"said:\n{words}"
        )
    return [stan_csv.read(files.csv) for files in complete.values()]


def _complete(path: Path) -> bool:
    """Whether a chain's file has the closing comment, which Stan writes after the last draw."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 2000))
        return _END.search(file.read().decode(errors="replace")) is not None
