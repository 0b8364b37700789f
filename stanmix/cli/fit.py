"""``stanmix fit``: from a CSV file to a folder with all that there is to know."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable
from typing import Any

from stanmix.cli import data, statement
from stanmix.inference.options import ENGINES, METHODS
from stanmix.program.lower import KERNELS
from stanmix.runs import results

__all__ = ["add_to"]

# Options that are stated in another way than as --name VALUE, or not at all.
_APART = {"seed", "starts", "kernel", "threads", "progress", "engine", "cmdstan", "output_dir"}
_TRUTH = {"true": True, "false": False}


def add_to(commands: Any) -> None:
    """Add the command to a parser's commands."""
    fit = commands.add_parser(
        "fit",
        help="fit a mixture to a CSV file; write draws, summary, figures and the Stan program",
    )
    data.add_to(fit)
    fit.add_argument("--out", required=True, help="folder to write to")
    statement.add_to(fit)
    run = fit.add_argument_group("the method and its options")
    run.add_argument("--method", choices=tuple(METHODS), default="nuts", help="default: nuts")
    run.add_argument("--seed", type=int, help="makes all of it reproducible; else one is drawn")
    run.add_argument("--starts", choices=("data", "random"), default="data")
    run.add_argument("--kernel", choices=KERNELS, default="auto")
    run.add_argument(
        "--threads",
        type=_reader("int | str"),
        default="auto",
        help="within each chain or run; auto (default) or a number",
    )
    run.add_argument(
        "--engine",
        choices=ENGINES,
        default="auto",
        help="what runs the program: auto (default): CmdStan, or stanli where there is no compiler",
    )
    run.add_argument("--cmdstan", help="use this CmdStan folder")
    run.add_argument("--quiet", action="store_true", help="no progress bars")
    for name, (convert, defaults) in _own_options().items():
        shown = "; ".join(f"{method}: {default}" for method, default in defaults.items())
        flag = f"--{name.replace('_', '-')}"
        run.add_argument(flag, dest=name, type=convert, metavar="VALUE", help=f"default {shown}")
    fit.set_defaults(command=_fit)


def _own_options() -> dict[str, tuple[Callable[[str], Any], dict[str, Any]]]:
    """Return each option of the methods: how its text is read, and its default by method."""
    found: dict[str, tuple[Callable[[str], Any], dict[str, Any]]] = {}
    for method, cls in METHODS.items():
        for item in dataclasses.fields(cls):
            if item.name not in _APART:
                _, defaults = found.setdefault(item.name, (_reader(str(item.type)), {}))
                defaults[method] = "as the machine has" if item.default is None else item.default
    return found


def _reader(kind: str) -> Callable[[str], Any]:
    """Return how the text of an option is read, by its annotation."""
    kinds = {part.strip() for part in kind.split("|")}

    def value(text: str) -> Any:
        if "bool" in kinds and text.lower() in _TRUTH:
            return _TRUTH[text.lower()]
        for number in (int, float):
            if number.__name__ in kinds:
                try:
                    return number(text)
                except ValueError:
                    continue
        if "str" in kinds:
            return text
        raise argparse.ArgumentTypeError(f"expected {kind}, got {text!r}")

    return value


def _fit(parsed: argparse.Namespace) -> int:
    model = statement.mixture(parsed)
    frame = data.frame(parsed, model)
    options = {name: getattr(parsed, name) for name in _own_options()}
    common = {
        name: getattr(parsed, name)
        for name in ("seed", "starts", "kernel", "threads", "engine", "cmdstan")
    }
    # None stands for the default of the method; what is stated must be an option of it.
    stated = {n: v for n, v in {**options, **common}.items() if v is not None}
    out = results.check_folder(parsed.out)
    fit = model.fit(frame, parsed.method, progress=not parsed.quiet, **stated)
    written = results.write(fit, out, cmdstan=parsed.cmdstan, progress=not parsed.quiet)
    print(f"{written.summary.to_string(float_format='{:.4g}'.format)}\n{written.diagnosis}")
    print(f"labels: {fit.labelling}\nWritten to {out}/:")
    for path in sorted(out.rglob("*")):
        if path.is_file():
            print(f"  {path.relative_to(out)}")
    return 0
