"""What goes wrong while Stan runs: chains killed, parents gone, disks full."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import psutil
import pytest

import stanmix
from stanmix.errors import InferenceError
from stanmix.inference.runs import chains

MODEL = stanmix.Mixture("y", 2, fixed={"sigma": 1.0, "theta": [0.5, 0.5]})
LONG = """
    import json, sys
    import numpy as np
    import stanmix
    y = np.random.default_rng(0).normal(size=200)
    model = stanmix.Mixture("y", 2, fixed={"sigma": 1.0, "theta": [0.5, 0.5]})
    options = json.loads(sys.argv[2])
    model.fit({"y": y}, seed=1, output_dir=sys.argv[1], progress=False, **options)
"""
CHAINS = {"chains": 2, "draws": 5_000_000}
RESTARTS = {"method": "advi", "restarts": 2, "draws": 5_000_000}


def runs(folder):
    """Running chains that write to a folder."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        command = process.info["cmdline"] or []
        alive = process.info["status"] != psutil.STATUS_ZOMBIE
        ours = any(word.startswith("method=") for word in command)
        if alive and ours and any(str(folder) in word for word in command):
            found.append(process)
    return found


def wait_for(condition, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


@pytest.fixture
def compiled(pair):
    """The program is in the cache, so that what a test waits for is sampling."""
    MODEL.fit(pair, seed=1, chains=1, draws=10, progress=False)


@pytest.mark.parametrize(
    ("how", "options"),
    [
        (signal.SIGINT, CHAINS),
        (signal.SIGTERM, CHAINS),
        (signal.SIGKILL, CHAINS),
        (signal.SIGINT, RESTARTS),
    ],
)
def test_no_orphan_is_left(how, options, tmp_path, compiled):
    folder = tmp_path / "out"
    parent = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(LONG), str(folder), json.dumps(options)],
        stderr=subprocess.DEVNULL,
    )
    assert wait_for(lambda: len(runs(folder)) == 2, 60)
    parent.send_signal(how)  # to the parent alone, not to its children
    assert wait_for(lambda: not runs(folder), 5)
    parent.wait(timeout=30)
    assert parent.returncode != 0


def test_a_killed_chain_is_marked(pair, tmp_path, compiled):
    folder = tmp_path / "out"

    def kill():
        assert wait_for(lambda: len(runs(folder)) == 2, 60)
        victim = next(p for p in runs(folder) if "id=2" in p.cmdline())
        victim.kill()

    killer = threading.Thread(target=kill)
    killer.start()
    fit = MODEL.fit(
        pair, seed=1, chains=2, draws=200_000, thin=100, output_dir=folder, progress=False
    )
    killer.join()
    assert list(fit.failed_chains) == [2]
    assert "its process was killed by SIGKILL (signal 9)" in fit.failed_chains[2]
    assert list(fit.idata.posterior.chain) == [1]
    assert not fit.diagnose().ok


def test_a_killed_run_of_several_is_marked(pair, tmp_path, compiled):
    folder = tmp_path / "out"

    def kill():
        assert wait_for(lambda: len(runs(folder / "run_2")) == 1, 60)
        runs(folder / "run_2")[0].kill()

    killer = threading.Thread(target=kill)
    killer.start()
    options = {"restarts": 2, "draws": 100_000, "output_dir": folder, "progress": False}
    fit = MODEL.fit(pair, "advi", seed=1, **options)
    killer.join()
    assert "its process was killed by SIGKILL (signal 9)" in fit.failed_chains[2]
    assert "killed by SIGKILL" in str(fit.diagnose())


def test_a_full_disk_is_an_error_and_no_short_fit(tmp_path, compiled):
    """A limit on the size of files stands for the disk's end."""
    script = """
        import resource, signal, sys
        import numpy as np
        import stanmix
        stanmix.cmdstan.require(progress=False)
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        y = np.random.default_rng(0).normal(size=200)
        model = stanmix.Mixture("y", 2, fixed={"sigma": 1.0, "theta": [0.5, 0.5]})
        try:
            options = {"chains": 2, "draws": 5000, "output_dir": sys.argv[1], "progress": False}
            model.fit({"y": y}, seed=1, **options)
        except stanmix.InferenceError as error:
            print("REFUSED", error)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), str(tmp_path / "out")],
        capture_output=True, text=True, check=True, env=os.environ,
    )  # fmt: skip
    assert done.stdout.startswith("REFUSED"), done.stdout + done.stderr


def test_a_truncated_file_is_a_failed_chain(pair, tmp_path, compiled):
    fit = MODEL.fit(pair, seed=1, chains=2, draws=50, output_dir=tmp_path, progress=False)
    assert not fit.failed_chains
    first, second = sorted(tmp_path.glob("*_[12].csv"))
    lines = second.read_text().splitlines(keepends=True)
    rows = [i for i, line in enumerate(lines) if line[0] in "-0123456789"]
    second.write_text("".join(lines[: rows[10]] + lines[rows[20] :]))  # ten draws are gone
    found, failed = chains._finished(tmp_path, set(), 2, "")
    assert len(found) == 1
    assert list(failed) == [2]
    assert "cannot be read" in failed[2]
    first.write_text(first.read_text()[:-400])  # the end is gone
    with pytest.raises(InferenceError, match="All 2 chains failed"):
        chains._finished(tmp_path, set(), 2, "")


def test_files_of_an_earlier_run_are_not_taken_for_this_one(pair, tmp_path, compiled):
    MODEL.fit(pair, seed=1, chains=2, draws=50, output_dir=tmp_path, progress=False)
    bad = [{"mu": [-1e200, 1e200]}] * 2
    with pytest.raises(InferenceError, match="All 2 chains failed"):
        MODEL.fit(pair, seed=1, chains=2, starts=bad, output_dir=tmp_path, progress=False)


def test_paths_with_spaces_quotes_and_other_letters(pair, tmp_path):
    folder = tmp_path / 'it\'s "odd", größer'
    fit = MODEL.fit(pair, seed=1, chains=1, draws=20, output_dir=folder, progress=False)
    assert fit.idata.posterior["mu"].shape == (1, 20, 2)
