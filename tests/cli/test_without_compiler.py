"""The command line where there is no compiler and the cache is empty: stanli runs all of it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

import stanmix


@pytest.fixture
def run(tmp_path):
    """Run a command where there is no compiler, no make, no CmdStan, and nothing in the cache."""
    bare = {name: value for name, value in os.environ.items() if name not in ("CMDSTAN", "CXX")}
    places = {"PATH": str(tmp_path), "HOME": str(tmp_path), "STANMIX_CACHE": str(tmp_path / "c")}

    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "stanmix", *arguments],
            env={**bare, **places},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_the_demo_runs_whole(run, tmp_path):
    done = run("demo", "--out", "demo", "--quiet")
    assert done.returncode == 0, done.stderr
    assert "stanli interprets" in done.stdout
    for name in ("faithful", "co2"):
        fit = stanmix.load(tmp_path / "demo" / f"{name}.nc")
        assert fit.idata.attrs["engine"] == "stanli"
        assert fit.diagnose().ok
        assert (tmp_path / "demo" / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        assert {"data.json", "run.sh", "start_4.json"} <= {
            path.name for path in (tmp_path / "demo" / f"{name}-stan").iterdir()
        }
    assert not (tmp_path / "c" / "programs").exists()


def test_the_doctor_says_what_runs_and_what_is_missing(run):
    done = run("doctor")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("ok") and "stanli runs fits" in lines[0] and "nuts" in lines[0]
    for part in ("C++ compiler", "make"):
        assert any(line.startswith(f"MISSING  {part}:") for line in lines)


def test_a_fit_says_what_ran_it(run, tmp_path):
    rng = [f"{value}" for value in (0.1, 0.3, -0.2, 0.4, 5.1, 5.3, 4.8, 5.6)]
    (tmp_path / "data.csv").write_text("\n".join(["y", *rng]) + "\n")
    stated = ["--formula", "y ~ 1", "--components", "2", "--out", "out", "--quiet", "--seed", "1"]
    done = run("fit", "data.csv", *stated, "--method", "map")
    assert done.returncode == 0, done.stderr
    assert "engine: stanli" in done.stdout
    assert stanmix.Provenance.read(tmp_path / "out").options["engine"] == "stanli"
    refused = run("fit", "data.csv", *stated, "--method", "advi")
    assert refused.returncode == 1 and "needs CmdStan" in refused.stderr
    forced = run("fit", "data.csv", *stated, "--engine", "cmdstan")
    assert forced.returncode == 1 and "C++ compiler" in forced.stderr
