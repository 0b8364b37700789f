"""The driver's runs are those of Stan's services, called directly: the same numbers to the bit.

The direct calls (``services.cpp``) are written from the headers of Stan's services and from
CmdStan's documented defaults, and share no code with the driver.
"""

from __future__ import annotations

import functools
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from driver_programs import assembled, run

from stanmix.cmdstan import Program, build, version

# Parameters with a transform, and a quantity that uses up random numbers between the draws.
SOURCE = """
parameters {
  real<lower=0> scale;
  simplex[3] theta;
  vector[2] x;
}
model {
  scale ~ gamma(3, 1);
  theta ~ dirichlet([1, 2, 3]');
  x ~ normal(1, scale);
}
generated quantities {
  real z = normal_rng(x[1], scale);
}
"""


@functools.cache
def program() -> Program:
    return build(SOURCE, name="services", cmdstan=assembled(), progress=False)


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compile the direct calls and the program, with all of Stan Math; return the executable."""
    folder = tmp_path_factory.mktemp("services")
    toolchain = assembled()
    translated = folder / "program.hpp"
    stanc = [toolchain / "bin" / "stanc", f"--o={translated}", program().stan_file]
    subprocess.run(stanc, check=True)
    # The same arithmetic at any level of optimisation, and less to compile than at the driver's.
    compiler = ["c++", "-std=c++17", "-O1", "-pthread", "-w", "-D_REENTRANT",
                "-DBOOST_DISABLE_ASSERTS"]  # fmt: skip
    calls = Path(__file__).with_name("services.cpp")
    sources = {"program.o": (translated, []), "calls.o": (calls, ["-I", "driver/slim/services"])}

    def compile_one(name: str) -> None:
        source, includes = sources[name]
        subprocess.run(
            [*compiler, *includes, "-I", "include", "-x", "c++", "-c", source, "-o", folder / name],
            cwd=toolchain, check=True,
        )  # fmt: skip

    with ThreadPoolExecutor(len(sources)) as pool:
        list(pool.map(compile_one, sources))
    lib = toolchain / "lib"
    subprocess.run(
        [*compiler, *(folder / name for name in sources), "-L", lib, "-ltbb",
         f"-Wl,-rpath,{lib}", "-o", folder / "services"],
        check=True,
    )  # fmt: skip
    return folder / "services"


def rows(text: str, separator: str | None = None) -> np.ndarray:
    return np.array([[float(value) for value in row.split(separator)] for row in text.splitlines()])


@pytest.mark.parametrize(
    ("method", "count", "own"), [("sample", 1000, 7), ("variational", 1001, 3), ("optimize", 1, 1)]
)
def test_the_same_numbers_as_the_service(
    method: str, count: int, own: int, services: Path, tmp_path: Path
) -> None:
    if method == "optimize":
        own += version(assembled()) >= (2, 39, 0)  # converged__
    done = subprocess.run([services, method], capture_output=True, text=True, check=True)
    expected = rows(done.stdout)
    assert expected.shape == (count, own + 7)
    run(program(), method, "id=3", "random", "seed=7", "output", "sig_figs=17", cwd=tmp_path)
    lines = (tmp_path / "output.csv").read_text().splitlines()
    table = [line for line in lines if line and not line.startswith("#")]
    assert np.array_equal(rows("\n".join(table[1:]), ","), expected)
