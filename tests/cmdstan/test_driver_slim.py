"""The small part of Stan Math gives what all of it gives, or does not compile."""

from __future__ import annotations

import functools
import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from driver_programs import DATA, KNOWN, SIMULATOR, assembled, draws, write_data

from stanmix import cmdstan
from stanmix.program.files import models_folder


@functools.cache
def small() -> cmdstan.Program:
    return cmdstan.build(KNOWN, name="known", cmdstan=assembled(), progress=False)


def included(folder: Path, which: str) -> set[str]:
    """Return the headers of Stan Math that a slim folder includes, as paths below include/."""
    done = subprocess.run(
        ["c++", "-std=c++17", "-D_REENTRANT", "-MM", "-x", "c++", "-I", f"driver/slim/{which}",
         "-I", "include", "-"],
        input="#include <stan/math.hpp>\n", capture_output=True, text=True, cwd=folder, check=True,
    )  # fmt: skip
    return set(re.findall(r"include/(stan/math/\S+)", done.stdout))


def test_each_function_comes_with_its_gradient() -> None:
    folder = assembled()
    headers = included(folder, "programs")
    assert "stan/math/rev/core.hpp" in headers
    assert "stan/math/rev/functor/reduce_sum.hpp" not in headers  # it is the small part
    missing = [
        header
        for header in sorted(headers)
        if re.match(r"stan/math/prim/(constraint|fun|functor|prob|err|meta)/", header)
        and (folder / "include" / header.replace("/prim/", "/rev/")).exists()
        and header.replace("/prim/", "/rev/") not in headers
    ]
    assert missing == []


def test_every_shipped_program_is_within_the_small_part(tmp_path: Path) -> None:
    folder = assembled()
    done = subprocess.run(
        ["c++", "-std=c++17", "-D_REENTRANT", "-E", "-P", "-I", "driver/slim/programs",
         "-I", "include", "-x", "c++", "driver/slim/program.hpp"],
        capture_output=True, text=True, cwd=folder, check=True,
    )  # fmt: skip
    words = set(re.findall(r"\w+", done.stdout))
    programs = sorted((models_folder() / "programs").glob("*.stan"))
    assert len(programs) > 10
    for program in programs:
        translated = tmp_path / f"{program.stem}.hpp"
        subprocess.run(
            ["bin/stanc", "--allow-undefined", f"--o={translated}", str(program)], cwd=folder,
            check=True,
        )  # fmt: skip
        used = set(re.findall(r"stan::math::(\w+)", translated.read_text()))
        assert used - words == set(), program.name


# Each function that is compiled with the driver, for each of the types that it is compiled for, and
# others of the small part.
BOTH = """
functions {
  real priors_lpdf(real x, vector a) {
    return exponential_lpdf(x | a[1]) + normal_lpdf(x | a[1], a[2]) + cauchy_lpdf(x | a[1], a[2])
           + double_exponential_lpdf(x | a[1], a[2]) + logistic_lpdf(x | a[1], a[2])
           + gamma_lpdf(x | a[1], a[2]) + inv_gamma_lpdf(x | a[1], a[2])
           + lognormal_lpdf(x | a[1], a[2]) + uniform_lpdf(x | -a[2], 99 + a[2])
           + student_t_lpdf(x | a[1], a[2], a[3]);
  }
}
data {
  matrix[5, 3] X;
  vector[3] a;
  vector<lower=0>[3] b;
  array[10] int<lower=0, upper=1> y;
}
transformed data {
  matrix[2, 2] covariance = [[1, 0.6], [0.6, 2]];
}
parameters {
  simplex[3] theta;
  ordered[3] mu;
  positive_ordered[3] tau;
  vector<lower=a[1]>[3] beta;
  vector<lower=a[1], upper=a[1] + 2>[3] eta;
  array[1] vector<lower={a}, upper={a + b}>[3] sigma;
  real<lower=0> scale;
  vector[2] x;
}
transformed parameters {
  matrix[2, 3] shape = [[scale, 1, 2], [x[1], x[2], 3]];
}
model {
  vector[5] location = X * beta;
  target += dirichlet_lpdf(theta | b) + dirichlet_lupdf(theta | b);
  target += log_mix(theta, {mu, tau, eta});
  target += priors_lpdf(tau[1] | b) + normal_lpdf(tau | 1, 1) + normal_lpdf(beta | 1, 2);
  target += gamma_lupdf(tau[2] | b[1], b[2]) + normal_lupdf(eta[1] | b[1], b[2]);
  for (n in 1:5) target += inv_logit(location[n]) * normal_lpdf(X[n] | mu, scale);
  for (n in 1:5) target += normal_lpdf(X[n] | eta, sigma[1]) + normal_lupdf(X[n] | eta, sigma[1]);
  profile("others") {
    theta[1] ~ beta(1, 1);
    y ~ bernoulli(theta[1]);
  }
  target += multi_normal_lpdf(x | a[1:2], covariance);
}
generated quantities {
  int y_rep = bernoulli_rng(theta[1]);
  real log_odds = logit(theta[1]);
}
"""

# A function beyond the small part, which nothing asks.
ASKED_BY_NONE = "real rare(real x) {\n    return owens_t(x, 2);\n  }"
RARE = BOTH.replace("functions {", f"functions {{\n  {ASKED_BY_NONE}")


def test_same_density_gradient_and_draws_to_the_bit(tmp_path: Path) -> None:
    """What is compiled with the driver, and the rest of the small part, is what Stan has.

    A program beyond the small part is compiled with all of it.
    """
    rng = np.random.default_rng(5)
    data = write_data(
        tmp_path,
        {"X": rng.normal(size=(5, 3)).tolist(), "a": [0.5, 1.0, 1.5], "b": [1.7, 1.3, 2.5],
         "y": DATA["y"]},
    )  # fmt: skip
    sets = {"params_r": rng.normal(size=(50, 20)).tolist()}
    (tmp_path / "sets.json").write_text(json.dumps(sets))
    programs = {"small": (BOTH, 1), "full": (RARE, 2)}
    for name, (source, times) in programs.items():
        (tmp_path / f"{name}.stan").write_text(source)
        assert compiles(make(assembled(), tmp_path / name)) == times
    left = {f"{name}{end}" for name in programs for end in ("", ".hpp", ".stan")}
    assert {path.name for path in tmp_path.iterdir()} == left | {"data.json", "sets.json"}
    for arguments in (
        ("log_prob", "unconstrained_params=sets.json"),
        ("log_prob", "unconstrained_params=sets.json", "jacobian=0"),
        ("sample", "num_samples=100"),
        ("variational", "output_samples=50"),
        # Stan asks these with std::vector, which the small part hands on as Eigen's.
        ("optimize", "algorithm=lbfgs"),
        ("optimize", "algorithm=bfgs", "jacobian=1"),
        ("pathfinder", "num_draws=50", "num_psis_draws=50"),
    ):
        tables = []
        for name in programs:
            subprocess.run(
                [str(tmp_path / name), *arguments, "random", "seed=3", "data", f"file={data}",
                 "output", "sig_figs=17"],
                cwd=tmp_path, check=True, capture_output=True,
            )  # fmt: skip
            tables.append(draws(tmp_path / "output.csv"))
        assert np.isfinite(tables[0].to_numpy()).all(), arguments
        assert tables[0].equals(tables[1]), arguments


def make(folder: Path, program: Path, *variables: str) -> str:
    done = subprocess.run(
        ["make", *variables, str(program)], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def compiles(log: str) -> int:
    """Return how often a program was compiled: twice if the small part was not enough."""
    return log.count("Compiling C++ code")


def mark_of_compiled(toolchain: Path, header: Path) -> str:
    """Return what g++ says of the compiled form of `header`: "!" it is taken, "x" it is not.

    What is compiled needs Stan's headers, and compiles with them only.
    """
    done = subprocess.run(
        ["c++", "-std=c++17", "-pthread", "-w", "-D_REENTRANT", "-DBOOST_DISABLE_ASSERTS", "-O3",
         "-I", "driver/slim/programs", "-I", "include", "-include", str(header), "-H",
         "-fsyntax-only", "-x", "c++", "-"],
        input="stan::math::var zero = 0;", capture_output=True, text=True, cwd=toolchain,
        check=True,
    )  # fmt: skip
    return done.stderr.split()[0]


def test_the_compiled_header_is_used_and_that_of_another_compiler_is_not(tmp_path: Path) -> None:
    toolchain = assembled()
    # The program of the other tests was compiled with the small part.
    assert compiles((small().exe_file.parent / "build.log").read_text()) == 1
    compiled = list(toolchain.glob("build/*/slim.hpp.gch"))
    if not compiled:
        assert "clang" in small().compiler  # which has none
        return
    header = compiled[0].with_suffix("")
    assert mark_of_compiled(toolchain, header) == "!"

    # After "gpch" and a version, eight letters, comes the checksum of the compiler.
    with compiled[0].open("rb") as stream:
        stale = bytearray(stream.read(4096))
    stale[8:24] = bytes(byte ^ 0xFF for byte in stale[8:24])
    copy = tmp_path / "slim.hpp"
    copy.write_text(header.read_text())
    (tmp_path / "slim.hpp.gch").write_bytes(stale)
    assert mark_of_compiled(toolchain, copy) == "x"


def test_a_failed_compile_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "bad.stan").write_text("parameters { real x } model {}")
    done = subprocess.run(
        ["make", str(tmp_path / "bad")], cwd=assembled(), capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "Syntax error" in done.stdout + done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["bad.stan"]


def test_users_functions_in_a_header(tmp_path: Path) -> None:
    (tmp_path / "twice.hpp").write_text(
        "#include <stan/math/rev/core.hpp>\n#include <ostream>\n"
        "template <typename T>\nT twice(const T& x, std::ostream*) { return x + x; }\n"
    )
    (tmp_path / "user.stan").write_text(
        "functions { real twice(real x); } parameters { real x; }"
        " model { target += -twice(square(x)); }"
    )
    make(
        assembled(), tmp_path / "user", "STANCFLAGS+=--allow-undefined",
        f"USER_HEADER={tmp_path / 'twice.hpp'}",
    )  # fmt: skip
    (tmp_path / "p.json").write_text('{"params_r": [3.0]}')
    subprocess.run(
        [str(tmp_path / "user"), "log_prob", "unconstrained_params=p.json"],
        cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    table = draws(tmp_path / "output.csv")
    assert (table["lp__"][0], table["x"][0]) == (-18, -12)


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM], ids=lambda end: end.name)
def test_an_interrupted_compile_leaves_nothing_and_the_next_one_the_program(
    end: signal.Signals, tmp_path: Path
) -> None:
    toolchain, program = assembled(), tmp_path / "simulator"
    (tmp_path / "simulator.stan").write_text(SIMULATOR)
    running = subprocess.Popen(
        ["make", str(program)], cwd=toolchain, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip
    assert running.stdout is not None
    for line in running.stdout:
        if "Compiling C++ code" in line:
            break
    time.sleep(1)  # the compiler is in the middle of it
    os.killpg(running.pid, end)
    running.communicate(timeout=60)
    assert running.returncode != 0
    assert {path.name for path in tmp_path.iterdir()} == {"simulator.stan"}
    make(toolchain, program)
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"simulator.stan", "simulator.hpp", "simulator"}
    # It is the program that an undisturbed compile gives.
    data = write_data(tmp_path, {"scale": 2})
    undisturbed = cmdstan.build(SIMULATOR, name="simulator", cmdstan=toolchain, progress=False)
    tables = []
    for number, exe_file in enumerate((program, undisturbed.exe_file)):
        folder = tmp_path / str(number)
        folder.mkdir()
        subprocess.run(
            [str(exe_file), "sample", "num_samples=50", "random", "seed=1", "data", f"file={data}"],
            cwd=folder, check=True, capture_output=True,
        )  # fmt: skip
        tables.append(draws(folder / "output.csv"))
    assert len(tables[0]) == 50
    pd.testing.assert_frame_equal(*tables, check_exact=True)
