"""Draws that can be had again, chains, and the files around them."""

from __future__ import annotations

import json
from pathlib import Path

import cmdstanpy
import numpy as np
import pandas as pd
import pytest
from driver_programs import (
    COVARIANCE,
    MEAN,
    NORMAL_DATA,
    comments,
    draws,
    known,
    normal,
    run,
    stan_from,
    write_data,
)


def sample(folder: Path, name: str, *arguments: object) -> pd.DataFrame:
    data = write_data(folder)
    run(
        known(), "sample", "num_samples=50", "num_warmup=100", *arguments, "data", f"file={data}",
        "output", f"file={name}.csv", "sig_figs=17", cwd=folder,
    )  # fmt: skip
    path = folder / f"{name}.csv"
    return draws(path if path.exists() else folder / f"{name}_1.csv")


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("algorithm=hmc", "metric=dense_e"),
        ("algorithm=hmc", "metric=unit_e"),
        ("algorithm=hmc", "engine=static", "int_time=2"),
        ("algorithm=hmc", "engine=static", "metric=dense_e"),
        ("algorithm=hmc", "engine=static", "metric=unit_e"),
        ("algorithm=hmc", "stepsize=0.3", "stepsize_jitter=0.5", "adapt", "engaged=0"),
    ],
)
def test_a_seed_gives_the_draws_again(arguments: tuple[str, ...], tmp_path: Path) -> None:
    first = sample(tmp_path, "a", *arguments, "random", "seed=7")
    again = sample(tmp_path, "b", *arguments, "random", "seed=7")
    other = sample(tmp_path, "c", *arguments, "random", "seed=8")
    chain = sample(tmp_path, "d", *arguments, "random", "seed=7", "id=2")
    pd.testing.assert_frame_equal(first, again, check_exact=True)
    for different in (other, chain):
        assert not np.intersect1d(first["theta"], different["theta"]).size
    assert not np.intersect1d(other["theta"], chain["theta"]).size


def test_chains_of_one_process_are_those_of_several(tmp_path: Path) -> None:
    sample(tmp_path, "all", "num_chains=3", "random", "seed=7")
    for chain in (1, 2, 3):
        alone = sample(tmp_path, f"alone{chain}", "random", "seed=7", f"id={chain}")
        together = draws(tmp_path / f"all_{chain}.csv")
        pd.testing.assert_frame_equal(alone, together, check_exact=True)


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_of_one_process_draw_as_processes_do(
    threads: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CMDSTAN", str(normal().cmdstan))
    monkeypatch.setenv("STAN_NUM_THREADS", "1")  # cmdstanpy sets it, and leaves it set
    # With sampled y_rep the draws depend on each use of the random numbers, warm-up included.
    together, apart = (
        cmdstanpy.CmdStanModel(exe_file=str(normal().exe_file)).sample(
            NORMAL_DATA, chains=3, parallel_chains=threads, chain_ids=4, seed=7, sig_figs=17,
            iter_warmup=100, iter_sampling=100, save_warmup=True, show_progress=False,
            force_one_process_per_chain=processes, output_dir=tmp_path / str(processes),
        )
        for processes in (False, True)
    )  # fmt: skip
    assert (together.runset.num_procs, apart.runset.num_procs) == (1, 3)
    used = [fit.metadata.cmdstan_config["num_threads"] for fit in (together, apart)]
    assert used == [threads, 1]
    assert together.chain_ids == apart.chain_ids == [4, 5, 6]
    assert together.column_names == apart.column_names
    draws_of_both = together.draws(inc_warmup=True), apart.draws(inc_warmup=True)
    assert draws_of_both[0].shape == (200, 3, 7 + 3)
    np.testing.assert_array_equal(*draws_of_both)
    assert np.array_equal(together.step_size, apart.step_size)
    assert np.array_equal(together.metric, apart.metric)


def test_static_hmc_samples_the_posterior(tmp_path: Path) -> None:
    data = write_data(tmp_path)
    run(
        known(), "sample", "num_samples=4000", "algorithm=hmc", "engine=static", "int_time=1.5",
        "random", "seed=2", "data", f"file={data}", cwd=tmp_path,
    )  # fmt: skip
    table = draws(tmp_path / "output.csv")
    assert "int_time__" in table
    x = table[["x.1", "x.2"]].to_numpy()
    # A cautious effective sample size of 500.
    assert np.all(np.abs(x.mean(axis=0) - MEAN) < 4 * np.sqrt(np.diag(COVARIANCE) / 500))
    assert abs(table["theta"].mean() - 0.25) < 4 * np.sqrt(0.25 * 0.75 / 13 / 500)


def test_warmup_thinning_and_diagnostics(tmp_path: Path) -> None:
    data = write_data(tmp_path)
    run(
        known(), "sample", "num_samples=10", "num_warmup=25", "save_warmup=1", "thin=3", "data",
        f"file={data}", "random", "seed=1", "output", "diagnostic_file=inner.csv",
        "sig_figs=17", cwd=tmp_path,
    )  # fmt: skip
    table, inner = draws(tmp_path / "output.csv"), draws(tmp_path / "inner.csv")
    assert len(table) == len(inner) == 9 + 4  # ceil(25 / 3) + ceil(10 / 3)
    assert list(inner.columns[7:]) == [
        "theta", "x.1", "x.2", "p_theta", "p_x.1", "p_x.2", "g_theta", "g_x.1", "g_x.2",
    ]  # fmt: skip
    logit = np.log(table["theta"] / (1 - table["theta"]))
    assert np.allclose(inner["theta"], logit, rtol=1e-10)
    # The gradient of minus the log density on the logit scale: Beta(3, 9) with its Jacobian.
    assert np.allclose(inner["g_theta"], -(3 - 12 * table["theta"]), rtol=1e-8, atol=1e-12)


def test_adapted_metric_can_be_used_again(tmp_path: Path) -> None:
    sample(tmp_path, "a", "adapt", "save_metric=1", "random", "seed=1")
    metric = json.loads((tmp_path / "a_metric.json").read_text())
    table = sample(
        tmp_path, "b", "algorithm=hmc", "metric_file=a_metric.json",
        f"stepsize={metric['stepsize']!r}", "adapt", "engaged=0", "random", "seed=2",
    )  # fmt: skip
    assert set(table["stepsize__"]) == {metric["stepsize"]}
    lines = comments(tmp_path / "b.csv")
    at = lines.index("Diagonal elements of inverse mass matrix:")
    used = [float(value) for value in lines[at + 1].split(",")]
    assert np.allclose(used, metric["inv_metric"], rtol=1e-15)


def test_starting_values(tmp_path: Path) -> None:
    data = write_data(tmp_path)
    start = tmp_path / "start.json"
    start.write_text(json.dumps({"theta": 0.9, "x": [5, 6]}), encoding="utf-8")
    for init, expected in (("0", [0.5, 0, 0]), (start, [0.9, 5, 6])):
        run(
            known(), "optimize", "save_iterations=1", f"init={init}", "data", f"file={data}",
            "output", "sig_figs=10", cwd=tmp_path,
        )  # fmt: skip
        first = draws(tmp_path / "output.csv").iloc[0]
        assert np.allclose(first[["theta", "x.1", "x.2"]].astype(float), expected)


def test_chains_of_one_process_start_from_their_own_files(tmp_path: Path) -> None:
    for chain in (1, 2):
        start = {"theta": chain / 10, "x": [0, 0]}
        (tmp_path / f"start_{chain}.json").write_text(json.dumps(start), encoding="utf-8")
    sample(
        tmp_path, "fit", "num_chains=2", "algorithm=hmc", "stepsize=1e-12",
        "adapt", "engaged=0", "init=start.json",
    )  # fmt: skip
    for chain in (1, 2):
        theta = draws(tmp_path / f"fit_{chain}.csv")["theta"]
        assert np.allclose(theta, chain / 10, atol=1e-6)


def test_chains_of_one_process_read_and_write_the_files_that_are_listed(tmp_path: Path) -> None:
    for name, theta in (("one", 0.1), ("two", 0.2)):
        start = {"theta": theta, "x": [0, 0]}
        (tmp_path / f"{name}.json").write_text(json.dumps(start), encoding="utf-8")
    data = write_data(tmp_path)
    run(
        known(), "id=3", "sample", "num_chains=2", "num_samples=5", "num_warmup=0",
        "algorithm=hmc", "stepsize=1e-12", "adapt", "engaged=0", "init=one.json,two.json",
        "data", f"file={data}", "output", "file=one.csv,two.csv",
        "save_cmdstan_config=1", cwd=tmp_path,
    )  # fmt: skip
    for name, theta in (("one", 0.1), ("two", 0.2)):
        assert np.allclose(draws(tmp_path / f"{name}.csv")["theta"], theta, atol=1e-6)
    config = json.loads((tmp_path / "one_config.json").read_text())
    assert config["output"]["file"] == "one.csv,two.csv"
    assert (config["id"], config["method"]["sample"]["num_chains"]) == (3, 2)
    made = {path.name for path in tmp_path.glob("*.csv")} - {"profile.csv"}
    assert made == {"one.csv", "two.csv"}


def test_data_in_r_dump_format(tmp_path: Path) -> None:
    (tmp_path / "data.R").write_text("N <- 10\ny <- c(0, 1, 0, 0, 0, 0, 0, 0, 0, 1)\n")
    common = ("sample", "num_samples=20", "random", "seed=4", "data")
    run(known(), *common, "file=data.R", "output", "file=r.csv", cwd=tmp_path)
    run(known(), *common, f"file={write_data(tmp_path)}", "output", "file=json.csv", cwd=tmp_path)
    pd.testing.assert_frame_equal(draws(tmp_path / "r.csv"), draws(tmp_path / "json.csv"))


def test_profile_is_written(tmp_path: Path) -> None:
    sample(tmp_path, "a", "output", "profile_file=times.csv")
    table = pd.read_csv(tmp_path / "times.csv")
    assert list(table["name"]) == ["likelihood"]
    assert table["autodiff_calls"][0] >= 150
    assert table["total_time"][0] > 0


def test_significant_figures(tmp_path: Path) -> None:
    data = write_data(tmp_path)
    default = 8 if stan_from(37) else 6
    for arguments, digits in (((), default), (("sig_figs=3",), 3), (("sig_figs=17",), 17)):
        run(
            known(), "optimize", "data", f"file={data}", "random", "seed=3", "output", *arguments,
            cwd=tmp_path,
        )  # fmt: skip
        rows = (tmp_path / "output.csv").read_text().splitlines()
        values = [row for row in rows if row[:1] not in ("", "#")][-1].split(",")
        longest = max(len(value.lstrip("-0.").replace(".", "").split("e")[0]) for value in values)
        assert longest == digits


def test_unconstrained_parameters_in_a_batch(tmp_path: Path) -> None:
    data = write_data(tmp_path)
    sets = np.array([[0.0, 1.0, 2.0], [-1.0, 0.5, 0.25]])
    (tmp_path / "sets.json").write_text(json.dumps({"params_r": sets.tolist()}))
    run(
        known(), "log_prob", "unconstrained_params=sets.json", "data", f"file={data}", "output",
        "sig_figs=17", cwd=tmp_path,
    )  # fmt: skip
    table = draws(tmp_path / "output.csv")
    theta = 1 / (1 + np.exp(-sets[:, 0]))
    assert np.allclose(table["theta"], 3 - 12 * theta, rtol=1e-10)
    slope = -np.linalg.solve(COVARIANCE, (sets[:, 1:] - MEAN).T).T
    assert np.allclose(table[["x.1", "x.2"]], slope, rtol=1e-10)


def test_paths_of_pathfinder_can_be_saved(tmp_path: Path) -> None:
    data = write_data(tmp_path)
    run(
        known(), "pathfinder", "num_paths=2", "save_single_paths=1", "num_draws=30",
        "num_psis_draws=40", "random", "seed=1", "data", f"file={data}", cwd=tmp_path,
    )  # fmt: skip
    assert len(draws(tmp_path / "output.csv")) == 40
    for path in (1, 2):
        assert len(draws(tmp_path / f"output_path_{path}.csv")) == 30
        trace = json.loads((tmp_path / f"output_path_{path}.json").read_text())
        assert len(trace["0"]["unconstrained_parameters"]) == 3
