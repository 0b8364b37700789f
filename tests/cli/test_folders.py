from __future__ import annotations

import pytest

import stanmix
from stanmix import cli
from stanmix.runs.results import write

MODEL = stanmix.Mixture("CO2 ~ GNP", 2, order="GNP")


@pytest.fixture
def folder(tmp_path):
    frame = stanmix.datasets.load("co2")
    fit = MODEL.fit(frame, seed=1, chains=1, draws=30, warmup=50, progress=False)
    write(fit, tmp_path / "out", progress=False)
    return tmp_path / "out"


def test_rerun_says_whether_draws_are_the_same(folder, capsys):
    assert cli.main(["rerun", str(folder), "--quiet"]) == 0
    assert capsys.readouterr().out == "The draws are the same, to the last bit.\n"
    fit = stanmix.load(folder / "fit.nc")
    fit.idata.posterior["beta"][0, 0, 0, 0] += 1.0
    fit.save(folder / "fit.nc")
    assert cli.main(["rerun", str(folder), "--quiet"]) == 1
    assert "beta differs by up to 1" in capsys.readouterr().out


def test_report_writes_one_page(folder, tmp_path, capsys):
    assert cli.main(["report", str(folder)]) == 0
    assert capsys.readouterr().out == f"Written to {folder / 'report.html'}\n"
    assert cli.main(["report", str(folder), "--out", str(tmp_path / "page.html")]) == 0
    assert (tmp_path / "page.html").read_text() == (folder / "report.html").read_text()


@pytest.mark.parametrize("command", ["rerun", "report"])
def test_a_folder_of_something_else_is_refused(command, tmp_path, capsys):
    assert cli.main([command, str(tmp_path)]) == 1
    assert "holds no provenance.json" in capsys.readouterr().err
