from __future__ import annotations

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest

import stanmix
from stanmix import cli
from stanmix.inference.options import METHODS

CO2 = ["--formula", "CO2 ~ GNP", "--components", "2", "--order", "GNP"]
FEW = ["--chains", "2", "--draws", "50", "--warmup", "100"]


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "data.csv"
    stanmix.datasets.load("co2").to_csv(path, index=False)
    return path


def test_the_folder_is_that_of_the_same_fit_in_python(data, tmp_path, capsys):
    out = tmp_path / "out"
    assert (
        cli.main(["fit", str(data), *CO2, *FEW, "--seed", "3", "--out", str(out), "--quiet"]) == 0
    )
    said = capsys.readouterr().out
    for word in ("r_hat", "divergences", "beta[2, GNP]", "fit.nc", "figures/trace.png"):
        assert word in said
    model = stanmix.Mixture("CO2 ~ GNP", 2, order="GNP")
    frame = stanmix.datasets.load("co2")
    options = {"seed": 3, "chains": 2, "draws": 50, "warmup": 100, "progress": False}
    fit = model.fit(frame, **options)
    loaded = stanmix.load(out / "fit.nc")
    assert loaded.idata.posterior.equals(fit.idata.posterior)
    assert stanmix.Provenance.read(out).environment == fit.provenance().environment
    assert loaded.provenance() == fit.provenance()
    table = pd.read_csv(out / "summary.csv", index_col="parameter")
    np.testing.assert_allclose(table["mean"], fit.summary()["mean"], rtol=1e-12)
    assert (out / "diagnosis.txt").read_text() == f"{fit.diagnose()}\n"
    for name in ("fit", "trace", "rank", "pairs"):
        assert (out / "figures" / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    exported = model.export(tmp_path / "export", frame, **options)
    for name in ("data.json", "start_2.json", "run.sh", "likelihood.hpp"):
        assert (out / name).read_bytes() == (exported / name).read_bytes()


def test_how_the_table_is_written_is_stated(tmp_path, monkeypatch):
    path = tmp_path / "data.tsv"
    path.write_text("y\tg\tcode\todd\n1,5\t007\t1\t?\n.\t7\t02\t2\n2,5\t7\t1\t3\n")
    seen = []
    monkeypatch.setattr(
        stanmix.Mixture, "fit", lambda self, frame, *_, **__: seen.append(frame) or 1 / 0
    )
    options = [
        "fit", str(path), "--formula", "y ~ code", "--components", "2", "--group", "g",
        "--separator", "\\t", "--decimal", ",", "--na", ".", "--text", "code",
        "--out", str(tmp_path / "out"),
    ]  # fmt: skip
    with pytest.raises(ZeroDivisionError):
        cli.main(options)
    np.testing.assert_array_equal(seen[0]["y"], [1.5, np.nan, 2.5])
    assert seen[0]["g"].tolist() == ["007", "7", "7"]  # of a group, as it is written
    assert seen[0]["code"].tolist() == ["1", "02", "1"]
    assert seen[0]["odd"].tolist() == ["?", "2", "3"]  # not read, so no matter


def test_other_methods_have_their_own_options(data, tmp_path, capsys):
    out = tmp_path / "out"
    arguments = [
        "--method",
        "advi",
        "--tol-rel-obj",
        "0.001",
        "--draws",
        "40",
        "--starts",
        "random",
        "--seed",
        "1",
    ]
    assert cli.main(["fit", str(data), *CO2, *arguments, "--out", str(out), "--quiet"]) == 0
    options = json.loads((out / "provenance.json").read_text())["options"]
    assert options["tol_rel_obj"] == 0.001 and options["starts"] == "random"
    assert (out / "figures" / "elbo.png").is_file()
    # In the same folder another fit: nothing of the first is left.
    arguments = ["--method", "map", "--iterations", "500", "--seed", "1"]
    assert cli.main(["fit", str(data), *CO2, *arguments, "--out", str(out), "--quiet"]) == 0
    assert [path.name for path in (out / "figures").iterdir()] == ["fit.png"]
    assert "estimate" in capsys.readouterr().out


@pytest.mark.parametrize("method", ["pathfinder", "laplace"])
def test_an_approximation_is_fitted_reported_and_run_again(data, tmp_path, capsys, method):
    out = tmp_path / "out"
    arguments = ["--method", method, "--restarts", "2", "--draws", "60", "--threads", "1"]
    arguments += ["--seed", "1"]
    assert cli.main(["fit", str(data), *CO2, *arguments, "--out", str(out), "--quiet"]) == 0
    assert "2 runs ended at" in (out / "diagnosis.txt").read_text()
    assert cli.main(["rerun", str(out), "--quiet"]) == 0
    assert "the same, to the last bit" in capsys.readouterr().out
    assert cli.main(["report", str(out)]) == 0
    assert "2 runs ended at" in (out / "report.html").read_text()


def test_every_option_of_every_method_has_a_flag(capsys):
    with pytest.raises(SystemExit):
        cli.main(["fit", "--help"])
    said = capsys.readouterr().out
    for cls in METHODS.values():
        for name in (item.name for item in dataclasses.fields(cls)):
            if name not in ("progress", "output_dir"):
                assert f"--{name.replace('_', '-')} " in said


def test_odd_names_of_columns(tmp_path, capsys):
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"price in $ & $\\frac$": rng.normal(size=60), "<b>": np.arange(60.0)})
    frame.to_csv(tmp_path / "odd.csv", index=False)
    formula = "`price in $ & $\\frac$` ~ `<b>`"
    arguments = ["--formula", formula, "--components", "2", "--order", "<b>", "--seed", "1"]
    out = tmp_path / "out"
    assert cli.main(
        ["fit", str(tmp_path / "odd.csv"), *arguments, *FEW, "--out", str(out), "--quiet"]
    ) == 0, capsys.readouterr().err  # fmt: skip
    assert (out / "figures" / "fit.png").is_file()
    assert "frac" not in next(out.glob("*.stan")).read_text()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (["--formula", "CO2 ~ GDP"], "Unknown column 'GDP'; the data have 'GNP', 'CO2', 'country'"),
        (["--formula", "country ~ GNP"], "not numeric"),
        (["--order", "x"], "order='x': unknown"),
        (["--prior", "x=Normal(0, 2)"], "no parameter 'x'"),
        (["--method", "advi", "--chains", "2"], "method='advi' has no option 'chains'"),
        (["--draws", "0"], "draws must be an integer of at least 1"),
        (["--adapt-delta", "1"], "adapt_delta must be a number between 0 and 1"),
    ],
)
def test_what_cannot_be_fitted_is_refused_before_anything_is_written(
    data, tmp_path, capsys, monkeypatch, change, said
):
    monkeypatch.setattr(stanmix.cmdstan, "build", lambda *_, **__: pytest.fail("compiled"))
    out = tmp_path / "out"
    stated = CO2[2:] if "--formula" in change else CO2  # which can be given for each component
    assert cli.main(["fit", str(data), *stated, *change, "--out", str(out), "--quiet"]) == 1
    assert said in capsys.readouterr().err
    assert not out.exists()


def test_a_file_in_place_of_the_folder_is_refused(data, capsys):
    assert cli.main(["fit", str(data), *CO2, "--out", str(data), "--quiet"]) == 1
    assert "is a file" in capsys.readouterr().err


def test_values_that_are_none_are_refused_by_the_parser(data, tmp_path, capsys):
    with pytest.raises(SystemExit) as error:
        cli.main(["fit", str(data), *CO2, "--draws", "many", "--out", str(tmp_path / "out")])
    assert error.value.code == 2
    assert "expected int, got 'many'" in capsys.readouterr().err
