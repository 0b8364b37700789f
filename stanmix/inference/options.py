"""Options of the inference methods, checked before anything is compiled."""

from __future__ import annotations

import dataclasses
import difflib
import json
import math
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from stanmix.errors import InputError

__all__ = [
    "METHODS",
    "AdviOptions",
    "LaplaceOptions",
    "MapOptions",
    "NutsOptions",
    "Options",
    "PathfinderOptions",
    "read",
]

LARGEST_SEED = 2**31 - 1


def _check_integer(name: str, value: object, least: int, most: float = math.inf) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        upto = "" if math.isinf(most) else f" and at most {most}"
        raise InputError(f"{name} must be an integer of at least {least}{upto}, got {value!r}.")


def _check_choice(name: str, value: object, choices: Sequence[str]) -> None:
    if value not in choices:
        raise InputError(f"{name} must be one of {', '.join(map(repr, choices))}, got {value!r}.")


@dataclass(frozen=True)
class Options:
    """Options of every method.

    Attributes
    ----------
    seed : int
        Makes everything reproducible; drawn at random (and kept with the fit) if not given.
    starts : {"data", "random"} or sequence of mappings
        Starting points: from EM on the data, Stan's own uniform(-2, 2) on the unconstrained
        scale, or values of the program's parameters, one mapping a chain (or run).
    kernel : {"auto", "fused", "stan"}
        The fused likelihood where the family has one, always, or never (see
        `stanmix.Mixture.program`).
    threads : "auto" or int
        Threads within each chain or run, which change no digit of the draws. ``"auto"``: one,
        unless there are more processors than runs and the data are so large (rows times
        components above 500 000) that it pays to compile the program for threads too. Only fused
        likelihoods use them.
    progress : bool
        Show progress bars; those of the sampler only in a terminal or a notebook.
    cmdstan : path, optional
        The CmdStan to use; by default the one `stanmix.cmdstan.require` finds or makes.
    output_dir : path, optional
        Keep CmdStan's own output files here.
    """

    method: ClassVar[str]

    seed: int = dataclasses.field(default_factory=lambda: secrets.randbelow(LARGEST_SEED) + 1)
    starts: str | Sequence[Mapping[str, Any]] = "data"
    kernel: str = "auto"
    threads: int | str = "auto"
    progress: bool = True
    cmdstan: str | Path | None = None
    output_dir: str | Path | None = None

    def __post_init__(self) -> None:
        _check_integer("seed", self.seed, 1, LARGEST_SEED)
        _check_choice("kernel", self.kernel, ("auto", "fused", "stan"))
        if isinstance(self.threads, str):
            _check_choice("threads", self.threads, ("auto",))
        else:
            _check_integer("threads", self.threads, 1)
        if isinstance(self.starts, str):
            _check_choice("starts", self.starts, ("data", "random"))
        elif not isinstance(self.starts, Sequence) or not all(
            isinstance(start, Mapping) for start in self.starts
        ):
            raise InputError(
                "starts must be 'data', 'random' or a list of mappings of parameters to values, "
                f"got {self.starts!r}."
            )
        elif len(self.starts) != self.processes:
            raise InputError(
                f"starts has {len(self.starts)} entries, but {self.processes} are needed: one for "
                "each chain, or for each run of a method that keeps the best of several."
            )

    @property
    def processes(self) -> int:
        """How many runs of the program there are, each with its starting point."""
        return 1

    def arguments(self) -> list[str]:
        """Return the method's arguments on the program's command line."""
        raise NotImplementedError

    def to_json(self) -> str:
        """Return the method's own options as JSON, without those that name paths or starts."""
        common = {item.name for item in dataclasses.fields(Options)}
        own = {
            name: value for name, value in dataclasses.asdict(self).items() if name not in common
        }
        return json.dumps({**own, "seed": self.seed})


@dataclass(frozen=True)
class NutsOptions(Options):
    """Options of the no-U-turn sampler, besides those of `Options`.

    Attributes
    ----------
    chains, draws, thin : int
        Chains, and iterations kept in each (before thinning).
    warmup : {"auto", "stan"} or int
        Iterations before them. ``"auto"``: where one optimum matters and the posterior is close
        to normal there, the metric comes from its curvature, and 150 iterations adapt the step
        size alone; otherwise as ``"stan"``, Stan's own adaptation in 1000 iterations. A number:
        so many iterations of Stan's own. `Fit.diagnose` says what was done and why.
    adapt_delta : float, optional
        Target acceptance statistic, between 0 and 1. Default: Stan's 0.8 where the metric comes
        from the curvature, which is so where the posterior is close to normal; else 0.9, because
        scales of small components bend it.
    max_treedepth : int
    metric : {"diag_e", "dense_e", "unit_e"}
        Shape of the metric that warm-up adapts.
    cores : int, optional
        Chains that run at the same time; by default as many as the machine has processors.
    """

    method: ClassVar[str] = "nuts"

    chains: int = 4
    draws: int = 1000
    warmup: int | str = "auto"
    thin: int = 1
    adapt_delta: float | None = None
    max_treedepth: int = 10
    metric: str = "diag_e"
    cores: int | None = None

    def __post_init__(self) -> None:
        for name, least in (("chains", 1), ("draws", 1), ("thin", 1)):
            _check_integer(name, getattr(self, name), least)
        if isinstance(self.warmup, str):
            _check_choice("warmup", self.warmup, ("auto", "stan"))
        else:
            _check_integer("warmup", self.warmup, 0)
        _check_integer("max_treedepth", self.max_treedepth, 1)
        _check_choice("metric", self.metric, ("diag_e", "dense_e", "unit_e"))
        if self.cores is not None:
            _check_integer("cores", self.cores, 1)
        delta = self.adapt_delta
        if delta is not None and not (isinstance(delta, float) and 0 < delta < 1):
            raise InputError(f"adapt_delta must lie between 0 and 1, got {self.adapt_delta!r}.")
        super().__post_init__()

    @property
    def processes(self) -> int:
        """One run a chain."""
        return self.chains

    def arguments(self) -> list[str]:
        """Return the method's arguments on the program's command line."""
        return [
            "method=sample",
            f"num_samples={self.draws}",
            f"thin={self.thin}",
            "algorithm=hmc",
            "engine=nuts",
            f"max_depth={self.max_treedepth}",
        ]


@dataclass(frozen=True)
class ApproximationOptions(Options):
    """Options of the approximations, besides those of `Options`.

    Attributes
    ----------
    draws : int
        Draws from the approximation.
    restarts : int
        Runs from different starts, with seeds ``seed``, ``seed + 1``, ...; the best is kept, and
        `Fit.diagnose` says whether they agree. One run cannot tell whether it depends on its
        start. As many run at the same time as there are processors, so that four cost about twice
        the time of one on two processors.
    """

    draws: int = 1000
    restarts: int = 4

    def __post_init__(self) -> None:
        for name in ("draws", "restarts"):
            _check_integer(name, getattr(self, name), 1)
        super().__post_init__()

    @property
    def processes(self) -> int:
        """One run a start."""
        return self.restarts


@dataclass(frozen=True)
class AdviOptions(ApproximationOptions):
    """Options of automatic differentiation variational inference, besides the common ones.

    Of several runs, that of highest evidence lower bound (ELBO) is kept.

    Attributes
    ----------
    algorithm : {"meanfield", "fullrank"}
    iterations : int
        At most so many steps of gradient ascent.
    tol_rel_obj : float
        Relative change of the ELBO at which ascent stops.
    eval_elbo : int
        Steps between evaluations of the ELBO.
    grad_samples, elbo_samples : int
        Monte Carlo draws for a gradient and for an ELBO.
    """

    method: ClassVar[str] = "advi"

    algorithm: str = "meanfield"
    iterations: int = 10_000
    tol_rel_obj: float = 0.01
    eval_elbo: int = 100
    grad_samples: int = 1
    elbo_samples: int = 100

    def __post_init__(self) -> None:
        _check_choice("algorithm", self.algorithm, ("meanfield", "fullrank"))
        for name in ("iterations", "eval_elbo", "grad_samples", "elbo_samples"):
            _check_integer(name, getattr(self, name), 1)
        if not isinstance(self.tol_rel_obj, float) or self.tol_rel_obj <= 0:
            raise InputError(f"tol_rel_obj must be a positive number, got {self.tol_rel_obj!r}.")
        super().__post_init__()

    def arguments(self) -> list[str]:
        """Return the method's arguments on the program's command line."""
        return [
            "method=variational",
            f"algorithm={self.algorithm}",
            f"iter={self.iterations}",
            f"grad_samples={self.grad_samples}",
            f"elbo_samples={self.elbo_samples}",
            "adapt",
            "engaged=1",
            f"tol_rel_obj={self.tol_rel_obj}",
            f"eval_elbo={self.eval_elbo}",
            f"output_samples={self.draws}",
        ]


@dataclass(frozen=True)
class PathfinderOptions(ApproximationOptions):
    """Options of Pathfinder, besides the common ones.

    Each restart is a path of its own, with an approximation of its own: Pathfinder with one path.
    That of highest ELBO is kept. Draws are those of the approximation itself, not resampled by
    importance, so that their k-hat means what it says; ``log_p - log_g`` in ``sample_stats`` are
    the log weights for who wants to resample.

    Attributes
    ----------
    iterations : int
        At most so many steps of L-BFGS along a path.
    history_size : int
        Steps from which L-BFGS knows the curvature.
    elbo_samples : int
        Monte Carlo draws for an ELBO, by which the place on a path is chosen.
    """

    method: ClassVar[str] = "pathfinder"

    iterations: int = 1000
    history_size: int = 5
    elbo_samples: int = 25

    def __post_init__(self) -> None:
        for name in ("iterations", "history_size", "elbo_samples"):
            _check_integer(name, getattr(self, name), 1)
        super().__post_init__()

    def arguments(self) -> list[str]:
        """Return the method's arguments on the program's command line."""
        return [
            "method=pathfinder",
            "num_paths=1",
            f"num_draws={self.draws}",
            f"num_psis_draws={self.draws}",
            f"max_lbfgs_iters={self.iterations}",
            f"history_size={self.history_size}",
            f"num_elbo_draws={self.elbo_samples}",
        ]


@dataclass(frozen=True)
class LaplaceOptions(ApproximationOptions):
    """Options of the normal approximation at the mode, besides the common ones.

    The mode is that of the density on Stan's unconstrained scale (Jacobian included), where the
    approximation is made. Each restart climbs to a mode; the highest is kept.

    Attributes
    ----------
    iterations : int
        At most so many steps of L-BFGS to the mode.
    """

    method: ClassVar[str] = "laplace"

    iterations: int = 10_000

    def __post_init__(self) -> None:
        _check_integer("iterations", self.iterations, 1)
        super().__post_init__()

    def arguments(self) -> list[str]:
        """Return the arguments of the climb; `draw_arguments` are those of what follows."""
        return ["method=optimize", "algorithm=lbfgs", "jacobian=1", f"iter={self.iterations}"]

    def draw_arguments(self) -> list[str]:
        """Return the arguments of the draws, but for the file of the mode."""
        return ["method=laplace", "jacobian=1", f"draws={self.draws}"]


@dataclass(frozen=True)
class MapOptions(Options):
    """Options of the posterior mode, besides those of `Options`.

    The mode is that of the density of the parameters as the user knows them (no Jacobian); with
    flat priors it is the maximum-likelihood estimate.

    Attributes
    ----------
    runs : int
        Optimisations from distinct optima of EM; the highest mode is kept.
    iterations : int
        At most so many steps of L-BFGS.
    """

    method: ClassVar[str] = "map"

    runs: int = 4
    iterations: int = 10_000

    def __post_init__(self) -> None:
        _check_integer("runs", self.runs, 1)
        _check_integer("iterations", self.iterations, 1)
        super().__post_init__()

    @property
    def processes(self) -> int:
        """One run of the program for each optimisation."""
        return self.runs

    def arguments(self) -> list[str]:
        """Return the method's arguments on the program's command line."""
        return ["method=optimize", "algorithm=lbfgs", "jacobian=0", f"iter={self.iterations}"]


METHODS: dict[str, type[Options]] = {
    cls.method: cls
    for cls in (NutsOptions, AdviOptions, PathfinderOptions, LaplaceOptions, MapOptions)
}


def read(method: object, values: Mapping[str, Any]) -> Options:
    """Return the options of a method.

    Raises
    ------
    InputError
        If the method or an option is unknown, or a value unusable.
    """
    if not isinstance(method, str) or method not in METHODS:
        raise InputError(
            f"Unknown method {method!r}; known methods: {', '.join(map(repr, METHODS))}."
        )
    cls = METHODS[method]
    known = [item.name for item in dataclasses.fields(cls)]
    for name in values:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            raise InputError(
                f"method={method!r} has no option {name!r}"
                + (f"; did you mean {close[0]!r}?" if close else ".")
                + f" It has {', '.join(known)}."
            )
    # None stands for the default, so that wrappers can pass their own arguments on.
    return cls(**{name: value for name, value in values.items() if value is not None})
