from __future__ import annotations

import dataclasses
import errno
import os
import pathlib
import subprocess
import time

import numpy as np
import pandas as pd
import psutil
import pytest
from exported import put_program, run_script

import stanmix
from stanmix.errors import InputError, OutputError
from stanmix.runs.record import Provenance

pytestmark = pytest.mark.usefixtures("few_searched")


def run(folder, cmdstan):
    run_script(folder, cmdstan).check_returncode()


def wait_for(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def runs_of(folder):
    """Living processes that run in the folder."""
    found = []
    for process in psutil.process_iter(["cwd", "status"]):
        here = process.info["cwd"] == str(folder)
        if here and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(process)
    return found


def read(path):
    return pd.read_csv(path, comment="#")


def test_the_folder_gives_the_draws_of_fit(cmdstan, tmp_path):
    model = stanmix.Mixture("CO2 ~ GNP", 2, order="GNP")
    frame = stanmix.datasets.load("co2")
    options = {"seed": 7, "chains": 3, "draws": 60, "warmup": 100, "adapt_delta": 0.95}
    folder = model.export(tmp_path / "an export's folder, é", frame, **options)
    fit = model.fit(frame, progress=False, **options)
    run(folder, cmdstan)
    for chain in (1, 2, 3):
        draws = read(folder / "output" / f"normal_regressions_ordered_beta_fused_{chain}.csv")
        posterior = fit.idata.posterior.sel(chain=chain)
        for k in (1, 2):
            np.testing.assert_array_equal(draws[f"theta.{k}"], posterior["theta"][:, k - 1])
            np.testing.assert_array_equal(draws[f"beta.{k}.2"], posterior["beta"][:, k - 1, 1])
        np.testing.assert_array_equal(draws["lp__"], fit.idata.sample_stats["lp"].sel(chain=chain))
    summary = tmp_path / "summary.csv"
    outputs = sorted((folder / "output").glob("*_[123].csv"))
    command = [
        cmdstan / "bin" / "stansummary",
        "--sig_figs=8",
        f"--csv_filename={summary}",
        *outputs,
    ]
    subprocess.run(command, check=True, capture_output=True)
    table = pd.read_csv(summary, comment="#", index_col=0)
    own = fit.summary()
    for name, theirs in (("theta[1]", "theta[1]"), ("beta[2, GNP]", "beta[2,2]")):
        assert table.loc[theirs, "Mean"] == pytest.approx(own.loc[name, "mean"], rel=1e-6)


def test_an_export_again_forgets_the_output_of_another(tmp_path, cmdstan):
    model = stanmix.Mixture("CO2 ~ GNP", 2, order="GNP")
    frame = stanmix.datasets.load("co2")
    options = {"method": "advi", "draws": 20, "seed": 1}
    folder = model.export(tmp_path / "out", frame, **options)
    put_program(folder, cmdstan)
    run(folder, cmdstan)
    made = sorted(path.name for path in (folder / "output").iterdir())
    model.export(folder, frame, **options)  # the same again
    assert sorted(path.name for path in (folder / "output").iterdir()) == made
    model.export(folder, frame.assign(CO2=frame["CO2"] * 2), **options)
    assert [path.name for path in (folder / "output").iterdir()] == ["processor.txt"]
    other = stanmix.Mixture("CO2", 2)  # another program
    other.export(folder, frame, method="map", kernel="stan", seed=1)
    assert [path.name for path in folder.glob("normal_*")] == ["normal_mixture.stan"]
    assert not (folder / "likelihood.hpp").exists()


def test_nothing_outside_the_folder_is_removed(tmp_path):
    model, frame = stanmix.Mixture("y", 2), {"y": [1.0, 2.0, 5.0, 6.0]}
    folder = model.export(tmp_path / "out", frame, method="map", seed=1)
    (tmp_path / "mine.csv").write_text("kept")
    record = Provenance.read(folder)
    command = ("./x", "output", "file=../mine.csv")
    dataclasses.replace(record, commands=(command, *record.commands[1:])).write(folder)
    model.export(folder, frame, method="map", seed=2)
    assert (tmp_path / "mine.csv").read_text() == "kept"


MEANS = stanmix.Mixture("CO2", 2, order="mu", fixed={"sigma": 3.0, "theta": [0.5, 0.5]})


@pytest.mark.parametrize("method", ["advi", "pathfinder", "laplace", "map"])
def test_other_methods_run_alone_too(cmdstan, tmp_path, method):
    model = MEANS
    frame = stanmix.datasets.load("co2")
    options = {"method": method, "seed": 3, "kernel": "stan"}
    options |= {} if method == "map" else {"correct": False}  # draws as Stan has them
    folder = model.export(tmp_path / "an export's folder, é", frame, **options)
    fit = model.fit(frame, progress=False, **options)
    put_program(folder, cmdstan)
    run(folder, cmdstan)
    kept = 1 if method == "laplace" else fit.idata.attrs["kept_run"]
    draws = read(
        folder / "output" / f"normal_mixture_ordered_mu_known_sigma_known_theta_{kept}.csv"
    )
    if method == "advi":
        draws = draws.iloc[1:]  # the first row is the mean
    column, mine = draws["mu.1"], fit.idata.posterior["mu"][0, :, 0]
    np.testing.assert_array_equal(column.iloc[-1:] if method == "map" else column, mine)


def test_of_several_runs_one_may_fail(cmdstan, tmp_path):
    """The folder does as `fit` does: the others are there, and the failure is said."""
    model = MEANS
    options = {"method": "pathfinder", "seed": 3, "kernel": "stan", "restarts": 2}
    folder = model.export(tmp_path / "out", stanmix.datasets.load("co2"), **options)
    put_program(folder, cmdstan)
    (folder / "start_2.json").write_text('{"theta": [0.5, 0.5]}x')
    done = run_script(folder, cmdstan)
    assert done.returncode == 0 and "1 run(s) failed" in done.stderr
    (folder / "start_1.json").write_text("x")
    with pytest.raises(subprocess.CalledProcessError):
        run(folder, cmdstan)


CLIMBS = """\
#!/bin/sh
# Stands for a program: each climb gets stuck at the height that is set for it.
for word; do
  case $word in
    file=output/mode_*) out=${word#file=} ;;
    method=laplace) exit 0 ;;
  esac
done
case $out in output/mode_2.csv | output/mode_10.csv) lp=-5 ;; *) lp=-50 ;; esac
printf '# %s\\nlp__,theta.1\\n%s,0.5\\n' "$out" "$lp" > "$out"
echo 'Optimization terminated with error: Line search failed to achieve a sufficient decrease'
exit 70
"""


@pytest.mark.parametrize("method", ["laplace", "map"])
def test_stuck_climbs_count_and_the_first_of_the_highest_is_taken(tmp_path, method):
    """As in `fit`, where a mode that a climb gets no further from is one, though not converged."""
    runs = {"laplace": "restarts", "map": "runs"}[method]
    model = stanmix.Mixture("CO2 ~ GNP", 2, order="GNP")
    frame = stanmix.datasets.load("co2")
    folder = model.export(tmp_path / "out", frame, method=method, seed=1, **{runs: 11})
    (source,) = folder.glob("*.stan")
    program = source.with_suffix("")
    climbs = CLIMBS if method == "laplace" else CLIMBS.replace("mode_", f"{program.name}_")
    program.write_text(climbs)
    program.chmod(0o755)
    done = run_script(folder, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    if method == "laplace":
        assert (folder / "output" / "mode.csv").read_text().startswith("# output/mode_2.csv\n")
    program.write_text(climbs.replace("Line search failed", "out of memory"))
    done = run_script(folder, tmp_path)
    assert done.returncode == 1 and "11 run(s) failed" in done.stderr


def test_threads_are_settled_and_asked_of_the_compiler(tmp_path):
    model, frame = stanmix.Mixture("y", 2), {"y": [1.0, 2.0, 5.0, 6.0]}
    for count, lines in ((1, 0), (3, 1)):
        folder = model.export(
            tmp_path / f"{count}", frame, method="map", threads=count, starts="random", seed=1
        )
        script = (folder / "run.sh").read_text()
        assert script.count("export STAN_NUM_THREADS=3\n") == lines
        assert script.count(" STAN_THREADS=true ") == lines
        assert stanmix.Provenance.read(folder).options["threads"] == count


def test_what_the_folder_holds(tmp_path):
    model = stanmix.Mixture("y", 2)
    frame = {"y": [1.0, 2.0, 5.0, 6.0]}
    folder = model.export(tmp_path / "out", frame, chains=4, seed=1)
    names = {path.name for path in folder.iterdir()}
    assert names == {
        "normal_mixture_fused.stan", "likelihood.hpp", "data.json", "run.sh",
        "README.md", "provenance.json", "columns.nc",
        "start_1.json", "start_2.json", "start_3.json", "start_4.json",
    }  # fmt: skip
    program = (folder / "normal_mixture_fused.stan").read_text()
    assert program == model.program(kernel="fused")
    model.export(folder, frame, chains=2, seed=1)
    assert len(list(folder.glob("start_*.json"))) == 2
    portable = model.export(tmp_path / "portable", frame, kernel="stan", starts="random", seed=1)
    assert {path.name for path in portable.iterdir()} == {
        "normal_mixture.stan", "data.json", "run.sh", "README.md", "provenance.json",
        "columns.nc",
    }  # fmt: skip
    assert (portable / "normal_mixture.stan").read_text() == model.program()
    assert "init=" not in (portable / "run.sh").read_text()


def test_a_run_that_fails_is_not_hidden(cmdstan, tmp_path):
    model = stanmix.Mixture("CO2 ~ GNP", 2, order="GNP")
    folder = model.export(tmp_path / "out", stanmix.datasets.load("co2"), chains=2, seed=1)
    put_program(folder, cmdstan)
    (folder / "start_1.json").write_text('{"theta": [0.9, 0.9]}')
    done = run_script(folder, cmdstan)
    assert done.returncode == 1 and "1 run(s) failed" in done.stderr
    # The other chain is left to finish.
    other = next((folder / "output").glob("*_2.csv")).read_text()
    assert "seconds (Total)" in other


def test_a_run_takes_nothing_of_an_earlier_one(cmdstan, tmp_path):
    model = stanmix.Mixture("CO2 ~ GNP", 2, order="GNP")
    frame = stanmix.datasets.load("co2")
    folder = model.export(tmp_path / "out", frame, method="laplace", restarts=2, seed=1)
    put_program(folder, cmdstan)
    run(folder, cmdstan)
    name = next(folder.glob("*.stan")).stem
    assert (folder / "output" / f"{name}_1.csv").is_file()
    (folder / "data.json").write_text("{}")
    assert run_script(folder, cmdstan).returncode == 1
    assert not list((folder / "output").glob("*_1.csv"))


def test_an_interrupt_ends_the_runs(cmdstan, tmp_path):
    model = stanmix.Mixture("CO2 ~ GNP", 2, order="GNP")
    frame = stanmix.datasets.load("co2")
    folder = model.export(tmp_path / "out", frame, chains=2, draws=5_000_000, seed=1)
    put_program(folder, cmdstan)
    script = subprocess.Popen(["sh", folder / "run.sh"], env={**os.environ, "CMDSTAN": cmdstan})
    try:
        wait_for(lambda: len(list((folder / "output").glob("*.csv"))) == 2)
        script.terminate()
        assert script.wait(timeout=20) == 130
    finally:
        script.kill()
    wait_for(lambda: not runs_of(folder))


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(InputError, match="is a file"):
        stanmix.Mixture("y", 2).export(tmp_path / "taken", {"y": [1.0, 2.0, 5.0]})


@pytest.mark.parametrize("file", ["data.json", "run.sh", "provenance.json", "README.md"])
def test_a_full_disk_is_an_error_in_words(file, tmp_path, monkeypatch):
    """Whichever file is the first that the system does not take."""
    opened = pathlib.Path.open

    def full(self, *arguments, **options):
        if self.name == file:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return opened(self, *arguments, **options)

    monkeypatch.setattr(pathlib.Path, "open", full)
    monkeypatch.setattr(pathlib.Path, "write_text", written)
    with pytest.raises(OutputError, match=r"cannot be written to .*: No space left on device"):
        stanmix.Mixture("y", 2).export(tmp_path, {"y": [0.0, 1.0, 5.0, 6.0]}, "map", seed=1)


def written(self, text, encoding="utf-8"):
    """As `Path.write_text`, which in some Pythons does not call `open`."""
    with self.open("w", encoding=encoding) as file:
        return file.write(text)
