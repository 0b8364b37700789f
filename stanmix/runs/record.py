"""What made the draws of a fit: enough to make them again, and to see why they would differ."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stanmix.cmdstan.processor import instructions
from stanmix.cmdstan.recipe import file_hash
from stanmix.errors import OutputError
from stanmix.inference.engines.engine import Engine
from stanmix.inference.problem import Problem
from stanmix.inference.runs.commands import inputs
from stanmix.paths import to_path
from stanmix.program import kernels
from stanmix.program.render import header_text
from stanmix.runs import environment

__all__ = ["FILE", "Provenance", "record"]

FILE = "provenance.json"
_TABLES = ("asked", "explored", "importance")  # decisions that the diagnosis puts in words
_DIGEST = "sha256"  # of a record, within it


@dataclass(frozen=True)
class Provenance:
    """What made the draws of a fit.

    Attributes
    ----------
    model : dict
        The statement of the mixture, as `stanmix.Mixture.from_dict` reads it.
    method : str
        The inference method.
    options : dict
        All options of the method, defaults and the seed settled; ``starts`` says where the
        starting points came from, ``kernel`` which likelihood the program has,
        ``threads`` how many each run takes, ``engine`` what the program was made for.
    decisions : dict
        What was settled by a look at the data: for NUTS, ``warmup`` (iterations) and
        ``warmup_reason``.
    program : str
        Name of the Stan program.
    commands : tuple of tuple of str
        The command line of each run of the program, relative to an exported folder.
    hashes : dict of str to str
        SHA-256 (hex) of the program, its C++ header, the data, starts and metric, by the names
        that these files have in an exported folder; there also of the run script and the columns
        of the data.
    environment : dict of str to str
        Versions of the software, and ``instructions``: those the processor adds up with, on which
        the last digits depend. ``CmdStan`` and ``compiler``, or ``stanli`` and ``Stan``, are those
        that made the draws; where an exported folder was not run through stanmix, the compiler is
        not known.
    """

    model: dict[str, Any]
    method: str
    options: dict[str, Any]
    program: str
    commands: tuple[tuple[str, ...], ...]
    hashes: dict[str, str]
    environment: dict[str, str]
    decisions: dict[str, Any] = field(default_factory=dict)

    @property
    def seed(self) -> int:
        """The seed."""
        return int(self.options["seed"])

    @property
    def settled(self) -> dict[str, Any]:
        """The options as a problem takes them again: given starts lie in their files."""
        given = self.options["starts"] == "given"
        return {**self.options, "starts": "random" if given else self.options["starts"]}

    @property
    def asked(self) -> tuple[str, dict[str, Any]]:
        """The method and the options that were asked for, before ``"auto"`` chose."""
        if "asked" not in self.decisions:
            return self.method, self.options
        own = json.loads(self.decisions["asked"])
        common = ("starts", "kernel", "threads", "engine")
        return "auto", {**{name: self.options[name] for name in common}, **own}

    def attributes(self, source: str) -> dict[str, Any]:
        """Return what a fit's draws keep of it, beside the Stan program."""
        return {
            "method": self.method,
            "seed": self.seed,
            "options": json.dumps(self.options),
            "starts": self.options["starts"],
            "kernel": self.options["kernel"],
            "threads": self.options["threads"],
            "program": source,
            "provenance": self.to_json(),
            **self.decisions,
        }

    def to_dict(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        return dataclasses.asdict(self)

    def to_json(self) -> str:
        """Return all of it as JSON, with its digest; `from_json` reads it back."""
        values = self.to_dict()
        return json.dumps({**values, _DIGEST: _digest(values)}, indent=2)

    @classmethod
    def from_json(cls, text: str) -> Provenance:
        """Return what `to_json` wrote.

        Raises
        ------
        OutputError
            If the text is something else, or has been changed.
        """
        try:
            values = dict(json.loads(text))
            stated = values.pop(_DIGEST, None)
            commands = tuple(tuple(command) for command in values["commands"])
            made = cls(**{**values, "commands": commands})
            names = [made.program, *made.hashes]
            outside = [name for name in names if Path(name).name != name]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise OutputError(f"This is no provenance that stanmix wrote: {error}.") from error
        if outside:
            raise OutputError(f"This provenance names a file outside its folder: {outside[0]!r}.")
        if stated != _digest(values):
            raise OutputError(
                "This provenance has changed since it was written (its SHA-256 is another)."
            )
        return made

    @classmethod
    def read(cls, folder: str | Path) -> Provenance:
        """Return the provenance that lies in a folder.

        Raises
        ------
        InputError
            If `folder` is no path.
        OutputError
            If there is none, or it cannot be read or has been changed.
        """
        path = to_path(folder, "the folder") / FILE
        try:
            return cls.from_json(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise OutputError(
                f"{folder} holds no {FILE}: name a folder that stanmix has written, with "
                "Mixture.export or `stanmix fit`."
            ) from error
        except UnicodeDecodeError as error:
            raise OutputError(f"{path} is not text in UTF-8. Export again.") from error
        except OutputError as error:
            raise OutputError(f"{path}: {error} Restore it, or export again.") from error

    def write(self, folder: Path) -> Path:
        """Write it to a folder, as ``provenance.json``."""
        path = folder / FILE
        path.write_text(self.to_json() + "\n", encoding="utf-8")
        return path

    def check_files(self, folder: Path) -> None:
        """Refuse a folder whose program, data, starts or metric are not those of this record.

        Raises
        ------
        OutputError
        """
        for name, expected in self.hashes.items():
            path = folder / name
            if not path.is_file():
                raise OutputError(f"{path} is missing. Restore it, or export again.")
            if file_hash(path) != expected:
                raise OutputError(
                    f"{path} has changed since {FILE} was written (its SHA-256 is another). "
                    "Restore it, or state the change in the mixture or its data and export again."
                )

    def __str__(self) -> str:
        response = self.model["formula"]
        formula = response if isinstance(response, str) else ", ".join(response)
        options = ", ".join(f"{name} {_shown(value)}" for name, value in self.options.items())
        lines = [
            f"{self.method}, seed {self.seed}, program {self.program}",
            f"  formula: {formula}, components: {self.model['components']}, "
            f"family: {self.model['family']}",
            f"  options: {options}",
            *(
                f"  {name.replace('_', ' ')}: {value}"
                for name, value in self.decisions.items()
                if name not in _TABLES
            ),
            "  made with: " + ", ".join(f"{k} {v}" for k, v in self.environment.items()),
            "  SHA-256:",
            *(f"    {digest}  {name}" for name, digest in self.hashes.items()),
            "  commands:",
            *(f"    {shlex.join(command)}" for command in self.commands),
        ]
        return "\n".join(lines)


def record(
    stated: Problem,
    commands: Sequence[Sequence[str]],
    folder: Path,
    decisions: Mapping[str, Any],
    engine: Engine | None = None,
) -> Provenance:
    """Return the provenance of a run whose input files lie in a folder.

    Parameters
    ----------
    stated : Problem
        What is fitted.
    commands : sequence of sequences of str
        The runs of the program.
    folder : Path
        With the files that the commands read.
    decisions : mapping
    engine : Engine, optional
        With the program, if it has run.
    """
    parts, options = stated.program, stated.options
    hashes = {f"{parts.name}.stan": _hash(stated.source)}
    if parts.kernel == "fused":
        hashes[kernels.HEADER] = _hash(header_text(parts))
    hashes |= {name: file_hash(folder / name) for name in inputs(commands)}
    made_with = environment.versions()
    if engine is not None:
        made_with |= engine.software
        made_with["instructions"] = instructions()
    starts = options.starts if isinstance(options.starts, str) else "given"
    return Provenance(
        model=stated.asked.to_dict(),
        method=options.method,
        options={
            **json.loads(options.to_json()),
            "starts": starts,
            "kernel": parts.kernel,
            "threads": stated.threads,
            "engine": stated.engine,
        },
        program=parts.name,
        commands=tuple(tuple(command) for command in commands),
        hashes=hashes,
        environment=made_with,
        decisions=dict(decisions),
    )


def _digest(values: Mapping[str, Any]) -> str:
    return _hash(json.dumps(values, sort_keys=True))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _shown(value: Any) -> str:
    return "default" if value is None else str(value)
