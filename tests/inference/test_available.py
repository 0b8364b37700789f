"""Which engine runs, where parts of what each needs are made to be absent."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import sys

import pytest

import stanmix
from stanmix.cmdstan import usable
from stanmix.errors import InputError, ToolchainError
from stanmix.inference import available
from stanmix.inference.options import read
from stanmix.inference.problem import problem


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A machine whose parts a test takes away; its cache is empty and no CmdStan is installed."""
    monkeypatch.setenv("STANMIX_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("CMDSTAN", "CONDA_PREFIX", "CXX", "MAKE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    real_spec, real_version = importlib.util.find_spec, importlib.metadata.version

    def without(*parts):
        if "compiler" in parts:
            monkeypatch.setenv("PATH", str(tmp_path))
        if "wheel" in parts:
            monkeypatch.setattr(
                importlib.util,
                "find_spec",
                lambda name: None if name == "httpstan" else real_spec(name),
            )
        if "stanli" in parts:

            def version(name):
                if name == "stanli":
                    raise importlib.metadata.PackageNotFoundError(name)
                return real_version(name)

            monkeypatch.setattr(importlib.metadata, "version", version)

    return without


def chosen(runs=True, **options):
    return available.choose(read("nuts", options), runs)


@pytest.mark.parametrize(
    ("absent", "expected"),
    [
        ([], "cmdstan"),
        (["stanli"], "cmdstan"),
        (["compiler"], "stanli"),
        (["wheel"], "stanli"),
        (["compiler", "wheel"], "stanli"),
    ],
)
def test_auto_is_cmdstan_wherever_it_can_compile(machine, absent, expected):
    machine(*absent)
    assert chosen() == expected


@pytest.mark.parametrize("absent", [["compiler"], ["wheel"], ["compiler", "wheel"]])
def test_with_neither_both_ways_out_are_named(machine, absent):
    machine("stanli", *absent)
    with pytest.raises(ToolchainError, match="Nothing here can run") as error:
        chosen()
    for way in ('pip install "stanmix[stan]"', "compiler", "make", "stanmix[interpreted]"):
        assert way in str(error.value)
    with pytest.raises(ToolchainError, match="Nothing here can run"):
        stanmix.Mixture("y", 2).fit({"y": [0.0, 1.0, 2.0, 9.0]}, progress=False)


def test_an_export_that_runs_nothing_needs_no_engine(machine, tmp_path):
    machine("compiler", "wheel", "stanli")
    frame = {"y": [0.0, 1.0, 2.0, 9.0]}
    folder = stanmix.Mixture("y", 2).export(tmp_path / "out", frame, "map", seed=1)
    assert stanmix.Provenance.read(folder).options["engine"] == "cmdstan"


def test_what_is_in_the_cache_decides_nothing(machine, tmp_path):
    machine("compiler")
    before = chosen()
    for folder in ("programs", "toolchains", "cmdstan"):
        (tmp_path / "cache" / folder / "something").mkdir(parents=True)
    assert chosen() == before == "stanli"


def test_what_is_stated_is_taken(machine, tmp_path):
    assert chosen(engine="stanli") == "stanli"
    machine("compiler", "wheel")
    assert chosen(engine="cmdstan") == "cmdstan"
    assert chosen(cmdstan=tmp_path) == "cmdstan"


def test_a_cmdstan_that_is_named_is_not_passed_over(machine, monkeypatch, tmp_path):
    machine("compiler")
    monkeypatch.setenv("CMDSTAN", str(tmp_path / "none"))
    assert usable.hindrance() == "" and chosen() == "cmdstan"


def test_stanli_that_is_stated_must_be_there(machine):
    machine("stanli")
    with pytest.raises(ToolchainError, match=r"not installed.*stanmix\[interpreted\]"):
        chosen(engine="stanli")
    assert chosen(engine="stanli", runs=False) == "stanli"


def test_another_stanli_is_none(monkeypatch):
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0.1.0")
    assert "stanli 0.1.0 is installed" in available.stanli_missing()


def test_two_engines_at_once_are_refused(tmp_path):
    with pytest.raises(InputError, match="two engines"):
        read("nuts", {"engine": "stanli", "cmdstan": tmp_path})


@pytest.mark.parametrize("method", ["advi", "pathfinder", "laplace"])
def test_methods_that_stanli_has_not_are_refused_before_anything_runs(method, monkeypatch):
    import stanli

    monkeypatch.setattr(stanli, "Model", lambda **_: pytest.fail("it ran"))
    with pytest.raises(InputError, match=rf"{method}.*CmdStan.*method='nuts'"):
        stanmix.Mixture("y", 2).fit({"y": [0.0, 1.0, 9.0]}, method, engine="stanli")


def test_fused_likelihoods_are_refused_and_auto_is_portable():
    frame = {"y": [0.0, 1.0, 9.0]}
    with pytest.raises(InputError, match=r"kernel='fused'.*stanli"):
        stanmix.Mixture("y", 2).fit(frame, engine="stanli", kernel="fused")
    stated = problem(stanmix.Mixture("y", 2), frame, "nuts", {"engine": "stanli"})
    assert stated.program.kernel == "stan" and "log_mix" not in stated.source


def test_the_versions_are_those_that_are_installed():
    assert importlib.metadata.version("stanli") == available.STANLI
