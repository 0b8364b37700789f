"""The commands of ``stan_models/README.md``, run by a shell that knows CmdStan alone."""

from __future__ import annotations

import os
import re
import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest
from rendered import COPIES, EXAMPLES

import stanmix
from stanmix.program.files import models_folder

README = (models_folder() / "README.md").read_text()
(BLOCK,) = re.findall(r"```sh\n(name=.*?)```", README, re.DOTALL)
# Quick, and the fused programs that they are held to are compiled for other tests anyway.
IN_FULL = [
    "normal_mixture_ordered_mu_known_sigma_known_theta",
    "poisson_mixture_ordered_mu_weights",
]


def shell(commands, folder, cmdstan):
    """Run commands as a user does, with nothing of Python's in the environment."""
    env = {"PATH": os.environ["PATH"], "HOME": "/", "CMDSTAN": str(cmdstan)}
    command = ["sh", "-eu", "-c", commands]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=True)


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(COPIES, tmp_path / "stan_models" / "programs")
    return tmp_path / "stan_models"


def test_the_table_names_every_program():
    assert set(re.findall(r"^\| `(\w+)` \|", README, re.MULTILINE)) == set(EXAMPLES)
    assert {path.stem for path in COPIES.glob("*.stan")} == set(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_stan_accepts_every_program(name, folder, cmdstan):
    (check,) = re.findall(r"^.*/bin/stanc .*$", BLOCK, re.MULTILINE)
    shell(f"name={name}\n{check}", folder, cmdstan)


@pytest.mark.parametrize("name", IN_FULL)
def test_the_commands_give_the_posterior_of_fit(name, folder, cmdstan):
    """The shipped program is portable and names its priors; its posterior is that of the fused."""
    model, frame = EXAMPLES[name]
    if name != IN_FULL[0]:  # the first is compiled by make; the others come from the cache
        source = model.program(priors="named")
        built = stanmix.cmdstan.build(source, name=name, cmdstan=cmdstan, progress=False)
        shutil.copy(built.exe_file, folder / "programs" / name)
    done = shell(re.sub(r"^name=\w+", f"name={name}", BLOCK), folder, cmdstan)
    options = {"starts": "random", "warmup": "stan", "seed": 1}
    fit = model.fit(frame, cmdstan=cmdstan, progress=False, **options)
    chains = [pd.read_csv(folder / f"{name}-{i}.csv", comment="#") for i in (1, 2, 3, 4)]
    assert all(len(chain) == 1000 for chain in chains)
    summary = fit.summary()
    for k in range(1, model.components + 1):
        one = summary.loc[f"mu[{k}]"]
        pooled = np.mean([chain[f"mu.{k}"].mean() for chain in chains])
        error = one["sd"] * np.sqrt(2 / one["ess_bulk"])  # of the difference of two such means
        assert abs(pooled - one["mean"]) < 5 * error
        spread = np.concatenate([chain[f"mu.{k}"] for chain in chains]).std()
        assert spread == pytest.approx(one["sd"], rel=0.15)
    (row,) = re.findall(r"^mu\[1\]\s+(\S+)", done.stdout, re.MULTILINE)
    assert float(row) == pytest.approx(np.mean([c["mu.1"].mean() for c in chains]), rel=0.05)
    advi = pd.read_csv(folder / f"{name}-advi.csv", comment="#")
    assert len(advi) == 1001 and np.isfinite(advi["mu.1"]).all()
