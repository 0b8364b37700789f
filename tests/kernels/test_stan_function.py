"""The functions inside Stan: value and gradient as in Stan's own language."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stanmix import cmdstan as toolchain
from stanmix.program import kernels

KINDS = range(1, 27)
OPTIONS = (5, 6, 10, 12, 15, 18, 19, 20, 23, 26)  # kinds that have them


@pytest.fixture(scope="module")
def program(cmdstan, tmp_path_factory):
    folder = tmp_path_factory.mktemp("kernels")
    header = folder / "all.hpp"
    # How the functions are asked is tested here: wider instructions and optimisation of so many of
    # them would take a minute.
    quick = '#define STANMIX_BASELINE\n#pragma GCC optimize("O0")\n'
    header.write_text(quick + "".join(kernels.header(name) for name in kernels.families()))
    source = (Path(__file__).parent / "likelihoods.stan").read_text()
    return toolchain.build(
        source, name="likelihoods", user_header=header, cmdstan=cmdstan, progress=False
    )


def data(kind, seed, *, N=150, K=3, P=2, options=True, grouped=True):
    rng = np.random.default_rng(seed)
    grouped = grouped and kind in OPTIONS
    G = 20 if grouped else N
    group = np.concatenate([np.arange(G), rng.integers(0, G, N - G)]) + 1 if grouped else []
    y = rng.normal(0, 2, N)
    return {
        "N": N, "K": K, "P": P, "G": G, "kind": kind,
        "y": y, "y_to": y + 1,
        "counts": np.minimum(rng.poisson(3, N), 9),
        "X": rng.normal(size=(N, P)),
        "Z": rng.normal(size=(G, P)),
        "M": N if options else 0,
        "offsets": rng.normal(0, 0.3, N if options else 0),
        "weights": rng.choice([0.0, 1.0, 2.5], N if options else 0),
        "grouped": len(group), "group": group,
        "known": rng.dirichlet(np.ones(K)),
    }  # fmt: skip


def write(folder, values):
    plain = {name: np.asarray(value).tolist() for name, value in values.items()}
    (folder / "data.json").write_text(json.dumps(plain))


def run(program, folder, arguments, check=True):
    return subprocess.run(
        [program.exe_file, *arguments.split(), "output", "file=out.csv", "sig_figs=18"],
        cwd=folder,
        check=check,
        capture_output=True,
        text=True,
    )


def log_prob(program, folder, values, points):
    """Return value and gradient, a row a point of unconstrained parameters."""
    write(folder, values)
    (folder / "points.json").write_text(json.dumps({"params_r": points.tolist()}))
    run(program, folder, "log_prob unconstrained_params=points.json data file=data.json")
    return pd.read_csv(folder / "out.csv", comment="#").to_numpy()


@pytest.mark.parametrize(
    ("kind", "options", "grouped"),
    [(kind, False, False) for kind in KINDS]
    + [
        (kind, *parts) for kind in OPTIONS for parts in ((True, False), (False, True), (True, True))
    ],
)
def test_the_same_as_in_stan(program, tmp_path, kind, options, grouped):
    values = data(kind, seed=kind, options=options, grouped=grouped)
    size = 2 + 3 + 6 + 3 + 6 + 3 + 6 + 6
    points = np.random.default_rng(kind).normal(size=(20, size))
    fused = log_prob(program, tmp_path, {**values, "fused": 1}, points)
    stan = log_prob(program, tmp_path, {**values, "fused": 0}, points)
    assert fused.shape == stan.shape == (20, 1 + size)
    assert np.isfinite(stan).all()
    scale = np.abs(stan).max(axis=1, keepdims=True)  # some derivatives nearly cancel
    np.testing.assert_array_less(np.abs(fused - stan), 1e-9 * np.abs(stan) + 1e-13 * scale)


@pytest.mark.parametrize("kind", KINDS)
def test_numbers_in_generated_quantities(program, tmp_path, kind):
    values = []
    for fused in (0, 1):
        write(tmp_path, {**data(kind, seed=kind), "fused": fused})
        run(
            program,
            tmp_path,
            "sample algorithm=fixed_param num_samples=5 data file=data.json random seed=1",
        )
        values.append(pd.read_csv(tmp_path / "out.csv", comment="#")["value"])
    np.testing.assert_allclose(values[1], values[0], rtol=1e-12)


@pytest.mark.parametrize(
    ("kind", "name", "bad", "message"),
    [
        (5, "weights", -1.0, r"weights[3] is -1, but must be finite and at least 0."),
        (5, "group", 0, "group[3] is 0, but must be at least 1."),
        (8, "counts", -2, "y[3] is -2, but must be at least 0."),
        (20, "counts", 10, "y[3] is 10, but must be at most the trials of its row."),
        (21, "y", float("nan"), "y[3] is nan, but must be positive and finite."),
        (22, "counts", 10, "y[3] is 2, but must be 0 or 1."),
        (26, "known", 0.0, "the diagonal of L_Sigma[3][2] is 0, but must be positive."),
        (3, "known", 1.5, "theta[3] is 1.5, but must be between 0 and 1."),
        (2, "y", float("nan"), "the log likelihood is not a number."),
        (25, "y_to", -99.0, "y_to[3] is -99, but must be above the y of its row."),
        (25, "y_to", float("nan"), "y_to[3] is nan, but must be above the y of its row."),
    ],
)
def test_refuses_what_it_cannot_use(program, tmp_path, kind, name, bad, message):
    values = {**data(kind, seed=1), "fused": 1}
    values[name] = np.array(values[name])
    values[name][2] = bad
    write(tmp_path, values)
    ended = run(program, tmp_path, "sample data file=data.json random seed=1", check=False)
    assert ended.returncode != 0
    assert message in ended.stdout + ended.stderr


@pytest.mark.parametrize(
    ("kind", "changes", "message"),
    [
        (6, {"group": 19}, "the size of the rows of Z is 20, but must be 19."),
        (11, {"Z": 20}, "the size of the rows of X_sigma is 20, but must be 150."),
        (14, {"Z": 20}, "the size of the rows of X_nu is 20, but must be 150."),
        (26, {"P": 3}, "the size of the rows of L_Sigma[1] is 2, but must be 3."),
    ],
)
def test_refuses_sizes_that_do_not_fit(program, tmp_path, kind, changes, message):
    values = {**data(kind, seed=1), "fused": 1}
    if "P" in changes:
        values |= data(kind, seed=1, P=changes["P"])
    elif "group" in changes:
        values["group"] = np.minimum(values["group"], changes["group"])
    else:
        values["Z"] = values["Z"][: changes["Z"]]
        values["G"] = changes["Z"]
    write(tmp_path, values)
    ended = run(program, tmp_path, "sample data file=data.json random seed=1", check=False)
    assert ended.returncode != 0
    assert message in ended.stdout + ended.stderr
