from __future__ import annotations

import os
import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest

import stanmix
from stanmix.errors import InputError


def run(folder, cmdstan):
    """Run the script with nothing of Python's in its environment."""
    env = {"PATH": os.environ["PATH"], "HOME": "/", "CMDSTAN": str(cmdstan)}
    script = ["sh", str(folder / "run.sh")]
    return subprocess.run(script, env=env, check=True, capture_output=True)


def compiled(folder):
    """Put the cached program of an export beside its source, so that the script need not."""
    (source,) = folder.glob("*.stan")
    program = stanmix.cmdstan.build(source.read_text(), name=source.stem, progress=False)
    shutil.copy(program.exe_file, source.with_suffix(""))
    return folder


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


@pytest.mark.parametrize("method", ["advi", "pathfinder", "laplace", "map"])
def test_other_methods_run_alone_too(cmdstan, tmp_path, method):
    model = stanmix.Mixture("CO2 ~ GNP", 2, order="GNP")
    frame = stanmix.datasets.load("co2")
    options = {"method": method, "seed": 3, "kernel": "stan"}
    folder = compiled(model.export(tmp_path / "an export's folder, é", frame, **options))
    fit = model.fit(frame, progress=False, **options)
    run(folder, cmdstan)
    kept = 1 if method == "laplace" else fit.idata.attrs["kept_run"]
    draws = read(folder / "output" / f"normal_regressions_ordered_beta_{kept}.csv")
    if method == "advi":
        draws = draws.iloc[1:]  # the first row is the mean
    column, mine = draws["beta.1.2"], fit.idata.posterior["beta"][0, :, 0, 1]
    np.testing.assert_array_equal(column.iloc[-1:] if method == "map" else column, mine)


def test_of_several_runs_one_may_fail(cmdstan, tmp_path):
    """The folder does as `fit` does: the others are there, and the failure is said."""
    model = stanmix.Mixture("CO2 ~ GNP", 2, order="GNP")
    options = {"method": "pathfinder", "seed": 3, "kernel": "stan", "restarts": 2}
    folder = compiled(model.export(tmp_path / "out", stanmix.datasets.load("co2"), **options))
    (folder / "start_2.json").write_text('{"theta": [0.5, 0.5]}x')
    said = run(folder, cmdstan)
    assert b"1 run(s) failed" in said.stderr
    (folder / "start_1.json").write_text("x")
    with pytest.raises(subprocess.CalledProcessError):
        run(folder, cmdstan)


def test_what_the_folder_holds(tmp_path):
    model = stanmix.Mixture("y", 2)
    frame = {"y": [1.0, 2.0, 5.0, 6.0]}
    folder = model.export(tmp_path / "out", frame, chains=4, seed=1)
    names = {path.name for path in folder.iterdir()}
    assert names == {
        "normal_mixture_ordered_mu_fused.stan", "likelihood.hpp", "data.json", "run.sh",
        "README.md", "start_1.json", "start_2.json", "start_3.json", "start_4.json",
    }  # fmt: skip
    program = (folder / "normal_mixture_ordered_mu_fused.stan").read_text()
    assert program == model.program(kernel="fused")
    model.export(folder, frame, chains=2, seed=1)
    assert len(list(folder.glob("start_*.json"))) == 2
    portable = model.export(tmp_path / "portable", frame, kernel="stan", starts="random")
    assert {path.name for path in portable.iterdir()} == {
        "normal_mixture_ordered_mu.stan", "data.json", "run.sh", "README.md",
    }  # fmt: skip
    assert (portable / "normal_mixture_ordered_mu.stan").read_text() == model.program()
    assert "init=" not in (portable / "run.sh").read_text()


def test_a_run_that_fails_is_not_hidden(cmdstan, tmp_path):
    model = stanmix.Mixture("CO2 ~ GNP", 2, order="GNP")
    folder = model.export(tmp_path / "out", stanmix.datasets.load("co2"), chains=2, seed=1)
    (folder / "data.json").write_text("{}")
    with pytest.raises(subprocess.CalledProcessError):
        run(folder, cmdstan)


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(InputError, match="is a file"):
        stanmix.Mixture("y", 2).export(tmp_path / "taken", {"y": [1.0, 2.0, 5.0]})
