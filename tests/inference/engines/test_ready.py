from __future__ import annotations

import dataclasses

import pytest

import stanmix
from stanmix import cmdstan
from stanmix.cmdstan import usable
from stanmix.errors import ToolchainError
from stanmix.inference.engines.ready import ready
from stanmix.inference.engines.stanli import Stanli
from stanmix.inference.problem import problem

MODEL, FRAME = stanmix.Mixture("y", 2), {"y": [0.0, 1.0, 2.0, 5.0, 6.0]}
ABSENT = ToolchainError("the compiler went away")


def stated(engine="auto", runs_on="cmdstan"):
    made = problem(MODEL, FRAME, "nuts", {"engine": engine, "progress": False}, lambda _: False)
    return dataclasses.replace(made, engine=runs_on)


@pytest.fixture
def _nothing_compiles(monkeypatch):
    def refused(*args, **told):
        raise ABSENT

    monkeypatch.setattr(cmdstan, "require", lambda *args, **told: None)
    monkeypatch.setattr(cmdstan, "build", refused)


@pytest.mark.usefixtures("_nothing_compiles")
def test_stanli_takes_the_program_as_it_is():
    made = stated("stanli", "stanli")
    engine = ready(made)
    assert isinstance(engine, Stanli)
    assert engine == Stanli(made.source)


@pytest.mark.usefixtures("_nothing_compiles")
def test_who_left_the_choice_is_told_of_both_ways(monkeypatch):
    """Where a CmdStan is there that cannot compile, and the program was not compiled before."""
    monkeypatch.setattr(usable, "hindrance", lambda: "there is no make")
    with pytest.raises(ToolchainError, match=r"(?s)\(there is no make\).*interpreted") as error:
        ready(stated())
    assert error.value.__cause__ is ABSENT


@pytest.mark.usefixtures("_nothing_compiles")
@pytest.mark.parametrize(("engine", "hindered"), [("cmdstan", "no make"), ("auto", "")])
def test_other_faults_are_told_as_they_are(engine, hindered, monkeypatch):
    """Of those who want CmdStan, or where programs can be compiled but for this one."""
    monkeypatch.setattr(usable, "hindrance", lambda: hindered)
    with pytest.raises(ToolchainError) as error:
        ready(stated(engine))
    assert error.value is ABSENT
