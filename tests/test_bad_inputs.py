"""A thousand bad inputs: each is refused in words that name the argument, before anything compiles.

Every argument of every public function (`public_calls`) gets values of every class of what is wrong
with its kind (`bad_values`): wrong types, numbers out of range, NaN, shapes, hostile texts, odd
paths, ... Data, formulas and files have classes of their own. Any other error, or none, fails.
"""

from __future__ import annotations

import dataclasses
import functools
import re
import subprocess
import warnings
from collections.abc import Callable
from typing import Any

import bad_values as bad
import matplotlib.pyplot as plt
import numpy as np
import pytest
from bad_data import cases, contents, formulas, frame
from public_calls import FRAME, MODEL, PUBLIC, arguments_of, calls

import stanmix
import stanmix.runs.report
from stanmix.errors import StanmixError
from stanmix.inference.options import METHODS
from stanmix.model import priors
from stanmix.model.families import FAMILIES

SEED = 11
LEAST = 1_000
# What names an argument beside its name.
WORDS = {"frame": "[Dd]ata", "idata": "InferenceData"}


@pytest.fixture(scope="session", autouse=True)
def libraries_are_there(tmp_path_factory):
    """Some of them begin processes of their own when they are imported."""
    path = tmp_path_factory.mktemp("noise") / "noise.nc"
    path.write_bytes(b"noise")
    with pytest.raises(StanmixError):
        stanmix.load(path)


@pytest.fixture(autouse=True)
def nothing_is_compiled(monkeypatch, tmp_path):
    """Whatever gets as far as another process was not refused."""

    def begun(*_: Any, **__: Any) -> None:
        raise AssertionError("went on to begin a process")

    monkeypatch.setattr(subprocess.Popen, "__init__", begun)
    monkeypatch.setattr(subprocess.Popen, "__del__", lambda self: None)
    monkeypatch.chdir(tmp_path)
    yield
    plt.close("all")
    assert not list(tmp_path.iterdir())


def fault(call: Callable[[], Any], word: str) -> str | None:
    """What is wrong with how a call is refused; None if nothing is."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            call()
    except StanmixError as error:
        said = str(error)
        if not re.search(word, said):
            return f"does not name it: {said[:200]!r}"
        if len(said) > 1000:
            return f"says {len(said)} letters"
        return None
    except Exception as error:
        return f"{type(error).__name__}: {str(error)[:200]}"
    return "is taken"


def held(tried: list[tuple[str, str, Callable[[], Any]]]) -> None:
    """Fail with all that is wrong with how cases (what, word, call) are refused."""
    assert tried
    wrong = []
    for what, word, call in tried:
        if (found := fault(call, word)) is not None:
            wrong.append(f"{what} {found}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_every_argument_of_every_function(name):
    rng = np.random.default_rng([SEED, *name.encode()])
    target = calls()[name]
    found = []
    for argument in arguments_of(PUBLIC[name]):
        word = WORDS.get(argument, rf"\b{argument}\b")
        for value in target.kind(argument)(rng):
            call = functools.partial(target.with_argument, argument, value)
            found.append((f"{argument}={bad.shown(value)}", word, call))
    held(found)


OPTIONS: dict[str, bad.Kind] = {
    "seed": bad.integer(1),
    "starts": bad.starts,
    "kernel": bad.choice("auto", "fused", "stan"),
    "threads": bad.integer(1),
    "progress": bad.flag,
    "correct": bad.flag,
    "cmdstan": bad.path,
    "output_dir": bad.path,
    "adapt_delta": bad.number(0, 1),
    "metric": bad.choice("diag_e", "dense_e", "unit_e"),
    "warmup": bad.integer(0),
    "algorithm": bad.choice("meanfield", "fullrank"),
    "tol_rel_obj": bad.number(0, np.inf),
    "eta": bad.number(0, np.inf),
}


@pytest.mark.parametrize("method", METHODS)
def test_every_option_of_every_method(method):
    rng = np.random.default_rng([SEED, *method.encode()])
    found = []
    for item in dataclasses.fields(METHODS[method]):
        kind = OPTIONS.get(item.name, bad.integer(1))  # most of them count something
        for value in kind(rng):
            if value is None:  # stands for the default
                continue
            options = {"seed": 1, item.name: value}
            call = functools.partial(MODEL.fit, FRAME, method, **options)
            found.append((f"{item.name}={bad.shown(value)}", rf"\b{item.name}\b", call))
    for name in ("", "Draws", "draw s", "n_iter", bad.text(rng)):
        call = functools.partial(MODEL.fit, FRAME, method, **{name: 1})
        found.append((f"option {name!r}", "has no option", call))
    held(found)


@pytest.mark.parametrize("name", sorted(set(priors.BY_NAME) - {"Flat", "StdNormal"}))
def test_every_argument_of_every_prior(name):
    rng = np.random.default_rng([SEED, *name.encode()])
    cls = priors.BY_NAME[name]
    items = [item.name for item in dataclasses.fields(cls)]
    fraction = {"AsymmetricLaplace": "tau", "BetaProportion": "mu"}.get(name)
    good = {item: 0.3 if item == fraction else 1.0 + i for i, item in enumerate(items)}
    cls(**good)
    found = []
    for item in items:
        positive = item in cls.positive or name == "Dirichlet"
        kind = bad.number(0 if positive else -np.inf, np.inf)
        kind = bad.number(0, 1) if item == fraction else kind
        for value in kind(rng):
            if name == "Dirichlet" and isinstance(value, list) and bad.shown(value) == "list [0.5]":
                continue
            call = functools.partial(cls, **{**good, item: value})
            found.append((f"{item}={bad.shown(value)}", rf"{name}: {item}\b", call))
    held(found)


STATEMENT: dict[str, bad.Kind] = {
    "formula": bad.names(one=True, optional=False, empty=True),
    "components": bad.integer(1),
    "family": bad.choice(*FAMILIES),
    "order": bad.name(optional=True),
    "shared": bad.names(one=True, optional=False, empty=True),
    "fixed": bad.mapping(),
    "priors": bad.mapping(),
    "gating": bad.name(optional=True),
    "group": bad.name(optional=True),
    "weights": bad.name(optional=True),
    "offset": bad.name(optional=True),
    "trials": bad.name(optional=True),
    "labels": bad.name(optional=True),
    "censoring": bad.names(one=True),
    "truncation": lambda rng: [  # names of columns are ends as well
        each
        for each in bad.pair(of="numbers", optional=True)(rng)
        if type(each) is not list or each != ["a", "b"]
    ],
    "missing": bad.choice("refuse", "predict"),
    "covariance": bad.choice("spherical", "EEE", optional=True),
    "factors": bad.integer(1, optional=True),
    "mean": bad.choice("free", "common"),
    "formulas": bad.mapping(),
    "link": bad.mapping(),
    "context": bad.mapping(),
}


@pytest.mark.parametrize("name", [item.name for item in dataclasses.fields(stanmix.Mixture)])
def test_every_part_of_a_statement(name):
    rng = np.random.default_rng([SEED, *name.encode()])
    found = []
    for value in STATEMENT[name](rng):
        call = functools.partial(stanmix.Mixture, **{"formula": "y", "components": 2, name: value})
        found.append((f"{name}={bad.shown(value)}", rf"\b{name}\b", call))
    held(found)


def test_known_values_and_priors_of_anything():
    rng = np.random.default_rng([SEED, 1])
    found = []
    for name in ("sigma", "theta"):
        for value in [*bad.array((2,))(rng), [0.0, 1.0], [-1.0, 2.0], [1.0, 2.0, 3.0], [[1.0]]]:
            if isinstance(value, float):  # one for all components
                continue
            call = functools.partial(stanmix.Mixture, "y", 2, fixed={name: value})
            found.append((f"{name}={bad.shown(value)}", f"fixed: {name}", call))
    for family, name in (("student_t", "nu"), ("negative_binomial", "phi")):
        for value in [*bad.array((2,))(rng), 0.0, -1.0, np.inf, [4.0, 0.0], [1.0, 2.0, 3.0]]:
            if isinstance(value, float) and np.isfinite(value) and value > 0:
                continue
            stated = {"family": family, "fixed": {name: value}}
            call = functools.partial(stanmix.Mixture, "y", 2, **stated)
            found.append((f"{name}={bad.shown(value)}", f"fixed: {name}", call))
    for name in ("sigma", "theta", "mu"):
        for value in bad.instance()(rng):
            call = functools.partial(stanmix.Mixture, "y", 2, priors={name: value})
            found.append((f"prior of {name}={bad.shown(value)}", f"priors: '{name}'", call))
    for name in ("", "Sigma", "nu", "mu[1]", "mu[", bad.text(rng)):
        for argument, value in (
            ("fixed", 1.0), ("priors", stanmix.Normal(0, 1)), ("shared", name), ("formulas", "~ z"),
        ):  # fmt: skip
            stated = {name: value} if argument != "shared" else [name]
            call = functools.partial(stanmix.Mixture, "y", 2, **{argument: stated})
            found.append((f"{argument} of {name!r}", argument, call))
    held(found)


STATED = {
    "formula": lambda right: {"formula": f"y ~ {right}"},
    "gating": lambda right: {"gating": f"~ {right}"},
    "formulas": lambda right: {"formulas": {"sigma": f"~ {right}"}},
}


@pytest.mark.parametrize("where", STATED)
def test_formulas_of_anything(where, tmp_path):
    rng = np.random.default_rng([SEED, *where.encode()])
    rows = frame(rng)
    found = []
    for right in formulas(rng, tmp_path / "canary"):
        stated = STATED[where](right)

        def call(stated: dict[str, Any] = stated) -> Any:
            return stanmix.Mixture(**{"formula": "y ~ 1", "components": 2, **stated}).data(rows)

        found.append((f"{where} {right[:60]!r}", "", call))
    held(found)  # and the canary is not there, see `nothing_is_compiled`


@pytest.mark.parametrize("seed", range(3))
def test_data_of_anything(seed):
    rng = np.random.default_rng([SEED, seed])
    held([(what, word, call) for what, call, word in cases(rng)])


def test_columns_by_names_of_anything():
    rng = np.random.default_rng([SEED, 2])
    rows = frame(rng)
    found = []
    for role in ("group", "weights", "offset", "trials", "labels"):
        family = {"family": "binomial"} if role == "trials" else {}
        for name in ("Y", "y ", "y;", "y ~ x", "z", *(bad.text(rng)[1:] for _ in range(5))):
            if name in rows or "\ud800" in name:
                continue
            call = functools.partial(stanmix.Mixture("n", 2, **{role: name}, **family).data, rows)
            found.append((f"{role}={name!r}", "Unknown column", call))
    held(found)


READERS = {
    "load": lambda path: stanmix.load(path / "file"),
    "read": stanmix.read,
    "rerun": stanmix.rerun,
    "report": stanmix.runs.report.report,
    "provenance": stanmix.Provenance.read,
    "from_json": lambda path: stanmix.Provenance.from_json((path / "file").read_text("latin-1")),
}


@pytest.mark.parametrize("reader", READERS)
def test_files_of_anything(reader, tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    rng = np.random.default_rng([SEED, *reader.encode()])
    found = []
    for what, content in contents(rng).items():

        def call(content: bytes = content) -> Any:
            for name in ("file", "provenance.json", "fit.nc", "columns.nc"):
                (folder / name).write_bytes(content)
            return READERS[reader](folder)

        found.append((what, "", call))
    held(found)


# Whose good call begins a process, reads a file that is not there, or empties the cache.
NOT_CALLED = ("cmdstan.", "doctor.", "install.", "pruning.", "report.", "demo.", "stanmix.load",
              "stanmix.read", "stanmix.rerun", "Mixture.fit", "Mixture.export", "Fit.export",
              "Fit.save", "plots.save", "plots.elbo")  # fmt: skip


@pytest.mark.parametrize("name", sorted(n for n in PUBLIC if not n.startswith(NOT_CALLED)))
def test_what_is_beside_a_bad_argument_is_good(name):
    target = calls()[name]
    for beside in ({}, *target.beside.values()):
        target.function(**{**target.given, **beside})


def test_there_are_a_thousand_and_nothing_is_left_out():
    rng = np.random.default_rng(SEED)
    count = sum(len(calls()[n].kind(a)(rng)) for n in PUBLIC for a in arguments_of(PUBLIC[n]))
    assert count > LEAST
    assert set(calls()) == set(PUBLIC)
    assert set(STATEMENT) == {item.name for item in dataclasses.fields(stanmix.Mixture)}
