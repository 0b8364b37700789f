"""What goes wrong ends with a message and a failing exit, never with a file that looks whole."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from driver_programs import DATA, call, comments, draws, known, refuses, run, write_data


def test_data_that_do_not_fit_are_named(tmp_path: Path) -> None:
    for data, message in (
        ({"N": 10}, "variable name=y"),
        ({"N": 9, "y": DATA["y"]}, "mismatch in dimension"),
        ({"N": 10, "y": [2] * 10}, "must be less than or equal to 1"),
        ({"N": 10, "y": [0.5] * 10}, "int variable contained non-int values"),
    ):
        path = write_data(tmp_path, data)
        done = call(known(), "sample", "data", f"file={path}", cwd=tmp_path)
        assert done.returncode == 1
        assert message in done.stderr
        assert not (tmp_path / "output.csv").exists()


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text('{"N": 10, "y": [')
    data = write_data(tmp_path)
    for arguments in (
        ("data", "file=none.json"),
        ("data", "file=broken.json"),
        ("data", f"file={data}", "init=none.json"),
    ):
        done = call(known(), "sample", *arguments, cwd=tmp_path)
        assert done.returncode == 1
        assert "none.json" in done.stderr or "broken.json" in done.stderr
    done = call(
        known(), "generate_quantities", f"fitted_params={data}", "data", f"file={data}",
        cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 1
    assert "Error reading fitted param names from sample csv file" in done.stderr


def test_output_that_cannot_be_opened_is_refused_before_sampling(tmp_path: Path) -> None:
    data = write_data(tmp_path)
    done = call(
        known(), "sample", "data", f"file={data}", "output", "file=nowhere/out.csv", cwd=tmp_path
    )
    assert done.returncode == 1
    assert 'Cannot open the output file "nowhere/out.csv"' in done.stderr
    assert "Iteration" not in done.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("method", ["sample", "optimize", "variational", "pathfinder"])
def test_full_disk_ends_the_run(method: str, tmp_path: Path) -> None:
    data = write_data(tmp_path)
    done = call(known(), method, "data", f"file={data}", "output", "file=/dev/full", cwd=tmp_path)
    assert done.returncode == 1
    assert 'Writing to "/dev/full" failed' in done.stderr
    assert "incomplete" in done.stderr


def test_no_starting_point_is_a_failure(tmp_path: Path) -> None:
    done = call(refuses(), "sample", cwd=tmp_path)
    assert done.returncode == 1
    assert "Initialization between (-2, 2) failed after 100 attempts" in done.stderr


def test_metric_of_the_wrong_size_is_a_failure(tmp_path: Path) -> None:
    data = write_data(tmp_path)
    (tmp_path / "metric.json").write_text(json.dumps({"inv_metric": [1.0, 1.0]}))
    done = call(
        known(), "sample", "algorithm=hmc", "metric_file=metric.json", "data", f"file={data}",
        cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 1
    assert "inv_metric" in done.stderr + done.stdout


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_promptly_and_the_file_shows_it(
    sign: signal.Signals, tmp_path: Path
) -> None:
    data = write_data(tmp_path)
    process = subprocess.Popen(
        [str(known().exe_file), "sample", "num_samples=50000000", "data", f"file={data}"],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
    )
    try:
        output = tmp_path / "output.csv"
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and (
            not output.exists() or "Adaptation terminated" not in output.read_text()
        ):
            time.sleep(0.02)
        process.send_signal(sign)
        assert process.wait(timeout=5) == -sign
    finally:
        process.kill()
        process.wait()
    assert "Elapsed Time" not in output.read_text()


@pytest.mark.parametrize("name", ["with space", "quote's", 'double"quote', "número-Ω", "a=b"])
def test_unusual_paths(name: str, tmp_path: Path) -> None:
    folder = tmp_path / name
    folder.mkdir()
    data = write_data(folder)
    program = shutil.copy(known().exe_file, folder / f"{name} program")
    done = subprocess.run(
        [program, "sample", "num_samples=5", "data", f"file={data}", "output",
         f"file={folder / name}.csv"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len(draws(folder / f"{name}.csv")) == 5
    assert f"  file = {data}" in comments(folder / f"{name}.csv")


@pytest.mark.skipif(sys.platform != "linux", reason="needs ldd")
def test_a_program_needs_nothing_of_the_virtual_environment() -> None:
    done = subprocess.run(
        ["ldd", str(known().exe_file)], capture_output=True, text=True, check=True
    )
    assert "not found" not in done.stdout
    assert "site-packages" not in done.stdout


def test_rows_of_a_finished_run_end_with_its_times(tmp_path: Path) -> None:
    data = write_data(tmp_path)
    run(known(), "sample", "num_samples=5", "data", f"file={data}", cwd=tmp_path)
    tail = comments(tmp_path / "output.csv")[-5:]
    assert tail[1].startswith(" Elapsed Time: ")
    assert tail[1].endswith("seconds (Warm-up)")
    assert tail[2].endswith("seconds (Sampling)")
    assert tail[3].endswith("seconds (Total)")
