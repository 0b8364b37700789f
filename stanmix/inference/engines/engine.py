"""What an engine does for inference: the one thing that methods know of what runs a program."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from stanmix.inference.options import NutsOptions, Options
from stanmix.inference.problem import Problem
from stanmix.inference.runs.climbs import Climb
from stanmix.inference.runs.output import Output
from stanmix.inference.settings import Prepared
from stanmix.inference.unconstrained.space import Space

__all__ = ["Engine", "LogDensity"]

Array = NDArray[np.float64]
# Log densities (S,) and gradients (S, D) of points (S, D) of the unconstrained scale.
LogDensity = Callable[[Array], tuple[Array, Array]]


class Engine(Protocol):
    """A Stan program that is ready to run."""

    @property
    def stan_version(self) -> tuple[int, ...]:
        """Version of the Stan that runs it, on which the unconstrained scale depends."""

    @property
    def short_warmup(self) -> int:
        """Iterations that adapt the step size alone, where the metric is given."""

    @property
    def software(self) -> dict[str, str]:
        """Names and versions of the software that runs it, for the provenance."""

    @property
    def attributes(self) -> dict[str, Any]:
        """What InferenceData keep of it: ``engine``, ``toolchain``, and the cost of building."""

    def log_density(
        self, space: Space, data_file: Path, folder: Path, jacobian: bool
    ) -> LogDensity:
        """Return the log density of the program with data.

        Parameters
        ----------
        space : Space
            Of the program with these data.
        data_file : Path
            The Stan data as JSON.
        folder : Path
            For temporary files.
        jacobian : bool
            Whether the density is that of the unconstrained parameters.

        Returns
        -------
        callable
            Where Stan refuses a point, its value is minus infinity and its gradient no number; it
            raises InferenceError if Stan refuses all.
        """

    def sample(
        self,
        stated: Problem,
        options: NutsOptions,
        prepared: Prepared,
        data_file: Path,
        folder: Path,
    ) -> Output:
        """Run chains of the no-U-turn sampler.

        Parameters
        ----------
        stated, options, prepared, data_file, folder
            As in `stanmix.inference.method.Method.run`.

        Raises
        ------
        InferenceError
            If no chain finished.
        """

    def climb(
        self,
        stated: Problem,
        options: Options,
        prepared: Prepared,
        data_file: Path,
        folder: Path,
    ) -> tuple[dict[int, Climb], dict[int, str]]:
        """Climb to a mode from each start.

        Parameters
        ----------
        stated, options, prepared, data_file, folder
            As in `stanmix.inference.method.Method.run`.

        Returns
        -------
        ended : dict of int to Climb
            By the number of the run, from 1.
        failed : dict of int to str
            What was said where one failed.

        Raises
        ------
        InferenceError
            If all failed.
        """
