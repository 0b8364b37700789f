"""The driver's command line: what it accepts, refuses, explains and records."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from driver_programs import call, comments, known, run, stan_from, write_data

from stanmix.cmdstan import version

BAD = [
    (("sample", "num_samples=-1"), '"-1" is not a valid value for "num_samples"', "0 <= num_s"),
    (("sample", "num_samples=1.5"), '"1.5" is not a valid value', "0 <= num_samples"),
    (("sample", "num_samples="), '"" is not a valid value', "0 <= num_samples"),
    (("sample", "num_samples"), '"num_samples" needs a value', "num_samples=<int>"),
    (("sample", "adapt", "delta=1"), '"1" is not a valid value for "delta"', "0 < delta < 1"),
    (("sample", "adapt", "delta=nan"), '"nan" is not a valid value', "0 < delta < 1"),
    (("sample", "thin=0"), '"0" is not a valid value for "thin"', "1 <= thin"),
    (("sample", "save_warmup=yes"), '"yes" is not a valid value', "[0, 1, false, true]"),
    (("sample", "algorithm=nuts"), '"nuts" is not a valid value', "hmc, fixed_param"),
    (("sample", "algorithm=hmc", "metric=full"), '"full" is not a valid', "unit_e, diag_e"),
    (("method=guess",), '"guess" is not a valid value for "method"', "sample, optimize"),
    (("sample", "seed=1"), '"seed=1" is either mistyped or misplaced', "group"),
    (("sample", "nsamples=5"), '"nsamples=5" is either mistyped', "help-all"),
    (("sample", "random", "seed=-2"), '"-2" is not a valid value', "4294967296"),
    (("sample", "random", "seed=4294967296"), '"4294967296" is not', "4294967296"),
    (("sample", "output", "sig_figs=19"), '"19" is not a valid value', "sig_figs <= 18"),
    (("sample", "data=x"), '"data" takes no value', "data=x"),
    (("sample", "init=-1"), '"-1" is not a valid value for "init"', "radius"),
    (("sample", "thin=1", "thin=2"), '"thin" was given twice', "once"),
    (("sample", "num_threads=2"), "num_threads=2", "STAN_THREADS=true"),
    (("sample", "num_warmup=0"), "num_warmup=0", "adapt engaged=0"),
    (("id=1",), "A method must be specified!", "sample, optimize"),
    ((), "A method must be specified!", "sample, optimize"),
    (
        ("sample", "num_chains=2", "output", "file=a.csv,b.csv,c.csv"),
        '"a.csv,b.csv,c.csv" lists 3 file names for 2 chains',
        "one name a chain",
    ),
    (("sample", "num_chains=2", "init=a.json,"), "(some of them empty)", "one name a chain"),
    (("log_prob",), "needs one file of parameters", "constrained_params=<file>"),
    (("laplace",), "needs the mode", "mode=<"),
    (("generate_quantities",), "needs a fit", "fitted_params=<"),
]


@pytest.mark.parametrize(("arguments", "got", "remedy"), BAD)
def test_bad_command_lines_are_refused_in_words(
    arguments: tuple[str, ...], got: str, remedy: str, tmp_path: Path
) -> None:
    data = ("data", f"file={write_data(tmp_path)}") if arguments else ()
    done = call(known(), *arguments, *data, cwd=tmp_path)
    assert done.returncode == 1
    assert got in done.stderr
    assert remedy in done.stderr
    assert not (tmp_path / "output.csv").exists()


def test_info_says_version_and_threads(tmp_path: Path) -> None:
    lines = run(known(), "info", cwd=tmp_path).stdout.splitlines()
    facts = {key.strip(): value.strip() for key, value in (line.split("=") for line in lines)}
    assert facts["stan_version_major"] == "2"
    assert facts["stan_version_minor"] == str(version(known().cmdstan)[1])
    assert facts["STAN_THREADS"] == "false"


def test_help_names_every_method_and_help_all_every_argument(tmp_path: Path) -> None:
    short = run(known(), "help", cwd=tmp_path).stdout
    for method in ("sample", "optimize", "variational", "diagnose", "generate_quantities"):
        assert f"\n  {method}\n" in short
    assert "max_depth" not in short.replace("subarguments", "")
    long = run(known(), "help-all", cwd=tmp_path).stdout
    for argument in ("max_depth", "int_time", "num_psis_draws", "sig_figs", "eval_elbo", "seed"):
        assert f" {argument}=<" in long


def test_help_of_a_method_stays_with_it(tmp_path: Path) -> None:
    text = run(known(), "sample", "help", cwd=tmp_path).stdout
    assert "num_samples=<int>" in text
    assert "Valid values: 0 <= num_samples" in text
    assert "Defaults to 1000" in text
    assert "history_size" not in text
    deep = run(known(), "sample", "algorithm=hmc", "help-all", cwd=tmp_path).stdout
    assert "stepsize_jitter=<double>" in deep
    assert "num_samples" not in deep


def test_order_of_groups_and_the_long_form_of_the_method_do_not_matter(tmp_path: Path) -> None:
    data = write_data(tmp_path)
    common = ("random", "seed=3", "data", f"file={data}")
    run(known(), "sample", "num_samples=5", *common, "output", "file=a.csv", cwd=tmp_path)
    run(known(), *common, "output", "file=b.csv", "method=sample", "num_samples=5", cwd=tmp_path)
    a, b = ((tmp_path / f"{name}.csv").read_text().splitlines() for name in "ab")
    rows_a, rows_b = ([row for row in rows if not row.startswith("#")] for rows in (a, b))
    assert rows_a == rows_b
    assert len(rows_a) == 6


def test_configuration_is_nested_and_marks_defaults(tmp_path: Path) -> None:
    data = write_data(tmp_path)
    run(
        known(), "sample", "num_samples=7", "adapt", "delta=0.9", "data", f"file={data}",
        "random", "seed=11", cwd=tmp_path,
    )  # fmt: skip
    head = comments(tmp_path / "output.csv")
    assert head[:4] == [
        "stan_version_major = 2",
        f"stan_version_minor = {version(known().cmdstan)[1]}",
        f"stan_version_patch = {version(known().cmdstan)[2]}",
        "model = known_model",
    ]
    for line in (
        "method = sample",
        "    num_samples = 7",
        "    num_warmup = 1000 (Default)",
        "    save_warmup = false (Default)",
        "      delta = 0.9",
        "      gamma = 0.05 (Default)",
        "        engine = nuts (Default)",
        "            max_depth = 10 (Default)",
        "        metric_file =  (Default)",
        "id = 1 (Default)",
        f"  file = {data}",
        "  seed = 11",
        f"  sig_figs = {8 if stan_from(37) else -1} (Default)",
        "num_threads = 1 (Default)",
    ):
        assert line in head, line


def test_default_seed_is_recorded_and_gives_the_draws_again(tmp_path: Path) -> None:
    data = write_data(tmp_path)
    run(known(), "sample", "num_samples=3", "data", f"file={data}", cwd=tmp_path)
    path = tmp_path / "output.csv"
    (seed,) = (line.split("=")[1].split()[0] for line in comments(path) if "  seed = " in line)
    rows = [row for row in path.read_text().splitlines() if not row.startswith("#")]
    run(
        known(), "sample", "num_samples=3", "data", f"file={data}", "random", f"seed={seed}",
        "output", "file=again.csv", cwd=tmp_path,
    )  # fmt: skip
    again = (tmp_path / "again.csv").read_text().splitlines()
    assert [row for row in again if not row.startswith("#")] == rows


def test_configuration_as_json(tmp_path: Path) -> None:
    data = write_data(tmp_path)
    run(
        known(), "sample", "num_samples=2", "adapt", "save_metric=1", "data", f"file={data}",
        "output", "file=run.csv", "save_cmdstan_config=true", cwd=tmp_path,
    )  # fmt: skip
    config = json.loads((tmp_path / "run_config.json").read_text())
    assert config["stan_minor_version"] == str(version(known().cmdstan)[1])
    assert config["model_name"] == "known_model"
    assert config["id"] == 1
    assert config["output"]["file"] == "run.csv"
    assert config["method"]["sample"]["num_chains"] == 1
    assert config["method"]["value"] == "sample"
    assert config["method"]["sample"]["num_samples"] == 2
    assert config["method"]["sample"]["adapt"]["delta"] == 0.8
    assert config["method"]["sample"]["algorithm"]["hmc"]["engine"]["nuts"]["max_depth"] == 10
    assert config["output"]["save_cmdstan_config"] is True
    metric = json.loads((tmp_path / "run_metric.json").read_text())
    assert metric["metric_type"] == "diag_e"
    assert len(metric["inv_metric"]) == 3
    assert metric["stepsize"] > 0
