from __future__ import annotations

import matplotlib
import matplotlib.pyplot as plt
import pytest
from exported import put_program, run_script

import stanmix
from stanmix.errors import InputError, OutputError
from stanmix.inference.starts import multistart
from stanmix.runs import results
from stanmix.runs.report import report

pytestmark = pytest.mark.usefixtures("few_searched")

MODEL = stanmix.Mixture("CO2 ~ GNP", 2, order="GNP")


@pytest.fixture(scope="module")
def frame():
    return stanmix.datasets.load("co2")


def test_an_export_that_was_run_has_results_too(frame, cmdstan, tmp_path):
    options = {"seed": 1, "chains": 1, "draws": 40, "warmup": 60, "progress": False}
    folder = MODEL.export(tmp_path / "out", frame, **options)
    with pytest.raises(OutputError, match="Run the folder first"):
        results.fit_of(folder)
    put_program(folder, cmdstan)
    assert run_script(folder, cmdstan).returncode == 0
    fit = results.fit_of(folder)
    assert fit.idata.posterior.equals(MODEL.fit(frame, **options).idata.posterior)
    page = report(folder).read_text()
    assert "compiler" not in page.split('id="provenance"')[1]  # which is not known
    assert (folder / "summary.csv").is_file()


def test_figures_leave_the_backend_and_no_figure_behind(frame, tmp_path):
    fit = MODEL.fit(frame, method="map", seed=1, progress=False)
    before = matplotlib.get_backend(), plt.get_fignums()
    made = results.describe(fit, tmp_path)
    assert (matplotlib.get_backend(), plt.get_fignums()) == before
    assert list(made.figures) == ["Data and fit"] and not made.not_drawn


def test_starts_that_were_given_are_not_kept(frame, tmp_path):
    start = {"theta": [0.5, 0.5], "beta": [[5.0, 0.0], [5.0, 0.5]], "sigma": [2.0, 2.0]}
    fit = MODEL.fit(frame, method="map", runs=1, starts=[start], seed=1, progress=False)
    with pytest.raises(InputError, match="began at starts that were given"):
        results.write(fit, tmp_path / "out", progress=False)
    assert not (tmp_path / "out").exists()


def test_a_file_is_no_folder(frame, tmp_path):
    (tmp_path / "taken").write_text("")
    fit = MODEL.fit(frame, method="map", seed=1, progress=False)
    with pytest.raises(InputError, match="is a file"):
        results.write(fit, tmp_path / "taken", progress=False)


def test_starts_are_looked_for_once(frame, tmp_path, monkeypatch):
    """The folder of a fit that was just made holds what its runs were told."""
    options = {"method": "map", "runs": 2, "seed": 1, "engine": "stanli", "progress": False}
    fit = MODEL.fit(frame, **options)
    expected = MODEL.export(tmp_path / "export", frame, **options)
    monkeypatch.setattr(multistart, "optima", None)
    results.write(fit, tmp_path / "out", progress=False)
    for name in ("start_1.json", "start_2.json", "run.sh"):
        assert (tmp_path / "out" / name).read_bytes() == (expected / name).read_bytes()
    with pytest.raises(TypeError):  # of draws that were read, they are looked for
        results.write(stanmix.load(tmp_path / "out" / "fit.nc"), tmp_path / "again")


def test_what_a_chosen_method_made_can_be_made_again(frame, cmdstan, tmp_path):
    """The folder of a fit for which NUTS was chosen is of that fit, and of its chains."""
    options = {"method": "auto", "draws": 900, "budget": 400, "chains": 2, "seed": 3}
    fit = MODEL.fit(frame, **options, progress=False)
    assert fit.method == "nuts"
    results.write(fit, tmp_path / "fit", progress=False)
    again = stanmix.rerun(tmp_path / "fit", progress=False)
    assert again.same and again.fit.provenance().decisions["auto"] == fit.idata.attrs["auto"]
