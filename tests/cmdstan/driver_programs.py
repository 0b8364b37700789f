"""The Stan programs that the tests of the driver run, compiled once, and how to run them."""

from __future__ import annotations

import functools
import json
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd

from stanmix.cmdstan import Program, build, require, version
from stanmix.cmdstan.assemble import assemble
from stanmix.cmdstan.make import is_own

# Every posterior here is known exactly: theta is Beta(1 + 2, 1 + 8), x is normal with mean
# MEAN and covariance COVARIANCE, independent of theta.
KNOWN = """
data {
  int<lower=0> N;
  array[N] int<lower=0, upper=1> y;
}
transformed data {
  vector[2] mean_x = [1, -2]';
  matrix[2, 2] covariance_x = [[1, 0.6], [0.6, 2]];
}
parameters {
  real<lower=0, upper=1> theta;
  vector[2] x;
}
transformed parameters {
  matrix[2, 3] shape = [[theta, 1, 2], [x[1], x[2], 3]];
}
model {
  profile("likelihood") {
    theta ~ beta(1, 1);
    y ~ bernoulli(theta);
  }
  target += multi_normal_lpdf(x | mean_x, covariance_x);
}
generated quantities {
  int y_rep = bernoulli_rng(theta);
  real log_odds = logit(theta);
}
"""
DATA = {"N": 10, "y": [0, 1, 0, 0, 0, 0, 0, 0, 0, 1]}
MEAN = np.array([1.0, -2.0])
COVARIANCE = np.array([[1.0, 0.6], [0.6, 2.0]])

# Its optimum is known exactly: the mean, and the root of the mean square around it. The only
# program of these that is compiled for threads.
NORMAL = """
data {
  int<lower=0> N;
  vector[N] y;
}
parameters {
  real mu;
  real<lower=0> sigma;
}
model {
  y ~ normal(mu, sigma);
}
generated quantities {
  real y_rep = normal_rng(mu, sigma);
}
"""
NORMAL_DATA = {"N": 8, "y": [3.1, 4.7, 5.0, 5.2, 6.4, 7.3, 7.7, 9.8]}

# No parameters at all.
SIMULATOR = """
data {
  real<lower=0> scale;
}
generated quantities {
  real z = normal_rng(3, scale);
}
"""

# A density that cannot be evaluated at most starting points.
REFUSES = """
parameters {
  real a;
}
model {
  if (a > -1e9) {
    reject("no value of a is good: ", a);
  }
}
"""


@functools.cache
def assembled() -> Path:
    """Return the CmdStan that stanmix assembles, whichever the other tests run against."""
    found = require(progress=False)
    return found if is_own(found) else assemble(progress=False)


@functools.cache
def known() -> Program:
    return build(KNOWN, name="known", progress=False)


@functools.cache
def normal() -> Program:
    return build(NORMAL, name="normal", threads=True, progress=False)


@functools.cache
def simulator() -> Program:
    return build(SIMULATOR, name="simulator", progress=False)


@functools.cache
def refuses() -> Program:
    return build(REFUSES, name="refuses", progress=False)


def stan_from(minor: int) -> bool:
    """Whether the CmdStan in use is of version 2.`minor` or later."""
    return version(known().cmdstan) >= (2, minor, 0)


def write_data(folder: Path, data: object = None) -> Path:
    """Write data (of the known program, if none are given) as JSON and return the path."""
    path = folder / "data.json"
    path.write_text(json.dumps(DATA if data is None else data), encoding="utf-8")
    return path


def call(program: Program, *arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a program from the shell's point of view, with `cwd` as the working directory."""
    return subprocess.run(
        [str(program.exe_file), *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        check=False,
        timeout=300,
    )


def run(program: Program, *arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a program that must succeed."""
    done = call(program, *arguments, cwd=cwd)
    assert done.returncode == 0, done.stderr + done.stdout
    return done


def draws(path: Path) -> pd.DataFrame:
    """Read the draws of a Stan CSV file."""
    return pd.read_csv(path, comment="#")


def comments(path: Path) -> list[str]:
    """Read the comment lines of a Stan CSV file, without the sign."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line[2:] for line in lines if line.startswith("#")]
