"""A mixture and its data as a folder that CmdStan alone can run."""

from __future__ import annotations

import operator
import shlex
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from stanmix import paths
from stanmix.cmdstan.processor import CPUINFO
from stanmix.cmdstan.recipe import file_hash
from stanmix.data import columns
from stanmix.errors import InputError, OutputError
from stanmix.inference import points
from stanmix.inference.engines.engine import Engine
from stanmix.inference.engines.ready import ready
from stanmix.inference.method import settle
from stanmix.inference.options import Options
from stanmix.inference.problem import Problem, problem
from stanmix.inference.runs import chains, ends, stan, threads
from stanmix.inference.runs.commands import MODE, commands
from stanmix.inference.runs.run_files import of_command
from stanmix.inference.settings import Prepared
from stanmix.model.specification import Specification
from stanmix.program import kernels
from stanmix.program.render import header_text
from stanmix.runs import record
from stanmix.runs.record import Provenance

__all__ = ["COLUMNS", "PROCESSOR", "SCRIPT", "explores", "export", "write"]

COLUMNS = "columns.nc"
PROCESSOR = "output/processor.txt"
SCRIPT = "run.sh"

# The program is run where the posterior is explored, and no more than that.
explores = operator.attrgetter("explores")

_SCRIPT = """\
#!/bin/sh
# {title}
# Compiles {name}.stan and runs it on data.json; draws go to
# output/. Needs a CmdStan, whose folder the variable CMDSTAN names, and nothing else.
set -eu
: "${{CMDSTAN:?set CMDSTAN to the folder of a CmdStan}}"
cd "$(dirname "$0")"

# make takes no path with spaces, so the program is compiled in a temporary folder.
name={name}
if [ ! -x $name ]{newer}; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  cp $name.stan "$work/"
  {copy_header}make -C "$CMDSTAN" {flags}"$work/$name"
  mv "$work/$name" $name
fi

{environment}mkdir -p output
# Of an earlier run: nothing of it must be taken for this one's.
rm -f output/*_[0-9]*.csv output/*_[0-9]*.txt
# The processor's instructions, on which the last digits depend.
if [ -r {cpuinfo} ]; then grep -m 1 '^flags' {cpuinfo} > {processor} || true; fi
{runs}
"""

_WAITS = """\
failed=0
set -- $pids
for said in {consoles}; do
  wait "$1" || {unless}failed=$((failed + 1))
  shift
done
[ $failed -eq 0 ] || echo "$failed run(s) failed: see output/*.txt" >&2
[ $failed -le {allowed} ] || exit 1"""

# As `fit` does, a climb that found no way further up counts as one that ended.
_UNLESS_STUCK = f"""grep -q '{ends.STUCK}' "$said" || """

_HIGHEST_MODE = """
# The approximation is made at the highest mode, the first of equals: lp__ is the first number of
# a file's last line but for comments.
mode=$(for file in {modes}; do
  echo "$(grep -v '^#' "$file" 2> /dev/null | tail -n 1 | cut -d , -f 1) $file"
done | LC_ALL=C sort -s -g -r | head -n 1 | cut -d ' ' -f 2)
cp "$mode" {mode}"""

_README = """\
{title}

- {name}.stan: the program; its comments say what it is.
{header}- data.json: its data. Priors are data too: a distribution's number, and arguments in the
  scaled units in which the program samples; mu, beta and sigma of its output are in the user's.
{starts}{metric}- run.sh: compiles and runs it (`CMDSTAN=/path/to/cmdstan sh run.sh`); draws go
  to output/.
- provenance.json: the statement of the model, all options, the commands, versions, and SHA-256
  sums of the files above.
- columns.nc: the columns of the data that the model reads, as they were given.

`stanmix.read` makes a fit of the draws; `stanmix rerun` runs all again and says whether the draws
are the same; `"$CMDSTAN"/bin/stansummary output/{name}_*.csv` summarises chains without stanmix.
"""


_METRIC = """\
- metric.json: the sampler's inverse metric, on the unconstrained scale of Stan {version}. That of a
  simplex is another since 2.37: a CmdStan on the other side of it samples the same posterior with
  more steps, unless the folder is exported again there.
"""


_POINTS = """\
- points.json: draws by importance sampling, as points of the unconstrained scale. What runs is the
  program's log density there, which holds the draws against the program.
"""


def export(
    model: Specification, folder: str | Path, frame: Any, method: str, options: Mapping[str, Any]
) -> Path:
    """Write program, data, starts and a run script; see `stanmix.Mixture.export`."""
    return write(problem(model, frame, method, options, explores), folder)


def export_fit(
    model: Specification,
    columns: Mapping[str, Any],
    made_by: Provenance,
    prepared: Prepared | None,
    folder: str | Path,
    cmdstan: str | Path | None,
    progress: bool,
) -> Path:
    """Write what makes a fit again; see `stanmix.Fit.export`.

    Parameters
    ----------
    model : Mixture
    columns : mapping
        The data of the fit.
    made_by : Provenance
        Of its draws.
    prepared : Prepared or None
        What its runs were told, if that is still at hand.
    folder, cmdstan, progress
        As in `stanmix.Fit.export`.
    """
    if made_by.options["starts"] == "given":
        raise InputError(
            "This fit began at starts that were given, which it did not keep; use "
            "Mixture.export with the same starts, and Fit.save."
        )
    # What is still at hand was told by the method that was chosen.
    chosen = made_by.method, made_by.options
    method, asked = made_by.asked if prepared is None else chosen
    options = {name: value for name, value in asked.items() if value is not None}
    stated = {**options, "cmdstan": cmdstan, "progress": progress}
    return write(problem(model, columns, method, stated, explores), folder, prepared)


def write(stated: Problem, folder: str | Path, prepared: Prepared | None = None) -> Path:
    """Write a problem, all settled, as a folder.

    Where NUTS takes its metric from the curvature (``warmup="auto"``), that is measured now, with
    the compiled program, and goes into the folder.

    Parameters
    ----------
    stated : Problem
    folder : path
    prepared : Prepared, optional
        What the runs are told, where that has been found out already.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    InputError
        If `folder` is a file, or cannot be written to.
    OutputError
        If writing to it fails.
    """
    target = paths.folder_to_write(folder, "folder")
    with paths.writing(target, "The export"):
        target.mkdir(parents=True, exist_ok=True)
        return _written(stated, target, prepared)


def _written(stated: Problem, target: Path, prepared: Prepared | None) -> Path:
    parts = stated.program
    (target / f"{parts.name}.stan").write_text(stated.source)
    fused = parts.kernel == "fused"
    if fused:
        (target / kernels.HEADER).write_text(header_text(parts))
    stan.write_json(target / "data.json", stated.data)
    for old in target.glob("start_*.json"):  # of an earlier export with more chains
        old.unlink()
    for name in ("metric.json", points.FILE):
        (target / name).unlink(missing_ok=True)
    engine = ready(stated) if stated.options.explores else None
    if prepared is None:
        stated, prepared = _prepared(stated, engine, target)
    if prepared.metric is not None:
        chains.write_metric(target, prepared.metric)
    if prepared.points is not None:
        points.write(target, prepared.points)
    if prepared.starts is not None:
        stan.write_starts(target, prepared.starts)
    columns.save(stated.observed.all_rows, target / COLUMNS)
    runs = commands(parts.name, stated.options, prepared)
    made_by = record.record(stated, runs, target, prepared.decided)
    script = target / SCRIPT
    script.write_text(_script(stated, prepared, runs))
    script.chmod(0o755)
    made_by.hashes.update({name: file_hash(target / name) for name in (SCRIPT, COLUMNS)})
    _forget_earlier(target, made_by)
    made_by.write(target)
    header = f"- {kernels.HEADER}: the likelihood, which the program declares; C++.\n"
    named = "" if prepared.starts is None else "- start_1.json, ...: starting points, one a run.\n"
    metric = ""
    if engine is not None and prepared.metric is not None:
        metric = _METRIC.format(version=".".join(map(str, engine.stan_version)))
    if prepared.points is not None:
        metric = _POINTS
    (target / "README.md").write_text(
        _README.format(
            title=parts.title,
            name=parts.name,
            header=header if fused else "",
            starts=named,
            metric=metric,
        )
    )
    return target


def _script(stated: Problem, prepared: Prepared, runs: Sequence[Sequence[str]]) -> str:
    """Return the shell script that compiles the program and runs it."""
    parts, fused, threaded = (
        stated.program,
        stated.program.kernel == "fused",
        stated.threads > 1,
    )
    flags = "STAN_THREADS=true " if threaded else ""
    if fused:
        flags += f'STANCFLAGS=--allow-undefined USER_HEADER="$work/{kernels.HEADER}" '
    sources = ["$name.stan", *([kernels.HEADER] if fused else [])]
    return _SCRIPT.format(
        title=parts.title.replace("\n", "\n# "),
        name=parts.name,
        runs=_commands(runs, stated.options, bool(prepared.last)),
        newer="".join(f" || [ {source} -nt $name ]" for source in sources),
        copy_header=f'cp {kernels.HEADER} "$work/"\n  ' if fused else "",
        flags=flags,
        # Threads change no digit, only the time.
        environment=f"export {threads.NAME}={stated.threads}\n" if threaded else "",
        cpuinfo=CPUINFO,
        processor=PROCESSOR,
    )


def _prepared(stated: Problem, engine: Engine | None, target: Path) -> tuple[Problem, Prepared]:
    """Return what the runs are told, with the method settled."""
    with threads.environment(stated.threads):
        return settle(stated, engine, (target / "data.json").resolve())


def _forget_earlier(target: Path, made_by: Provenance) -> None:
    """Remove files of an earlier export to the folder, and its output unless it is the same."""
    try:
        earlier = Provenance.read(target)
    except OutputError:
        return
    if (earlier.hashes, earlier.commands) == (made_by.hashes, made_by.commands):
        return
    replaced = {*earlier.hashes, earlier.program} - {*made_by.hashes, made_by.program}
    paths: list[Path | None] = [target / name for name in (*replaced, MODE)]
    for command in earlier.commands:
        files = of_command(command, target)
        paths += [files.csv, files.console, files.diagnostic]
    for path in paths:
        if path is not None and path.resolve().is_relative_to(target.resolve()):
            path.unlink(missing_ok=True)


def _commands(runs: Sequence[Sequence[str]], options: Options, follows: bool) -> str:
    """Return the shell commands of all runs: all at once, or the last one when others ended."""
    at_once = runs[:-1] if follows else runs
    lines = ["pids=", "trap 'kill $pids 2> /dev/null; exit 130' INT TERM"]
    for command in at_once:
        lines += [f"{_command(command)} &", 'pids="$pids $!"']
    # A chain that is missing is no posterior; of runs from which the best is kept, one is enough.
    files = [of_command(command, Path()) for command in at_once]
    lines.append(
        _WAITS.format(
            consoles=" ".join(str(run.console) for run in files),
            unless=_UNLESS_STUCK if options.climbs else "",
            allowed=len(files) - 1 if options.keeps_best else 0,
        )
    )
    if follows:
        modes = " ".join(str(run.csv) for run in files)
        lines += [
            _HIGHEST_MODE.format(modes=modes, mode=MODE),
            f'{_command(runs[-1])} &\npids="$!"\nwait $pids',
        ]
    return "\n".join(lines)


def _command(command: Sequence[str]) -> str:
    text = shlex.join(command)
    words = textwrap.wrap(text, 92, break_long_words=False, break_on_hyphens=False)
    return " \\\n  ".join([*words, f"> {of_command(command, Path()).console} 2>&1"])
