"""A mixture and its data as a folder that CmdStan alone can run."""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stanmix import inference, kernels
from stanmix.errors import InputError
from stanmix.inference import nuts, stan, warmup
from stanmix.inference.options import AdviOptions, LaplaceOptions, NutsOptions, Options

if TYPE_CHECKING:
    from stanmix.mixture import Mixture

__all__ = ["export", "write"]

HEADER = "likelihood.hpp"

_SCRIPT = """\
#!/bin/sh
# {title}
# Compiles {name}.stan and runs it on data.json; draws go to output/. Needs a CmdStan, whose
# folder the variable CMDSTAN names, and nothing else.
set -eu
: "${{CMDSTAN:?set CMDSTAN to the folder of a CmdStan}}"
cd "$(dirname "$0")"

# make takes no path with spaces, so the program is compiled in a temporary folder.
if [ ! -x {name} ] || [ {name}.stan -nt {name} ]; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  cp {name}.stan "$work/"
  {copy_header}make -C "$CMDSTAN" {flags}"$work/{name}"
  mv "$work/{name}" {name}
fi

mkdir -p output
{runs}
"""

_RUN = """\
./{name} {id}random seed={seed} data file=data.json {init}output file=output/{file}.csv \\
  {diagnostic}refresh=100 sig_figs={digits} {arguments}"""

_WAITS = """\
failed=0
for pid in $pids; do wait "$pid" || failed=$((failed + 1)); done
[ $failed -eq 0 ] || echo "$failed run(s) failed: see output/*.txt" >&2
[ $failed -le {allowed} ] || exit 1"""

_LAPLACE = """\

# The approximation at the highest mode: lp__ is the first number of a file's last line.
mode=$(for file in output/mode_*.csv; do
  echo "$(tail -n 1 "$file" | cut -d , -f 1) $file"
done | LC_ALL=C sort -g | tail -n 1 | cut -d ' ' -f 2)
./{name} random seed={seed} data file=data.json output file=output/{name}_1.csv \\
  refresh=100 sig_figs={digits} {arguments} > output/{name}.txt 2>&1"""

_README = """\
{title}

- {name}.stan: the program; its comments say what it is.
{header}- data.json: its data. Priors are data too: a distribution's number and its arguments.
{starts}- run.sh: compiles and runs it (`CMDSTAN=/path/to/cmdstan sh run.sh`); draws go to output/.
"""


def export(
    model: Mixture, folder: str | Path, frame: Any, method: str, options: Mapping[str, Any]
) -> Path:
    """Write program, data, starts and a run script; see `stanmix.Mixture.export`."""
    return write(inference.problem(model, frame, method, options), folder)


def write(stated: inference.Problem, folder: str | Path) -> Path:
    """Write a problem, all settled, as a folder.

    Where NUTS takes its metric from the curvature (``warmup="auto"``), that is measured now, with
    the compiled program, and goes into the folder.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    InputError
        If `folder` is a file.
    """
    target = Path(folder).expanduser()
    if target.exists() and not target.is_dir():
        raise InputError(f"{target} is a file; name a folder to export to.")
    target.mkdir(parents=True, exist_ok=True)
    parts = stated.structure
    (target / f"{parts.name}.stan").write_text(stated.source)
    fused = parts.kernel == "fused"
    if fused:
        (target / HEADER).write_text(kernels.header(parts.family))
    stan.write_json(target / "data.json", stated.data)
    for old in target.glob("start_*.json"):  # of an earlier export with more chains
        old.unlink()
    (target / "metric.json").unlink(missing_ok=True)
    starts, arguments = _prepared(stated, target)
    if starts is not None:
        stan.write_starts(target, starts)
    script = target / "run.sh"
    title = parts.title.replace("\n", "\n# ")
    runs = _runs(parts.name, stated.options, arguments, starts is not None)
    copy_header = f'cp {HEADER} "$work/"\n  ' if fused else ""
    flags = f'STANCFLAGS=--allow-undefined USER_HEADER="$work/{HEADER}" ' if fused else ""
    script.write_text(
        _SCRIPT.format(
            title=title, name=parts.name, runs=runs, copy_header=copy_header, flags=flags
        )
    )
    script.chmod(0o755)
    header = f"- {HEADER}: the likelihood, which the program declares; C++.\n" if fused else ""
    named = "" if starts is None else "- start_1.json, ...: starting points, one a run.\n"
    (target / "README.md").write_text(
        _README.format(title=parts.title, name=parts.name, header=header, starts=named)
    )
    return target


def _prepared(
    stated: inference.Problem, target: Path
) -> tuple[Sequence[Mapping[str, Any]] | None, list[str]]:
    """Return starts and the method's arguments; write the metric that NUTS begins with."""
    options = stated.options
    if not isinstance(options, NutsOptions):
        return stated.starts(), options.arguments()
    exe_file = inference.build(stated).exe_file if warmup.needs_program(options) else None
    with tempfile.TemporaryDirectory(prefix="stanmix-") as scratch:
        plan = warmup.plan(stated, exe_file, (target / "data.json").resolve(), Path(scratch))
    if plan.inverse_metric is not None:
        nuts.write_metric(target, plan)
    return plan.starts, nuts.arguments(options, plan)


def _runs(name: str, options: Options, arguments: list[str], starts: bool) -> str:
    """Return the shell commands that run the program as `Mixture.fit` does."""
    chains = isinstance(options, NutsOptions)
    to_modes, has_elbo = isinstance(options, LaplaceOptions), isinstance(options, AdviOptions)
    quoted = " ".join(shlex.quote(argument) for argument in arguments)
    commands = []
    for run in range(1, options.processes + 1):
        command = _RUN.format(
            name=name,
            id=f"id={run} " if chains else "",
            seed=options.seed + (0 if chains else run - 1),
            init=f"init=start_{run}.json " if starts else "",
            file=f"mode_{run}" if to_modes else f"{name}_{run}",
            diagnostic=f"diagnostic_file=output/elbo_{run}.csv " if has_elbo else "",
            digits=stan.DIGITS,
            arguments=quoted,
        )
        commands.append(f'{command} > output/{name}_{run}.txt 2>&1 &\npids="$pids $!"')
    # A chain that is missing is no posterior; of runs from which the best is kept, one is enough.
    allowed = 0 if chains else options.processes - 1
    waits = _WAITS.format(allowed=allowed)
    after = []
    if isinstance(options, LaplaceOptions):
        draws = " ".join([*options.draw_arguments(), '"mode=$mode"'])
        after = [_LAPLACE.format(name=name, seed=options.seed, digits=stan.DIGITS, arguments=draws)]
    return "\n".join(["pids=", *commands, waits, *after])
