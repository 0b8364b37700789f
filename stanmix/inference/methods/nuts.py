"""The no-U-turn sampler."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from stanmix.inference import warmup
from stanmix.inference.engines.engine import Engine
from stanmix.inference.options import NutsOptions
from stanmix.inference.problem import Problem
from stanmix.inference.runs import chains
from stanmix.inference.runs.output import Output
from stanmix.inference.runs.run_files import RunFiles
from stanmix.inference.settings import Prepared, Setting
from stanmix.inference.warmup import WarmUp

__all__ = ["prepare", "prepared", "read", "run"]


def prepare(
    stated: Problem,
    options: NutsOptions,
    engine: Engine | None,
    data_file: Path,
) -> Prepared:
    """Decide how to warm up; see `stanmix.inference.warmup.plan`."""
    return prepared(warmup.plan(stated, options, engine, data_file), options)


def prepared(plan: WarmUp, options: NutsOptions) -> Prepared:
    """Return what the chains of a warm-up are told."""
    return Prepared(
        plan.starts,
        _settings(options, plan),
        metric=plan.inverse_metric,
        decided=plan.described(),
    )


def _settings(options: NutsOptions, plan: WarmUp) -> tuple[Setting, ...]:
    known, adapting = plan.inverse_metric is not None, plan.iterations > 0
    found = [
        Setting("method", "sample"),
        Setting("num_warmup", plan.iterations, "iter_warmup"),
        Setting("num_samples", options.draws, "iter_sampling"),
        Setting("thin", options.thin, "thin"),
        Setting("algorithm", "hmc"),
        Setting("engine", "nuts"),
        Setting("max_depth", options.max_treedepth, "max_treedepth"),
        Setting("metric", "dense_e" if known else options.metric, "metric"),
    ]
    if known:
        found.append(Setting("metric_file", chains.METRIC, "inv_metric"))
    found += [Setting("adapt"), Setting("engaged", adapting, "adapt_engaged")]
    if adapting:
        found.append(Setting("delta", plan.adapt_delta, "adapt_delta"))
    if known:  # all iterations adapt the step size, and none the metric
        found += [
            Setting("init_buffer", 0, "adapt_init_phase"),
            Setting("term_buffer", plan.iterations, "adapt_step_size"),
            Setting("window", 0, "adapt_metric_window"),
        ]
    return tuple(found)


def run(
    stated: Problem,
    options: NutsOptions,
    prepared: Prepared,
    engine: Engine,
    data_file: Path,
    folder: Path,
) -> Output:
    """Sample, and return what the finished chains drew; parameters are as in `Method.run`.

    Raises
    ------
    InferenceError
        If no chain finished. Where some did, they are returned and the others are named in
        ``failed``.
    """
    return engine.sample(stated, options, prepared, data_file, folder)


def read(stated: Problem, options: NutsOptions, runs: Sequence[RunFiles]) -> Output:
    """Read the chains that an earlier run left, as `run` returns them.

    Raises
    ------
    OutputError
        If no chain finished, or a chain finished and its draws are no longer whole.
    """
    return chains.read(options, runs)
