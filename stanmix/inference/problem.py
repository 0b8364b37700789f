"""What is to be run: a mixture, data and options that go together."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stanmix import cmdstan
from stanmix.data.design import Design
from stanmix.errors import InputError
from stanmix.inference import available
from stanmix.inference.distinct_rows import distinct_rows
from stanmix.inference.options import Options, read
from stanmix.inference.runs import threads
from stanmix.inference.shuffled_rows import shuffled_rows
from stanmix.inference.starts.given import given_starts
from stanmix.inference.starts.multistart import chain_starts, mode_starts
from stanmix.model.matrices import matrices
from stanmix.model.specification import Specification
from stanmix.program.data import standata
from stanmix.program.lower import lower
from stanmix.program.plan import Program
from stanmix.program.render import render, user_header

__all__ = ["Problem", "build", "problem"]


@dataclass(frozen=True)
class Problem:
    """All that is settled before anything is compiled.

    Attributes
    ----------
    asked : Specification
        The mixture as it was stated.
    observed : Design
        Its data.
    model : Specification
        The mixture as it is run, where equal rows may be counted once.
    design : Design
        The data as they are read; in random order where gradients are made of some rows.
    options : Options
    data : dict
        The Stan data.
    program : Program
        The plan of the Stan program.
    engine : {"cmdstan", "stanli"}
        What runs it.
    """

    asked: Specification
    observed: Design
    model: Specification
    design: Design
    options: Options
    data: dict[str, Any]
    program: Program
    engine: str = "cmdstan"

    @property
    def source(self) -> str:
        """The Stan program."""
        return render(self.program)

    @property
    def by_all_rows(self) -> Problem:
        """The same with gradients that are made of all rows, for who looks at the posterior."""
        whole = dataclasses.replace(self.program, minibatch=False)
        return dataclasses.replace(self, program=whole)

    @property
    def threads(self) -> int:
        """Threads of each run of the program."""
        return threads.for_each_run(self.options, self.program, self.data)

    def starts(self) -> Sequence[Mapping[str, Any]] | None:
        """Return starting points, one a process, or None for Stan's own."""
        chosen = self.options.starts
        if chosen == "random":
            return None
        if chosen == "data":
            find = mode_starts if self.options.climbs else chain_starts
            return find(self.model, self.design, self.options.processes, self.options.seed)
        assert not isinstance(chosen, str)
        return given_starts(self.model, self.design, self.data, chosen)


def problem(
    model: Specification,
    frame: Any,
    method: str,
    options: Mapping[str, Any],
    runs: Callable[[Options], bool] = lambda options: True,
) -> Problem:
    """Check a mixture, data and options, and bring them together.

    Parameters
    ----------
    model : Specification
    frame : DataFrame or mapping of columns
    method : str
    options : mapping
    runs : callable
        Whether the program is going to be run here, of the options; see
        `stanmix.inference.available.choose`.

    Raises
    ------
    InputError
        If the method, an option, the data, or their combination cannot be used.
    ToolchainError
        If the program is going to be run, and nothing can.
    """
    checked = read(method, options)
    asked, observed = model, matrices(model, frame)
    data = standata(asked, observed)  # refuses what it cannot be, under the names it was given
    model, design = distinct_rows(asked, observed)
    batch_size = checked.minibatch
    if batch_size is not None:
        design = shuffled_rows(design, batch_size, checked.seed)
    if design is not observed:
        data = standata(model, design)
    if batch_size is not None:
        data["batch_size"] = batch_size
    if not isinstance(checked.starts, str):
        # Refuses what cannot be started from, before anything is compiled or looked for.
        given_starts(model, design, data, checked.starts)
    engine = available.choose(checked, runs(checked))
    program = _program(model, checked, engine)
    return Problem(asked, observed, model, design, checked, data, program, engine)


def _program(model: Specification, options: Options, engine: str) -> Program:
    """Return the plan of the program in the form that an engine runs."""
    if engine == "cmdstan":
        return lower(model, options.kernel, minibatch=options.minibatch is not None)
    if options.kernel == "fused":
        raise InputError(
            "kernel='fused' is C++, which stanli does not run: use kernel='auto' or 'stan', or "
            "have CmdStan run the program, by engine='cmdstan'."
        )
    return lower(model, "stan", mixing="log_sum_exp")


def build(stated: Problem) -> cmdstan.Program:
    """Compile the program of a problem, or take it from the cache."""
    chosen = stated.options
    return cmdstan.build(
        stated.source,
        name=stated.program.name,
        user_header=user_header(stated.program),
        threads=stated.threads > 1,
        cmdstan=cmdstan.require(chosen.cmdstan, progress=chosen.progress),
        progress=chosen.progress,
    )
