"""Every public function with arguments that it takes, and of which kind each is."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import bad_values as bad
import numpy as np
import pandas as pd
from synthetic import fit_of, made_up_fit, pair_draws

import stanmix
import stanmix.cli.demonstration
from stanmix import clustering, cmdstan, datasets, plots, relabel
from stanmix.clustering import similarity
from stanmix.relabel.methods import METHODS
from stanmix.runs import report as reports

__all__ = ["FRAME", "MODEL", "PUBLIC", "Call", "arguments_of", "calls"]

MODULES = {
    "stanmix": stanmix, "relabel": relabel, "plots": plots, "datasets": datasets,
    "cmdstan": cmdstan, "doctor": cmdstan.doctor, "install": cmdstan.install,
    "pruning": cmdstan.pruning,
    "clustering": clustering, "similarity": similarity, "report": reports,
    "demo": stanmix.cli.demonstration,
}  # fmt: skip
CLASSES = (stanmix.Mixture, stanmix.Fit)

MODEL = stanmix.Mixture("y", 2, order=None)
DRAWS, Y = pair_draws(chains=2, draws=30)
FRAME = pd.DataFrame({"y": Y, "x": np.linspace(-1, 1, len(Y)), "g": list("ab") * 20})
Z = np.tile(np.repeat([0, 1], 20), (2, 30, 1))
P = np.where(Z[..., None] == np.arange(2), 0.9, 0.1)
PERM = np.tile([0, 1], (2, 30, 1))


@dataclass
class Call:
    """A function, arguments that it takes, and the kind of each."""

    function: Callable[..., Any]
    given: dict[str, Any]
    kinds: dict[str, bad.Kind] = field(default_factory=dict)
    beside: dict[str, dict[str, Any]] = field(default_factory=dict)  # what reads an argument

    def with_argument(self, argument: str, value: Any) -> Any:
        """Call it with another value of an argument."""
        return self.function(**{**self.given, **self.beside.get(argument, {}), argument: value})

    def kind(self, argument: str) -> bad.Kind:
        """The kind that this function states, or what arguments of this name mostly are."""
        return self.kinds.get(argument) or KINDS[argument]


def arguments_of(function: Callable[..., Any]) -> list[str]:
    """Names of the arguments, without those that are options by any name."""
    kept = inspect.signature(function).parameters.values()
    return [p.name for p in kept if p.kind is not p.VAR_KEYWORD and p.name not in ("self", "cls")]


def _public() -> dict[str, Callable[..., Any]]:
    """All functions and methods that are public and have arguments."""
    found: dict[str, Callable[..., Any]] = {}
    for prefix, module in MODULES.items():
        for name in module.__all__:
            if inspect.isfunction(getattr(module, name)):
                found[f"{prefix}.{name}"] = getattr(module, name)
    for cls in CLASSES:
        for name in dir(cls):
            member = inspect.getattr_static(cls, name)
            plain = getattr(member, "__func__", member)
            if inspect.isfunction(plain) and not name.startswith("_"):
                found[f"{cls.__name__}.{name}"] = plain
    return {n: f for n, f in found.items() if arguments_of(f)}


PUBLIC = _public()

ANY_METHOD = bad.choice("auto", *METHODS)
KINDS: dict[str, bad.Kind] = {
    "ax": bad.instance(optional=True),
    "cmdstan": bad.path,
    "cmdstan_folder": bad.path,
    "components": bad.integer(1, optional=True),
    "context": bad.mapping(optional=True),
    "covariate": bad.name(optional=True),
    "dim": bad.name(),
    "draws": bad.integer(1, optional=True),
    "fit": bad.instance(),
    "folder": bad.path,
    "frame": bad.table(optional=True),
    "hdi_prob": bad.number(0, 1),
    "label": bad.name(optional=True),
    "labels": bad.pair(),
    "log_density": bad.function(optional=True),
    "loss": bad.choice("vi", "binder"),
    "max_iterations": bad.integer(1),
    "memory": bad.number(0, np.inf, optional=True),
    "method": ANY_METHOD,
    "methods": bad.names(),
    "model": bad.instance(),
    "names": bad.names(),
    "out": bad.path,
    "p": bad.array(P.shape, optional=True),
    "parameter": bad.name(optional=True),
    "parameters": bad.names(),
    "path": bad.path,
    "perm": bad.array(PERM.shape, whole=True),
    "pivot": bad.array((40,), whole=True, optional=True),
    "priors": bad.choice("coded", "named"),
    "prob": bad.number(0, 1),
    "probability": bad.number(0, 1, 1),
    "progress": bad.flag,
    "reference": bad.array((40,), whole=True, optional=True),
    "report": bad.function(optional=True),
    "seed": bad.integer(0),
    "theta": bad.array((2, 30, 2), optional=True),
    "z": bad.array(Z.shape, whole=True, optional=True),
}


@functools.cache
def calls() -> dict[str, Call]:
    """Return all of `PUBLIC` with arguments."""
    fit = fit_of(MODEL, FRAME, DRAWS)
    relabelled = fit.relabel("order")
    lines = made_up_fit(stanmix.Mixture("y ~ x", 2, order=None), FRAME)
    columns: dict[str, Any] = {"family": "mvnormal", "covariance": "spherical"}
    both = {**DRAWS, "mu": np.stack([DRAWS["mu"]] * 2, axis=-1)}
    vectors = fit_of(stanmix.Mixture(["y", "x"], 2, **columns), FRAME, both)
    items: dict[str, Any] = {"family": "bernoulli", "order": None}
    answers = fit_of(
        stanmix.Mixture(["b", "c"], 2, **items),
        pd.DataFrame({"b": [0, 1] * 20, "c": [0, 0, 1, 1] * 10}),
        {"theta": DRAWS["theta"], "mu": np.full((2, 30, 2, 2), 0.5)},
    )
    posterior = fit.idata.posterior
    found = {
        "stanmix.compare": Call(
            stanmix.compare, {"fits": {"a": fit, "b": fit}}, {"fits": bad.mapping()}
        ),
        "stanmix.from_draws": Call(
            stanmix.from_draws,
            {"model": MODEL, "frame": FRAME, "draws": DRAWS},
            {
                "frame": bad.table(),
                "draws": bad.mapping(),
                "names": bad.mapping(optional=True),
                "log_density": bad.array((2, 30), optional=True),
            },
        ),
        "stanmix.load": Call(stanmix.load, {"path": "none.nc"}),
        "stanmix.prior_predictive": Call(
            stanmix.prior_predictive,
            {"model": MODEL, "frame": FRAME, "draws": 5},
            {"draws": bad.integer(1), "frame": bad.table()},
        ),
        "stanmix.read": Call(stanmix.read, {"folder": "none"}),
        "stanmix.relabel_inference_data": Call(
            stanmix.relabel_inference_data,
            {"idata": fit.idata, "z": Z, "p": P, "y": Y, "pivot": Z[0, 0], "method": "order"},
            {"idata": bad.instance(), "dim": bad.names(one=True, optional=False),
             "y": bad.array((40,), optional=True)},
            {"z": {"method": "data_based"}, "y": {"method": "data_based"},
             "p": {"method": "stephens"}, "pivot": {"method": "ecr"}},
        ),
        "stanmix.rerun": Call(stanmix.rerun, {"folder": "none"}),
        "relabel.agreement": Call(
            relabel.agreement, {"first": PERM, "second": PERM},
            {"first": KINDS["perm"], "second": KINDS["perm"]},
        ),
        "relabel.apply": Call(
            relabel.apply, {"perm": PERM, "draws": DRAWS["mu"]},
            {"draws": bad.shape((2, 30, 2)), "axis": bad.any_integer},
        ),
        "relabel.apply_to_allocations": Call(
            relabel.apply_to_allocations, {"perm": PERM, "z": Z},
            {"z": bad.array(Z.shape, whole=True)},
        ),
        "relabel.apply_to_dataset": Call(
            relabel.apply_to_dataset, {"perm": PERM, "dataset": posterior},
            {"dataset": bad.instance(), "dims": bad.names(one=True, optional=False)},
        ),
        "relabel.auto": Call(relabel.auto, {"z": Z, "p": P, "theta": DRAWS["mu"]}),
        "relabel.compare": Call(
            relabel.compare, {"perms": {"a": PERM}, "z": Z, "p": P, "theta": DRAWS["mu"]},
            {"perms": bad.mapping()},
        ),
        "relabel.compare_relabellings": Call(
            relabel.compare_relabellings,
            {"methods": ["ecr"], "z": Z, "p": P, "theta": DRAWS["mu"], "y": Y, "pivot": Z[0, 0]},
            {"y": bad.nothing},
        ),
        "relabel.data_based": Call(
            relabel.data_based, {"y": Y, "z": Z},
            {"y": bad.array((40,)), "z": bad.array(Z.shape, whole=True)},
        ),
        "relabel.ecr": Call(
            relabel.ecr, {"z": Z, "pivot": Z[0, 0]},
            {"z": bad.array(Z.shape, whole=True), "pivot": bad.array((40,), whole=True)},
        ),
        "relabel.ecr_iterative_1": Call(
            relabel.ecr_iterative_1, {"z": Z}, {"z": bad.array(Z.shape, whole=True)}
        ),
        "relabel.ecr_iterative_2": Call(
            relabel.ecr_iterative_2, {"z": Z, "p": P},
            {"z": bad.array(Z.shape, whole=True), "p": bad.array(P.shape)},
        ),
        "relabel.name_by": Call(
            relabel.name_by, {"perm": PERM, "values": DRAWS["mu"]},
            {"values": bad.array(PERM.shape), "descending": bad.flag},
        ),
        "relabel.order": Call(
            relabel.order, {"theta": DRAWS["mu"]},
            {"theta": bad.array(PERM.shape), "parameter": bad.any_integer},
        ),
        "relabel.pra": Call(
            relabel.pra, {"theta": DRAWS["mu"]},
            {"theta": bad.array(PERM.shape), "pivot": bad.array((2,), optional=True)},
        ),
        "relabel.sample_allocations": Call(
            relabel.sample_allocations, {"p": P, "seed": 1}, {"p": bad.array(P.shape)}
        ),
        "relabel.sjw": Call(
            relabel.sjw,
            {"theta": DRAWS["mu"], "z": Z, "y": Y,
             "log_density": lambda y, theta: -(y[:, None] - theta[:, 0]) ** 2},
            {"theta": bad.array(PERM.shape), "z": bad.array(Z.shape, whole=True),
             "y": bad.nothing, "log_density": bad.function(),
             "seed": bad.integer(0, optional=True)},
        ),
        "relabel.stack_parameters": Call(
            relabel.stack_parameters, {"dataset": posterior}, {"dataset": bad.instance()}
        ),
        "relabel.stephens": Call(relabel.stephens, {"p": P}, {"p": bad.array(P.shape)}),
        "plots.contours": Call(
            plots.contours, {"fit": vectors}, {"columns": bad.pair(optional=True)}
        ),
        "plots.density": Call(plots.density, {"fit": fit}),
        "plots.joint": Call(
            plots.joint, {"fit": fit},
            {"components": bad.pair(of="numbers"),
             "limits": bad.pair(of="numbers", optional=True)},
        ),
        "plots.regression": Call(
            plots.regression, {"fit": lines}, {"at": bad.mapping(optional=True)}
        ),
        "plots.save": Call(
            plots.save, {"drawn": None, "path": "none.png"},
            {"drawn": bad.instance(), "dpi": bad.integer(1)},
        ),
        "plots.autocorrelation": Call(
            plots.autocorrelation, {"fit": fit}, {"lags": bad.integer(1)}
        ),
        "datasets.describe": Call(
            datasets.describe, {"name": "co2"}, {"name": bad.choice(*datasets.names())}
        ),
        "datasets.load": Call(
            datasets.load, {"name": "co2"}, {"name": bad.choice(*datasets.names())}
        ),
        "cmdstan.assemble": Call(cmdstan.assemble, {}),
        "cmdstan.build": Call(
            cmdstan.build, {"source": "model { }"},
            {"source": bad.name(), "name": bad.name(), "user_header": bad.path,
             "threads": bad.flag},
        ),
        "cmdstan.locate": Call(cmdstan.locate, {}),
        "cmdstan.require": Call(cmdstan.require, {}),
        "cmdstan.version": Call(cmdstan.version, {"folder": "none"}),
        "pruning.prune": Call(
            cmdstan.pruning.prune, {}, {"keep_days": bad.integer(1), "dry_run": bad.flag}
        ),
        "doctor.report": Call(cmdstan.doctor.report, {}),
        "install.from_github": Call(
            cmdstan.install.from_github, {"version": "2.36.0"}, {"version": bad.name(optional=True)}
        ),
        "clustering.credible_ball": Call(
            clustering.credible_ball, {"labels": Z[0, 0], "z": Z},
            {"labels": bad.array((40,), whole=True), "z": bad.array(Z.shape, whole=True)},
        ),
        "clustering.point_estimate": Call(
            clustering.point_estimate, {"z": Z},
            {"z": bad.array(Z.shape, whole=True), "max_clusters": bad.integer(1, optional=True),
             "starts": bad.integer(1), "searched": bad.integer(1, optional=True)},
        ),
        "similarity.similarity": Call(
            similarity.similarity, {"z": Z}, {"z": bad.array(Z.shape, whole=True)}
        ),
        "similarity.similarity_blocks": Call(
            lambda z, rows=1000: list(similarity.similarity_blocks(z, rows)), {"z": Z},
            {"z": bad.array(Z.shape, whole=True), "rows": bad.integer(1)},
        ),
        "report.report": Call(reports.report, {"folder": "none"}),
        "demo.run": Call(stanmix.cli.demonstration.run, {"out": "none"}, {"seed": bad.integer(1)}),
        "Mixture.program": Call(
            MODEL.program, {}, {"kernel": bad.choice("stan", "fused", "auto")}
        ),
        "Mixture.data": Call(MODEL.data, {"frame": FRAME}, {"frame": bad.table()}),
        "Mixture.priors_for": Call(MODEL.priors_for, {"frame": FRAME}, {"frame": bad.table()}),
        "Mixture.matrices": Call(MODEL.matrices, {"frame": FRAME}, {"frame": bad.table()}),
        "Mixture.fit": Call(
            MODEL.fit, {"frame": FRAME},
            {"frame": bad.table(), "method": bad.choice(*stanmix.inference.options.METHODS)},
        ),
        "Mixture.export": Call(
            MODEL.export, {"folder": "none", "frame": FRAME},
            {"frame": bad.table(), "method": bad.choice(*stanmix.inference.options.METHODS)},
        ),
        "Mixture.from_dict": Call(
            stanmix.Mixture.from_dict, {"values": MODEL.to_dict()}, {"values": bad.mapping()}
        ),
        "Fit.predict": Call(
            fit.predict, {},
            {"kind": bad.choice("mean", "draws", "density", "responsibilities"),
             "by_component": bad.flag, "quantiles": bad.quantiles,
             "seed": bad.integer(0, optional=True)},
        ),
        "Fit.credible_ball": Call(
            fit.credible_ball, {"labels": fit.clusters(progress=False)}, {"labels": bad.instance()}
        ),
        "Fit.export": Call(fit.export, {"folder": "out"}, {"cmdstan": bad.path}),
        "Fit.log_likelihood": Call(fit.log_likelihood, {}, {"pointwise": bad.flag}),
        "Fit.thinned": Call(fit.thinned, {"most": 5}, {"most": bad.integer(1, optional=True)}),
        "Fit.relabel": Call(fit.relabel, {"method": "order"}),
        "Fit.outcome": Call(
            fit.outcome, {"formula": "x ~ class", "frame": FRAME, "draws": 5},
            {"formula": bad.name(), "family": bad.name(), "membership": bad.name(optional=True),
             "offset": bad.name(optional=True), "trials": bad.name(optional=True),
             "draws": bad.integer(1), "seed": bad.integer(0, optional=True)},
        ),
        "Fit.membership": Call(
            fit.membership, {"formula": "~ x", "frame": FRAME, "draws": 5},
            {"formula": bad.name(), "draws": bad.integer(1),
             "seed": bad.integer(0, optional=True)},
        ),
        "Fit.bivariate_residuals": Call(
            vectors.bivariate_residuals, {}, {"draws": bad.integer(2),
                                              "seed": bad.integer(0, optional=True)},
        ),
        "Fit.response_patterns": Call(
            answers.response_patterns, {}, {"draws": bad.integer(1),
                                            "seed": bad.integer(0, optional=True)},
        ),
        "plots.classes": Call(plots.classes, {"fit": fit}),
    }  # fmt: skip
    seeds = {"seed": bad.integer(0, optional=True)}
    found["plots.residuals"] = Call(plots.residuals, {"fit": fit}, dict(seeds))
    for name in ("trace", "rank", "pairs"):
        found[f"plots.{name}"] = Call(getattr(plots, name), {"fit": fit})
    for name in ("before_and_after", "switching"):
        found[f"plots.{name}"] = Call(getattr(plots, name), {"fit": relabelled})
    for name in ("similarity", "elbo"):
        found[f"plots.{name}"] = Call(getattr(plots, name), {"fit": fit})
    for name in ("distances", "expected_loss"):
        found[f"clustering.{name}"] = Call(
            getattr(clustering, name), {"labels": Z[0, 0], "z": Z},
            {"labels": bad.array((40,), whole=True), "z": bad.array(Z.shape, whole=True)},
        )  # fmt: skip
    for name in PUBLIC:
        cls, _, method = name.partition(".")
        if cls == "Fit" and name not in found:
            found[name] = Call(getattr(fit, method), {}, dict(seeds))
    return found
