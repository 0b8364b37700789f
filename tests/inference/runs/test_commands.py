from __future__ import annotations

from stanmix.inference.options import AdviOptions, LaplaceOptions, MapOptions, NutsOptions
from stanmix.inference.runs.commands import commands, inputs, settings
from stanmix.inference.settings import Prepared, Setting


def told(method, *others, starts, last=()):
    """What runs of a method are told, with starts or without."""
    return Prepared([{}] * 2 if starts else None, (Setting("method", method), *others), tuple(last))


def test_chains_differ_by_id_and_share_a_seed():
    made = commands("prog", NutsOptions(seed=5, chains=2), told("sample", starts=True))
    assert [command[:3] for command in made] == [
        ["./prog", "id=1", "random"], ["./prog", "id=2", "random"],
    ]  # fmt: skip
    assert all("seed=5" in command for command in made)
    assert [command[6] for command in made] == ["init=start_1.json", "init=start_2.json"]
    assert made[1][-1] == "method=sample"


def test_climbs_to_the_mode_differ_by_their_seed():
    made = commands("prog", MapOptions(seed=5, runs=3), told("optimize", starts=False))
    assert [word for command in made for word in command if word.startswith("seed=")] == [
        "seed=5", "seed=6", "seed=7",
    ]  # fmt: skip
    assert not any(word.startswith("init=") for command in made for word in command)


def test_the_laplace_approximation_follows_its_climbs():
    options = LaplaceOptions(seed=5, restarts=2)
    last = [Setting("method", "laplace"), Setting("jacobian", True), Setting("draws", 9)]
    made = commands("prog", options, told("optimize", starts=True, last=last))
    assert ["file=output/mode_1.csv" in command for command in made] == [True, False, False]
    assert made[-1][-4:] == ["method=laplace", "jacobian=1", "draws=9", "mode=output/mode.csv"]
    assert "seed=5" in made[-1] and "seed=6" in made[1]
    assert inputs(made) == ["data.json", "start_1.json", "start_2.json"]


def test_settings_stand_under_a_word():
    command = ["./prog", "id=1", "data", "file=d.json", "output", "file=o.csv", "a=b=c"]
    assert list(settings(command)) == [
        ("", "id", "1"), ("data", "file", "d.json"), ("output", "file", "o.csv"),
        ("output", "a", "b=c"),
    ]  # fmt: skip


def test_inputs_are_what_commands_read():
    options = NutsOptions(seed=5, chains=2)
    metric = Setting("metric_file", "metric.json")
    prepared = told("sample", Setting("algorithm", "hmc"), metric, starts=True)
    assert inputs(commands("prog", options, prepared)) == [
        "data.json", "start_1.json", "metric.json", "start_2.json",
    ]  # fmt: skip
    advi = commands("prog", AdviOptions(seed=5), told("variational", starts=False))
    assert inputs(advi) == ["data.json"]
