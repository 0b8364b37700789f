"""The methods: what each can do, and which one runs a problem."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from stanmix.inference.engines.engine import Engine
from stanmix.inference.methods import (
    advi,
    auto,
    importance_sampling,
    laplace,
    nuts,
    optimize,
    pathfinder,
)
from stanmix.inference.options import (
    AdviOptions,
    AutoOptions,
    ImportanceOptions,
    LaplaceOptions,
    MapOptions,
    NutsOptions,
    Options,
    PathfinderOptions,
)
from stanmix.inference.problem import Problem
from stanmix.inference.runs.output import Output
from stanmix.inference.runs.run_files import RunFiles
from stanmix.inference.settings import Prepared

__all__ = ["Method", "method_of", "settle"]


class Method(Protocol):
    """What a module of `stanmix.inference.methods` does for problems with its options."""

    def prepare(
        self, stated: Problem, options: Any, engine: Engine | None, data_file: Path
    ) -> Prepared:
        """Settle what the runs are told.

        Parameters
        ----------
        stated : Problem
        options : Options
            Those of the problem, which are the method's.
        engine : Engine or None
            With the program; needed where ``options.explores``.
        data_file : Path
            The Stan data as JSON.
        """

    def run(
        self,
        stated: Problem,
        options: Any,
        prepared: Prepared,
        engine: Engine,
        data_file: Path,
        folder: Path,
    ) -> Output:
        """Run it.

        Parameters
        ----------
        stated, options, engine, data_file
            As in `prepare`.
        prepared : Prepared
            What `prepare` returned.
        folder : Path
            Where the engine writes.

        Raises
        ------
        InferenceError
            If no run ended well.
        """

    def read(self, stated: Problem, options: Any, runs: Sequence[RunFiles]) -> Output:
        """Return what earlier runs left, as `run` returns it.

        Parameters
        ----------
        stated, options
            As in `prepare`.
        runs : sequence of RunFiles
            One for each of the commands (`stanmix.inference.runs.commands`), in their order.

        Raises
        ------
        OutputError
            If no run ended well, or a file is not whole.
        """


_METHODS: dict[type[Options], Method] = {
    NutsOptions: nuts,
    ImportanceOptions: importance_sampling,
    AdviOptions: advi,
    PathfinderOptions: pathfinder,
    LaplaceOptions: laplace,
    MapOptions: optimize,
}


def method_of(options: Options) -> Method:
    """Return the method that options are for."""
    return _METHODS[type(options)]


def settle(stated: Problem, engine: Engine | None, data_file: Path) -> tuple[Problem, Prepared]:
    """Settle which method runs a problem, and what its runs are told.

    Parameters
    ----------
    stated : Problem
    engine : Engine or None
        With the program; needed where ``stated.options.explores``.
    data_file : Path
        The Stan data as JSON.

    Returns
    -------
    stated : Problem
        The same, but where the method was to be chosen: then with the options of that which was.
    prepared : Prepared
    """
    options = stated.options
    if isinstance(options, AutoOptions):
        assert engine is not None  # which who explores has made ready
        return auto.settle(stated, options, engine, data_file)
    return stated, method_of(options).prepare(stated, options, engine, data_file)
