"""Climbs of which CmdStan's files tell: what it writes is made up, and read as it is."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from stanmix.errors import InferenceError, OutputError
from stanmix.inference.options import MapOptions
from stanmix.inference.runs import climbs, stan
from stanmix.inference.runs.run_files import RunFiles
from stanmix.inference.settings import Prepared, Setting

CSV = "# method = optimize\nlp__,mu.1,mu.2,sigma\n-9.5,0,0,1\n{height},-1.5,2.5,0.75\n"
STEPS = "Initial log joint probability = -9.5\n      12      -3.25    1e-05    0.5   1   1   11\n"
ENDS = {
    "converged": "Optimization terminated normally: \n  Convergence detected",
    "iterations": "Optimization terminated normally: \n  Maximum number of iterations hit",
    "stuck": "Optimization terminated with error: \n  Line search failed to achieve a decrease",
}


def files(folder, said, height="-3.25"):
    """Files of a climb in a new folder."""
    folder.mkdir(exist_ok=True)
    made = RunFiles(folder / "climb.csv", folder / "climb.txt")
    made.csv.write_text(CSV.format(height=height))
    made.console.write_text(STEPS + said)
    return made


@pytest.mark.parametrize("how", ENDS)
def test_what_an_earlier_climb_left_is_its_last_row_and_its_end(how, tmp_path):
    ended, failed = climbs.read([files(tmp_path / "1", ENDS[how])])
    assert failed == {}
    climb = ended[1]
    assert set(climb.values) == {"mu", "sigma"}
    np.testing.assert_array_equal(climb.values["mu"], [-1.5, 2.5])
    assert climb.values["sigma"] == 0.75
    end = climb.end
    assert (end.how, end.iterations, end.gradient, end.height) == (how, 12, 0.5, -3.25)
    assert np.isnan(end.gain)
    assert climb.fitted is None


def test_climbs_that_came_to_no_end_failed_and_keep_their_numbers(tmp_path):
    runs = [
        files(tmp_path / "1", "Exception: scale is 0, but must be positive"),
        files(tmp_path / "2", ENDS["converged"]),
        files(tmp_path / "3", ENDS["converged"], height="inf"),
    ]
    ended, failed = climbs.read(runs)
    assert list(ended) == [2]
    assert "scale is 0" in failed[1]
    assert failed[3] == "the log density is not finite at the end"
    with pytest.raises(OutputError, match=r"(?s)All 2 runs failed.*scale is 0"):
        climbs.read([runs[0], runs[2]])


def test_a_file_that_is_not_whole_is_refused(tmp_path):
    run = files(tmp_path / "1", ENDS["stuck"])
    run.csv.write_text(CSV.format(height="-3.25")[:-4])
    with pytest.raises(OutputError, match="not whole"):
        climbs.read([run])


def runs_of(monkeypatch, tmp_path, heights):
    """Run climbs in whose place CmdStan's files are written, and tell what was asked for."""
    asked = {}

    def optimize(**told):
        folder = Path(told["output_dir"])
        number = int(folder.name.removeprefix("run_"))
        asked[number] = {**told, "inits": json.loads(Path(told["inits"]).read_text())}
        made = files(folder, ENDS["converged"], heights[number - 1])
        return SimpleNamespace(
            runset=SimpleNamespace(csv_files=[made.csv], stdout_files=[made.console])
        )

    monkeypatch.setattr(stan, "executable", lambda file: SimpleNamespace(optimize=optimize))
    starts = tuple({"sigma": float(n)} for n in range(1, len(heights) + 1))
    prepared = Prepared(starts, (Setting("iter", 50, "iter"), Setting("optimize")))
    options = MapOptions(seed=7, runs=len(starts), starts=starts, progress=False)
    data = tmp_path / "data.json"
    return climbs.run(tmp_path / "program", data, options, prepared, tmp_path), asked


def test_each_climb_is_told_its_start_and_the_settings(monkeypatch, tmp_path):
    (ended, failed), asked = runs_of(monkeypatch, tmp_path, ["-3.25", "nan"])
    assert list(ended) == [1]
    assert ended[1].end.height == -3.25
    assert ended[1].fitted.runset.csv_files == [tmp_path / "run_1" / "climb.csv"]
    assert failed == {2: "the log density is not finite at the end"}
    for number, told in asked.items():
        assert told["inits"] == {"sigma": float(number)}
        assert told["seed"] == 6 + number
        assert told["iter"] == 50
        assert told["data"] == str(tmp_path / "data.json")
        assert told["sig_figs"] == 17  # of which no bit is lost
        assert "optimize" not in told
    with pytest.raises(InferenceError, match=r"(?s)All 2 runs.*not finite"):
        runs_of(monkeypatch, tmp_path, ["nan", "-inf"])
