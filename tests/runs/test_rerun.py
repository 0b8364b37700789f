from __future__ import annotations

import dataclasses
import re

import numpy as np
import pandas as pd
import pytest
from exported import put_program, run_script

import stanmix
from stanmix.errors import OutputError, ToolchainError
from stanmix.inference import available
from stanmix.runs.results import FIT, write

pytestmark = pytest.mark.usefixtures("few_searched")

MODEL = stanmix.Mixture("CO2 ~ GNP", 2, order="GNP")
OPTIONS = {"seed": 7, "chains": 2, "draws": 40, "warmup": 60, "progress": False}


@pytest.fixture
def exported(cmdstan, tmp_path):
    folder = MODEL.export(tmp_path / "an export", stanmix.datasets.load("co2"), **OPTIONS)
    put_program(folder, cmdstan)
    assert run_script(folder, cmdstan).returncode == 0
    return folder


def test_the_same_again(exported):
    before = {path: path.read_bytes() for path in exported.rglob("*") if path.is_file()}
    outcome = stanmix.rerun(exported, progress=False)
    assert outcome.same and str(outcome) == "The draws are the same, to the last bit."
    assert set(outcome.differences) == {"theta", "beta", "sigma", "lp"}
    assert before == {path: path.read_bytes() for path in exported.rglob("*") if path.is_file()}


@pytest.mark.parametrize("method", ["advi", "pathfinder", "laplace", "map", "importance", "auto"])
def test_the_same_again_by_every_method(cmdstan, tmp_path, method):
    frame = stanmix.datasets.load("co2")
    options = {"method": method, "seed": 7, "progress": False}
    folder = MODEL.export(tmp_path / "an export", frame, **options)
    put_program(folder, cmdstan)
    assert run_script(folder, cmdstan).returncode == 0
    outcome = stanmix.rerun(folder, progress=False)
    assert outcome.same
    assert ("lp" if method in ("map", "importance", "auto") else "log_p") in outcome.differences
    # And they are those of the fit, which is compared in place of what the script made.
    MODEL.fit(frame, **options).save(folder / FIT)
    assert stanmix.rerun(folder, progress=False).same


def test_other_draws_are_told_with_the_largest_difference(exported):
    path = next((exported / "output").glob("*_1.csv"))
    lines = path.read_text().splitlines(keepends=True)
    header = next(line for line in lines if line.startswith("lp__"))
    at = header.strip().split(",").index("sigma.1")
    number = max(i for i, line in enumerate(lines) if line[0] in "-0123456789")
    values = lines[number].split(",")
    values[at] = repr(float(values[at]) + 0.5)
    lines[number] = ",".join(values)
    path.write_text("".join(lines))
    outcome = stanmix.rerun(exported, progress=False)
    assert not outcome.same
    assert outcome.differences["sigma"] == pytest.approx(0.5, rel=1e-12)
    assert [name for name, gap in outcome.differences.items() if gap] == ["sigma"]
    assert "sigma differs by up to 0.5" in str(outcome)


def test_a_saved_fit_is_repeated_whatever_its_labels(tmp_path):
    model = stanmix.Mixture("CO2 ~ GNP", 2)  # labels by ECR
    fit = model.fit(stanmix.datasets.load("co2"), **OPTIONS)
    write(fit, tmp_path / "out", progress=False)
    fit.relabel("order", "theta").save(tmp_path / "out" / "fit.nc")
    assert stanmix.rerun(tmp_path / "out", progress=False).same


def test_what_changed_is_the_likely_reason(tmp_path):
    fit = MODEL.fit(stanmix.datasets.load("co2"), **OPTIONS)
    write(fit, tmp_path / "out", progress=False)
    made_by = fit.provenance()
    elsewhere = {**made_by.environment, "compiler": "another compiler", "instructions": "SSE9"}
    record = dataclasses.replace(made_by, environment=elsewhere).to_json()
    fit.idata.attrs["provenance"] = fit.idata.posterior.attrs["provenance"] = record
    fit.idata.posterior["sigma"][1, 3, 0] += 1e-9
    fit.save(tmp_path / "out" / "fit.nc")
    outcome = stanmix.rerun(tmp_path / "out", progress=False)
    assert set(outcome.changed) == {"compiler", "instructions"}
    assert re.search(r"sigma differs by up to 1e-09.*compiler was another compiler", str(outcome))
    assert "instructions was SSE9" in str(outcome)


def test_missing_chains_are_not_the_same(exported):
    name = next(exported.glob("*.stan")).stem
    (exported / "output" / f"{name}_2.csv").unlink()
    (exported / "output" / f"{name}_2.txt").write_text("killed\n")
    outcome = stanmix.rerun(exported, progress=False)
    assert not outcome.same and "another number of chains" in str(outcome)


def test_a_changed_script_is_not_run(exported, tmp_path):
    script = exported / "run.sh"
    script.write_text(script.read_text() + f"touch {tmp_path / 'trace'}\n")
    with pytest.raises(OutputError, match=r"run\.sh has changed"):
        stanmix.rerun(exported, progress=False)
    assert not (tmp_path / "trace").exists()


def test_a_fit_of_another_export_is_refused(tmp_path):
    frame = stanmix.datasets.load("co2")
    write(MODEL.fit(frame, **OPTIONS), tmp_path / "out", progress=False)
    MODEL.export(tmp_path / "out", frame, **{**OPTIONS, "seed": 8})
    with pytest.raises(OutputError, match="not made by the program, data and commands"):
        stanmix.rerun(tmp_path / "out", progress=False)


@pytest.mark.parametrize("method", ["nuts", "map"])
def test_what_stanli_drew_is_drawn_by_it_again(tmp_path, method, monkeypatch):
    options = {"seed": 7, "engine": "stanli", "progress": False}
    if method == "nuts":
        options |= {"chains": 2, "draws": 60}
    fit = MODEL.fit(stanmix.datasets.load("co2"), method, **options)
    folder = tmp_path / "out"
    write(fit, folder, progress=False)
    assert stanmix.Provenance.read(folder).environment["stanli"]
    monkeypatch.setattr(stanmix.cmdstan, "require", lambda *_, **__: pytest.fail("no need"))
    outcome = stanmix.rerun(folder, progress=False)
    assert outcome.same and not outcome.changed
    assert {"theta", "beta", "sigma", "lp"} <= set(outcome.differences)
    assert outcome.fit.idata.attrs["engine"] == "stanli"


def test_a_metric_from_the_curvature_is_read_back(tmp_path, lines):
    model = stanmix.Mixture("y ~ 0 + x", 2, shared="sigma")
    options = {"seed": 7, "chains": 2, "draws": 30, "engine": "stanli", "progress": False}
    write(model.fit(lines, **options), tmp_path / "out", progress=False)
    assert (tmp_path / "out" / "metric.json").is_file()
    assert "Stan 2.40" in (tmp_path / "out" / "README.md").read_text()
    assert stanmix.rerun(tmp_path / "out", progress=False).same


def test_without_stanli_its_draws_are_not_repeated(tmp_path, monkeypatch):
    options = {"seed": 7, "engine": "stanli", "starts": "random", "progress": False}
    fit = MODEL.fit(stanmix.datasets.load("co2"), "map", **options)
    write(fit, tmp_path / "out", progress=False)
    monkeypatch.setattr(available, "STANLI", "9.9")
    with pytest.raises(ToolchainError, match=r"made by stanli.*held to 9\.9.*stanmix\[interp"):
        stanmix.rerun(tmp_path / "out", progress=False)


def test_a_folder_that_stanli_explored_is_run_by_cmdstan(cmdstan, tmp_path):
    frame = stanmix.datasets.load("co2")
    model = stanmix.Mixture("CO2", 2, order="mu", fixed={"sigma": 3.0, "theta": [0.5, 0.5]})
    folder = model.export(tmp_path / "an export", frame, engine="stanli", **OPTIONS)
    put_program(folder, cmdstan)
    assert run_script(folder, cmdstan).returncode == 0
    fit = stanmix.read(folder)
    assert fit.idata.attrs["engine"] == "cmdstan" and "CmdStan 2." in fit.idata.attrs["toolchain"]
    assert "stanli" not in fit.provenance().environment
    assert stanmix.rerun(folder, progress=False).same


def test_columns_of_a_fused_likelihood_are_drawn_again(cmdstan, tmp_path):
    rng = np.random.default_rng(3)
    able = rng.random(400) < 0.5
    frame = pd.DataFrame({name: rng.random(400) < np.where(able, 0.8, 0.3) for name in "ABCD"})
    frame = frame.astype(float).mask(rng.random(frame.shape) < 0.1)
    model = stanmix.Mixture(list("ABCD"), 2, family="bernoulli", missing="marginalise")
    folder = model.export(tmp_path / "an export", frame, **OPTIONS)
    assert "STANMIX_COLUMNS_FUNCTION(bernoulli_" in (folder / "likelihood.hpp").read_text()
    put_program(folder, cmdstan)
    assert run_script(folder, cmdstan).returncode == 0
    model.fit(frame, **OPTIONS).save(folder / FIT)
    assert stanmix.rerun(folder, progress=False).same
