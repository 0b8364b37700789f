"""bin/stansummary and bin/diagnose, against ArviZ and NumPy."""

from __future__ import annotations

import csv
import functools
import subprocess
import tempfile
from pathlib import Path

import arviz as az
import numpy as np
import pytest
from driver_programs import draws, known, run, write_data


@functools.cache
def chains() -> tuple[Path, ...]:
    folder = Path(tempfile.mkdtemp(prefix="driver-tools-"))
    data = write_data(folder)
    for chain in (1, 2, 3):
        run(
            known(), "sample", "num_samples=400", f"id={chain}", "random", "seed=6", "data",
            f"file={data}", "output", f"file=c{chain}.csv", "sig_figs=12", cwd=folder,
        )  # fmt: skip
    return tuple(folder / f"c{chain}.csv" for chain in (1, 2, 3))


def tool(name: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(known().cmdstan / "bin" / name), *map(str, arguments)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_summary_agrees_with_arviz(tmp_path: Path) -> None:
    done = tool(
        "stansummary", "--percentiles= 10,50,97.5", "--sig_figs=10",
        f"--csv_filename={tmp_path / 's.csv'}", *chains(),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    with (tmp_path / "s.csv").open() as lines:
        rows = {row["name"]: row for row in csv.DictReader(x for x in lines if x[0] != "#")}
    assert list(rows)[7:10] == ["theta", "x[1]", "x[2]"]
    matrix = [name for name in rows if name.startswith("shape")]
    assert matrix == [f"shape[{i},{j}]" for i in (1, 2) for j in (1, 2, 3)]
    tables = [draws(path) for path in chains()]
    for name, column in (("theta", "theta"), ("x[2]", "x.2")):
        values = np.array([table[column] for table in tables])
        row = {key: float(value) for key, value in rows[name].items() if key != "name"}
        assert row["Mean"] == pytest.approx(values.mean(), rel=1e-8)
        assert row["StdDev"] == pytest.approx(values.std(ddof=1), rel=1e-8)
        for percent in (10, 50, 97.5):
            assert row[f"{percent}%"] == pytest.approx(np.percentile(values, percent), rel=1e-8)
        # Another implementation of the same estimators; they differ in how chains are split.
        assert row["N_Eff"] == pytest.approx(float(az.ess(values, method="mean")), rel=0.1)
        assert row["R_hat"] == pytest.approx(float(az.rhat(values, method="split")), abs=2e-3)
        assert row["MCSE"] == pytest.approx(row["StdDev"] / np.sqrt(row["N_Eff"]), rel=1e-8)


def test_summary_on_the_console() -> None:
    done = tool("stansummary", *chains())
    assert done.returncode == 0
    assert done.stdout.startswith("Inference for Stan model: known_model\n3 chains: each with")
    assert "1200 iterations saved" in done.stdout
    assert "Samples were drawn using hmc with nuts." in done.stdout
    chosen = tool("stansummary", "-i", "x", "-p", "", chains()[0])
    assert "x[1]" in chosen.stdout
    assert "theta" not in chosen.stdout
    assert "50%" not in chosen.stdout
    lagged = tool("stansummary", "--autocorr", 2, "-i", "theta", *chains())
    assert "Displaying the autocorrelations for chain 2" in lagged.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--sig_figs=0",), "expected an integer from 1 to 18"),
        (("--percentiles=50,5",), "expected ascending numbers"),
        (("--percentiles=a",), "expected ascending numbers"),
        (("--what=1",), '"--what" is not known'),
        (("--include_param=nobody",), 'no parameter "nobody"'),
        (("--autocorr=9",), "expected the number of one of the 3 files"),
    ],
)
def test_summary_refuses(arguments: tuple[str, ...], message: str) -> None:
    done = tool("stansummary", *arguments, *chains())
    assert done.returncode != 0
    assert message in done.stderr


def test_a_warmup_that_was_saved_is_not_summarized_but_has_its_quantities(tmp_path: Path) -> None:
    data = write_data(tmp_path)
    run(
        known(), "sample", "num_warmup=50", "num_samples=41", "thin=2", "save_warmup=1", "random",
        "seed=2", "data", f"file={data}", "output", "sig_figs=17", cwd=tmp_path,
    )  # fmt: skip
    table = draws(tmp_path / "output.csv")
    assert len(table) == 25 + 21
    csv_file = tmp_path / "s.csv"
    done = tool(
        "stansummary", "--sig_figs=10", f"--csv_filename={csv_file}", tmp_path / "output.csv"
    )
    assert done.returncode == 0, done.stderr
    assert "warmup=(50); thin=(2); 21 iterations saved" in done.stdout
    with csv_file.open() as lines:
        rows = {row["name"]: row for row in csv.DictReader(x for x in lines if x[0] != "#")}
    assert float(rows["theta"]["Mean"]) == pytest.approx(table["theta"][25:].mean(), rel=1e-8)
    run(
        known(), "generate_quantities", "fitted_params=output.csv", "data", f"file={data}",
        "output", "file=generated.csv", "sig_figs=17", cwd=tmp_path,
    )  # fmt: skip
    odds = draws(tmp_path / "generated.csv")["log_odds"]
    assert np.allclose(odds, np.log(table["theta"] / (1 - table["theta"])), rtol=1e-12)


def test_a_row_that_was_not_finished_is_named(tmp_path: Path) -> None:
    text = chains()[0].read_text()
    (tmp_path / "part.csv").write_text(text[: text.index("Elapsed") - 60])
    for name in ("stansummary", "diagnose"):
        done = tool(name, tmp_path / "part.csv")
        assert done.returncode != 0
        assert "part.csv" in done.stderr
        assert "row 400 is not one of" in done.stderr


def test_tools_refuse_files_that_are_not_finished_runs(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_text("")
    for name in ("stansummary", "diagnose"):
        for path in (tmp_path / "none.csv", tmp_path / "empty.csv"):
            done = tool(name, path)
            assert done.returncode != 0
            assert str(path) in done.stderr


def edit(path: Path, column: str, values: np.ndarray, target: Path) -> Path:
    """Copy a Stan CSV file with other values in one column, from its first draw on."""
    lines, at, index = [], 0, -1
    for line in path.read_text().splitlines():
        if not line.startswith("#"):
            cells = line.split(",")
            if index < 0:
                index = cells.index(column)
            elif at < len(values):
                cells[index] = repr(float(values[at]))
                at += 1
            line = ",".join(cells)
        lines.append(line)
    target.write_text("\n".join(lines) + "\n")
    return target


def test_diagnose_finds_each_problem(tmp_path: Path) -> None:
    good = tool("diagnose", *chains())
    assert good.returncode == 0
    assert "Processing complete, no problems detected." in good.stdout
    first = chains()[0]
    wander = np.cumsum(np.random.default_rng(1).normal(size=400))
    for column, values, message in (
        ("divergent__", np.ones(6), "6 of 1200 (0.5%) transitions ended with a divergence"),
        ("treedepth__", np.full(12, 10), "12 of 1200 (1%) transitions hit the maximum"),
        ("energy__", wander, "below the nominal threshold of 0.3"),
        ("theta", np.full(400, 0.9), "split R-hat greater than 1.05:\n  theta"),
    ):
        bad = edit(first, column, values, tmp_path / "bad.csv")
        done = tool("diagnose", bad, *chains()[1:])
        assert done.returncode == 0
        assert message in done.stdout
        assert done.stdout.rstrip().endswith("Processing complete.")
