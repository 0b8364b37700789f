"""Options of the inference methods, checked before anything is compiled."""

from __future__ import annotations

import dataclasses
import difflib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from stanmix import arguments
from stanmix.arguments import Either, Flag, Integer, Number, OneOf, OrNone, check_fields, field
from stanmix.errors import InputError

__all__ = [
    "ENGINES",
    "METHODS",
    "AdviOptions",
    "AutoOptions",
    "ImportanceOptions",
    "LaplaceOptions",
    "MapOptions",
    "NutsOptions",
    "Options",
    "PathfinderOptions",
    "read",
]

LARGEST = 2**31 - 1  # of the integers that Stan reads

ENGINES = ("auto", "cmdstan", "stanli")
COUNT = Integer(1, LARGEST)
CMDSTAN, OUTPUT_DIR = OrNone(arguments.Path()), OrNone(arguments.Path("folder"))
STARTS = Either(
    OneOf("data", "random"),
    arguments.ListOf(
        arguments.MappingOf(arguments.Anything("the program"), "a mapping of parameters to values"),
        "a list of mappings of parameters to values",
    ),
)


@dataclass(frozen=True)
class Options:
    """Options of every method.

    Attributes
    ----------
    seed : int
        Makes everything reproducible; drawn at random (and kept with the fit) if not given.
    starts : {"data", "random"} or sequence of mappings
        Starting points: from EM on the data, Stan's own uniform(-2, 2) on the unconstrained
        scale, or values of all parameters of the mixture, in the units of the data and under the
        names that draws have (``theta`` or ``gamma``, ``mu`` or ``beta``, ``sigma``): one mapping
        a chain (or run).
    kernel : {"auto", "fused", "stan"}
        The fused likelihood where the family has one, always, or never (see
        `stanmix.Mixture.program`).
    threads : "auto" or int
        Threads within each chain or run, which change no digit of the draws. ``"auto"``: one,
        unless there are more processors than runs and the data are so large (rows times
        components above 500 000) that it pays to compile the program for threads too. Only fused
        likelihoods use them.
    engine : {"auto", "cmdstan", "stanli"}
        What runs the program: CmdStan, which compiles it, or stanli, which interprets portable
        programs where there is no compiler (the extra ``interpreted``; NUTS and MAP). ``"auto"``:
        CmdStan wherever one is found or can be put together and there is a compiler, else stanli.
    progress : bool
        Show progress bars; those of the sampler only in a terminal or a notebook, and of CmdStan.
    cmdstan : path, optional
        The CmdStan to use; by default the one `stanmix.cmdstan.require` finds or makes. Where it
        is stated, CmdStan is the engine.
    output_dir : path, optional
        Keep CmdStan's own output files here; of stanli, what the run was told.
    """

    method: ClassVar[str]
    # Whether the best of several runs is kept; else all of them together are the draws.
    keeps_best: ClassVar[bool] = True
    # Whether runs climb: from optima themselves, and one that finds no way further up has ended.
    climbs: ClassVar[bool] = False
    # Whether runs write the evidence lower bound on their way.
    traces: ClassVar[bool] = False

    seed: int = field(COUNT, default_factory=lambda: secrets.randbelow(LARGEST) + 1)
    starts: str | Sequence[Mapping[str, Any]] = field(STARTS, "data")
    kernel: str = field(OneOf("auto", "fused", "stan"), "auto")
    threads: int | str = field(Either(OneOf("auto"), COUNT), "auto")
    engine: str = field(OneOf(*ENGINES), "auto")
    progress: bool = field(Flag(), True)
    cmdstan: str | Path | None = field(CMDSTAN, None)
    output_dir: str | Path | None = field(OUTPUT_DIR, None)

    def __post_init__(self) -> None:
        check_fields(self)
        if not isinstance(self.starts, str) and len(self.starts) != self.processes:
            raise InputError(
                f"starts has {len(self.starts)} entries, but {self.processes} are needed: one for "
                "each chain, or for each run of a method that keeps the best of several."
            )
        if self.engine == "stanli" and self.cmdstan is not None:
            raise InputError(
                f"engine='stanli' and cmdstan={str(self.cmdstan)!r} name two engines; leave out "
                "one of them."
            )

    @property
    def processes(self) -> int:
        """How many runs of the program there are, each with its starting point."""
        return 1

    @property
    def at_once(self) -> int | None:
        """How many of them may go on at the same time; None for as many as there are processors."""
        return None

    @property
    def explores(self) -> bool:
        """Whether the posterior is looked at, with the compiled program, before the runs."""
        return False

    @property
    def minibatch(self) -> int | None:
        """Of how many rows gradients are made; None: of all."""
        return None

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
        Iterations before them. With ``starts="data"`` the posterior is explored first, by weighted
        draws, and chains start from all parts that matter, in proportion to what each holds.
        ``"auto"``: where one mode, up to labels, holds practically all of it and it is close to
        normal there, the metric comes from the curvature, and 150 iterations adapt the step size
        alone; otherwise Stan adapts in 1000 iterations. ``"stan"``: Stan's own adaptation in 1000
        iterations, and a number: in so many. `Fit.diagnose` says what was done and why, and holds
        the chains against the weighted draws.
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
    keeps_best: ClassVar[bool] = False

    chains: int = field(COUNT, 4)
    draws: int = field(COUNT, 1000)
    warmup: int | str = field(Either(OneOf("auto", "stan"), Integer(0, LARGEST)), "auto")
    thin: int = field(COUNT, 1)
    adapt_delta: float | None = field(OrNone(Number(above=0, below=1)), None)
    max_treedepth: int = field(COUNT, 10)
    metric: str = field(OneOf("diag_e", "dense_e", "unit_e"), "diag_e")
    cores: int | None = field(OrNone(COUNT), None)

    @property
    def processes(self) -> int:
        """One run a chain."""
        return self.chains

    @property
    def at_once(self) -> int | None:
        """The number of cores that was stated."""
        return self.cores

    @property
    def explores(self) -> bool:
        """Whether weighted draws from all optima tell where chains start, and how they warm up."""
        return self.starts == "data"


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
    correct : bool
        Resample the draws by Pareto-smoothed importance weights against Stan's log density, where
        Pareto k-hat is below 0.7. What is kept with the fit, and told by `Fit.diagnose`: k-hat,
        how many draws from the posterior they are worth, and how far that moved means and sds.
        False: the draws of the approximation itself.
    """

    draws: int = field(COUNT, 1000)
    restarts: int = field(COUNT, 4)
    correct: bool = field(Flag(), True)

    @property
    def processes(self) -> int:
        """One run a start."""
        return self.restarts

    @property
    def explores(self) -> bool:
        """Whether weighted draws from all optima tell what the approximation is held against."""
        return self.starts == "data"


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
        Relative change of the ELBO at which ascent stops. An ELBO grows with the rows: at a
        million of them a change of 0.01 is one of ten thousand nats.
    eval_elbo : int, optional
        Steps between evaluations of the ELBO; by default 100, and with `batch_size` 1000.
    grad_samples : int
        Monte Carlo draws for a gradient.
    elbo_samples : int, optional
        Monte Carlo draws for an ELBO; by default 100, and with `batch_size` 10.
    eta : float, optional
        Steps, about, at the beginning; they fall with the root of their number. By default Stan
        tries 100, 10, 1, 0.1 and 0.01 for 50 steps each, and takes that which is best by then: at
        many rows that is too large to end at the best approximation.
    batch_size : int, optional
        Make each gradient of at most so many rows: a block, chosen anew at each step, of rows that
        were shuffled once; the gradient of its log-likelihood counts for all rows. ELBOs, log
        densities of draws, and what is found out about the posterior beforehand are of all rows.
        Only fused likelihoods of rows without groups can do it. The default is all rows.
    """

    method: ClassVar[str] = "advi"
    traces: ClassVar[bool] = True

    algorithm: str = field(OneOf("meanfield", "fullrank"), "meanfield")
    iterations: int = field(COUNT, 10_000)
    tol_rel_obj: float = field(Number(above=0), 0.01)
    eval_elbo: int | None = field(OrNone(COUNT), None)
    grad_samples: int = field(COUNT, 1)
    elbo_samples: int | None = field(OrNone(COUNT), None)
    eta: float | None = field(OrNone(Number(above=0)), None)
    batch_size: int | None = field(OrNone(COUNT), None)

    @property
    def minibatch(self) -> int | None:
        """The size that was stated."""
        return self.batch_size

    @property
    def elbo_every(self) -> int:
        """Steps between evaluations of the ELBO."""
        return self.eval_elbo or (100 if self.batch_size is None else 1000)

    @property
    def elbo_draws(self) -> int:
        """Draws for an ELBO, each of which reads all rows: few, where the steps read few."""
        return self.elbo_samples or (100 if self.batch_size is None else 10)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.iterations < self.elbo_every:
            raise InputError(
                f"iterations={self.iterations} lies below eval_elbo={self.elbo_every}, so that the "
                "ELBO would never be evaluated: allow more iterations, or lower eval_elbo."
            )


@dataclass(frozen=True)
class PathfinderOptions(ApproximationOptions):
    """Options of Pathfinder, besides the common ones.

    Each restart is a path of its own, with an approximation of its own: Pathfinder with one path.
    That of highest ELBO is kept.

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

    iterations: int = field(COUNT, 1000)
    history_size: int = field(COUNT, 5)
    elbo_samples: int = field(COUNT, 25)


@dataclass(frozen=True)
class ImportanceOptions(Options):
    """Options of importance sampling, besides those of `Options`.

    Draws come from t distributions about all optima of the posterior, and from where a component
    is left empty; they are weighted by Stan's log density, the distributions are moved to the
    weights, and draws are resampled in proportion to smoothed weights. Modes so have the shares
    of the posterior that they hold, and `Fit.log_evidence` is known. In many dimensions weights
    fail: Pareto k-hat, which `Fit.diagnose` tells, says so.

    Attributes
    ----------
    draws : int
        Effective draws that are to be reached (Kong, Liu & Wong, 1994), and draws that are kept.
    budget : int
        At most so many evaluations of the log density for that.
    """

    method: ClassVar[str] = "importance"

    draws: int = field(COUNT, 1000)
    budget: int = field(COUNT, 100_000)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_begins_at_optima(self)

    @property
    def explores(self) -> bool:
        """It is what exploring is."""
        return True


@dataclass(frozen=True)
class AutoOptions(Options):
    """Options of the choice of a method, besides those of `Options`.

    The posterior is explored by importance sampling. Where Pareto k-hat is below 0.5 and the
    effective draws that were asked for are reached, its draws are kept; else the no-U-turn sampler
    runs, its chains spread over all modes that matter, and warmed up by what was learnt.

    Attributes
    ----------
    draws : int
        Effective draws by importance sampling, or draws of each chain.
    budget : int
        At most so many evaluations of the log density before chains are the better way.
    chains : int
    adapt_delta : float, optional
    max_treedepth : int
    cores : int, optional
        As in `NutsOptions`, for chains.
    """

    method: ClassVar[str] = "auto"

    draws: int = field(COUNT, 1000)
    budget: int = field(COUNT, 20_000)
    chains: int = field(COUNT, 4)
    adapt_delta: float | None = field(OrNone(Number(above=0, below=1)), None)
    max_treedepth: int = field(COUNT, 10)
    cores: int | None = field(OrNone(COUNT), None)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_begins_at_optima(self)

    @property
    def processes(self) -> int:
        """One run a chain."""
        return self.chains

    @property
    def explores(self) -> bool:
        """What it sees decides."""
        return True

    def of(self, method: type[Options]) -> Options:
        """Return the options of the method that was chosen."""
        own = {item.name for item in dataclasses.fields(method)}
        stated = {item.name: getattr(self, item.name) for item in dataclasses.fields(self)}
        return method(**{name: value for name, value in stated.items() if name in own})


def check_begins_at_optima(options: Options) -> None:
    """Refuse starts of a method that begins at the optima of the posterior.

    Raises
    ------
    InputError
    """
    if options.starts != "data":
        raise InputError(
            f"method={options.method!r} begins at all optima of the posterior, which it finds "
            "itself: leave out starts, or use method='nuts', which takes them."
        )


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
    climbs: ClassVar[bool] = True

    iterations: int = field(COUNT, 10_000)


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
    climbs: ClassVar[bool] = True

    runs: int = field(COUNT, 4)
    iterations: int = field(COUNT, 10_000)

    @property
    def processes(self) -> int:
        """One run of the program for each optimisation."""
        return self.runs


METHODS: dict[str, type[Options]] = {
    cls.method: cls
    for cls in (
        NutsOptions,
        AutoOptions,
        ImportanceOptions,
        AdviOptions,
        PathfinderOptions,
        LaplaceOptions,
        MapOptions,
    )
}


def read(method: object, values: Mapping[str, Any]) -> Options:
    """Return the options of a method.

    Raises
    ------
    InputError
        If the method or an option is unknown, or a value unusable.
    """
    chosen = OneOf(*METHODS)("method", method)
    cls = METHODS[chosen]
    known = [item.name for item in dataclasses.fields(cls)]
    for name in values:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            raise InputError(
                f"method={chosen!r} has no option {name!r}"
                + (f"; did you mean {close[0]!r}?" if close else ".")
                + f" It has {', '.join(known)}."
            )
    # None stands for the default, so that wrappers can pass their own arguments on.
    return cls(**{name: value for name, value in values.items() if value is not None})
