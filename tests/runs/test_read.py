from __future__ import annotations

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
from exported import put_program, run_script
from rendered import EXAMPLES

import stanmix
from stanmix import containers
from stanmix.errors import OutputError
from stanmix.posterior import inference_data
from stanmix.runs.record import Provenance

pytestmark = pytest.mark.usefixtures("few_searched")

MODEL = stanmix.Mixture("CO2 ~ GNP", 2, order="GNP")
TIMES = {"compile_seconds", "start_seconds", "sampling_seconds"}


@pytest.fixture(scope="module")
def frame():
    return stanmix.datasets.load("co2")


@pytest.fixture
def exported(frame, cmdstan, tmp_path):
    """Export with options, put the compiled program there, and run the script."""

    def export(run=True, **options):
        folder = MODEL.export(tmp_path / "an export's folder", frame, progress=False, **options)
        put_program(folder, cmdstan)
        if run:
            assert run_script(folder, cmdstan).returncode == 0
        return folder

    return export


def assert_equal(fit, other):
    """Every number, name and type is the same, but for what only the program can measure."""
    groups, others = (containers.groups_of(one.idata) for one in (fit, other))
    assert list(groups) == list(others)
    for group in groups:
        left, right = groups[group].copy(), others[group].copy()
        left.attrs, right.attrs = {}, {}
        if "run_gain" in left:
            assert np.isnan(right["run_gain"]).all()
            # What is left to gain decides whether a climb has converged; a folder, which is not
            # run to be read, tells by its gradient alone.
            assert (right["run_converged"] | ~left["run_converged"]).all()
            measured = ["run_gain", "run_converged"]
            left, right = left.drop_vars(measured), right.drop_vars(measured)
        assert left.identical(right), group
    kept = set(fit.idata.attrs) - TIMES - {"toolchain", "program_key", "provenance"}
    assert {n: fit.idata.attrs[n] for n in kept} == {n: other.idata.attrs[n] for n in kept}
    assert fit.model == other.model
    pd.testing.assert_frame_equal(fit.design.columns, other.design.columns)


@pytest.mark.parametrize(
    "options",
    [
        {"method": "nuts", "chains": 2, "draws": 60, "warmup": 100, "thin": 2},
        {"method": "nuts", "chains": 1, "draws": 60, "starts": "random"},
        {"method": "advi", "draws": 50, "restarts": 1},
        {"method": "advi", "draws": 50, "algorithm": "fullrank", "starts": "random"},
        {"method": "pathfinder", "draws": 50, "restarts": 2},
        {"method": "laplace", "draws": 50, "restarts": 3},
        {"method": "map"},
    ],
    ids=lambda options: "-".join(str(value) for value in options.values()),
)
def test_it_is_the_fit_to_the_last_digit(exported, frame, options):
    fit = MODEL.fit(frame, seed=3, progress=False, **options)
    back = stanmix.read(exported(seed=3, **options))
    assert_equal(fit, back)
    known = fit.provenance().environment
    assert {**known, **back.provenance().environment} == known
    assert set(known) - set(back.provenance().environment) == {"compiler"}


def test_the_metric_of_a_curvature_is_read_too(lines, cmdstan, tmp_path):
    model = stanmix.Mixture(
        "y ~ 0 + x", 2, shared=("sigma",),
        priors={"x": stanmix.Normal(0, 2), "sigma": stanmix.Uniform(0, 1)},
    )  # fmt: skip
    options = {"seed": 1, "chains": 2, "draws": 50, "progress": False}
    folder = model.export(tmp_path / "out", lines, **options)
    assert (folder / "metric.json").is_file()
    put_program(folder, cmdstan)
    assert run_script(folder, cmdstan).returncode == 0
    assert_equal(model.fit(lines, **options), stanmix.read(folder))


@pytest.mark.parametrize("method", ["advi", "pathfinder", "laplace", "map"])
def test_mixtures_of_vectors_are_read_with_the_figures_of_their_runs(cmdstan, tmp_path, method):
    model, clouds = EXAMPLES["mvnormal_mixture_diagonal_ordered_mu_shared_sigma"]
    options = {"method": method, "seed": 1, "progress": False}
    options |= {} if method == "map" else {"correct": False}  # means as the runs have them
    folder = model.export(tmp_path / "out", clouds, **options)
    put_program(folder, cmdstan)
    assert run_script(folder, cmdstan).returncode == 0
    back = stanmix.read(folder)
    assert_equal(model.fit(clouds, **options), back)
    stats = back.idata.sample_stats
    assert stats["run_mu"].dims == ("run", "component", "dimension")
    assert stats["run_sigma"].dims == ("run", "dimension")
    table = back.diagnose().tables["runs"]
    kept = table.loc[back.idata.attrs["kept_run"]]
    expected = back.idata.posterior["mu"].mean(["chain", "draw"]).sel(component=2).to_numpy()
    if method == "laplace":  # its runs are told by their modes, which its draws lie about
        mode = pd.read_csv(folder / "output" / "mode.csv", comment="#").iloc[-1]
        expected = mode[["mu.2.1", "mu.2.2"]].to_numpy()
    of_second = [kept[f"mu[2, {column}]"] for column in model.responses]
    np.testing.assert_allclose(of_second, expected, rtol=1e-12)


def test_columns_keep_their_types(exported, tmp_path):
    rng = np.random.default_rng(1)
    y = rng.normal(size=40)
    frame = pd.DataFrame(
        {
            "the response": y,
            "level": pd.Categorical(np.tile(["b", "a"], 20), ["b", "a"], ordered=True),
            "code": np.tile(["01", "1"], 20),
            "yes": np.tile([True, False, False, True], 10),
            "n": np.arange(40, dtype=np.int32),
            "not read": y,
        },
        index=[f"row {i}" for i in range(40)],
    )
    model = stanmix.Mixture("`the response` ~ level + code:n + yes", 2)
    folder = model.export(tmp_path / "types", frame, method="map", starts="random", seed=1)
    columns = stanmix.data.columns.load(folder / "columns.nc")
    expected = inference_data.frame_of(
        {"constant_data": inference_data.constant(model, model.matrices(frame))}
    )
    pd.testing.assert_frame_equal(columns, expected)
    assert list(columns["level"].cat.categories) == ["b", "a"] and columns["level"].cat.ordered
    assert columns["code"].tolist() == frame["code"].tolist()
    assert columns["yes"].dtype == bool
    np.testing.assert_array_equal(columns["n"], frame["n"])
    assert "not read" not in columns
    np.testing.assert_array_equal(model.matrices(columns).X, model.matrices(frame).X)


def test_predictions_at_new_rows(exported, frame):
    options = {"seed": 3, "chains": 1, "draws": 60, "warmup": 100}
    fit, back = MODEL.fit(frame, progress=False, **options), stanmix.read(exported(**options))
    new = {"GNP": [1.0, 50.0]}
    np.testing.assert_array_equal(fit.predict(new), back.predict(new))


def test_a_folder_that_was_not_run_is_refused(exported):
    with pytest.raises(OutputError, match=r"is missing. Run the folder first"):
        stanmix.read(exported(run=False, seed=1))


def test_a_chain_that_was_killed_is_marked(exported):
    folder = exported(seed=1, chains=2, draws=60, warmup=100)
    name = Provenance.read(folder).program
    csv, console = folder / "output" / f"{name}_2.csv", folder / "output" / f"{name}_2.txt"
    csv.write_text("\n".join(csv.read_text().splitlines()[:80]))
    console.write_text("Iteration: 1 / 160\nout of memory\n")
    fit = stanmix.read(folder)
    assert fit.failed_chains == {2: "out of memory"}
    assert fit.idata.posterior["chain"].to_numpy().tolist() == [1]
    assert not fit.diagnose().ok
    csv.unlink()  # killed before the first draw
    assert stanmix.read(folder).failed_chains == {2: "out of memory"}


def test_no_chain_left_is_refused_with_stans_words(exported):
    folder = exported(seed=1, chains=2, draws=60, warmup=100)
    for path in (folder / "output").glob("*_[12].csv"):
        path.unlink()
    for path in (folder / "output").glob("*_[12].txt"):
        path.write_text("the disk is full\n")
    with pytest.raises(OutputError, match=r"All 2 chains failed(.|\n)*the disk is full"):
        stanmix.read(folder)


@pytest.mark.parametrize("cut", ["in the draws", "in the last line", "a whole line"])
def test_draws_cut_after_their_run_are_refused(exported, cut):
    folder = exported(seed=1, chains=2, draws=60, warmup=100)
    csv = next((folder / "output").glob("*_1.csv"))
    text = csv.read_text()
    lines = text.splitlines(keepends=True)
    draws = [i for i, line in enumerate(lines) if line[0] in "-0123456789"]
    csv.write_text(
        {
            "in the draws": "".join(lines[: draws[30]]),
            "in the last line": "".join(lines[: draws[-1]]) + lines[draws[-1]][:40],
            "a whole line": "".join(lines[: draws[30]] + lines[draws[31] :]),
        }[cut]
    )
    with pytest.raises(OutputError, match="not whole, although its chain ran to its end"):
        stanmix.read(folder)


@pytest.mark.parametrize("method", ["advi", "pathfinder", "laplace", "map"])
def test_other_output_cut_short_is_refused(exported, method):
    folder = exported(seed=1, method=method)
    csv = next((folder / "output").glob("*_1.csv"))
    lines = csv.read_text().splitlines(keepends=True)
    last = max(i for i, line in enumerate(lines) if line[0] in "-0123456789")
    for rest in (lines[last][:40], ""):
        csv.write_text("".join(lines[:last]) + rest)
        with pytest.raises(OutputError, match=r"whole|cannot be read"):
            stanmix.read(folder)


@pytest.mark.parametrize("method", ["advi", "pathfinder", "map"])
def test_a_failed_run_is_marked(exported, method):
    folder = exported(seed=1, method=method, **{"runs" if method == "map" else "restarts": 3})
    name = Provenance.read(folder).program
    (folder / "output" / f"{name}_2.txt").write_text("Initialization failed\n")
    assert stanmix.read(folder).failed_chains == {2: "Initialization failed"}
    for run in (1, 3):
        (folder / "output" / f"{name}_{run}.txt").write_text("Initialization failed\n")
    with pytest.raises(OutputError, match=r"All 3 runs failed(.|\n)*Initialization failed"):
        stanmix.read(folder)


def test_a_failed_climb_before_laplace_is_marked(exported):
    folder = exported(seed=1, method="laplace", restarts=3)
    (folder / "output" / "mode_2.txt").write_text("Initialization failed\n")
    assert stanmix.read(folder).failed_chains == {2: "Initialization failed"}
    (folder / "output" / "mode.csv").unlink()
    with pytest.raises(OutputError, match=r"mode\.csv is not mode_[13]\.csv, the highest"):
        stanmix.read(folder)


@pytest.mark.parametrize("method", ["advi", "pathfinder", "laplace", "map"])
def test_a_run_that_fails_is_marked_as_in_the_fit(exported, frame, tmp_path, method):
    good = {"theta": [0.5, 0.5], "beta": [[9.0, -0.01], [2.0, 0.3]], "sigma": [2.0, 1.0]}
    starts = [good, {**good, "beta": [[0.0, -1e200], [0.0, 1e200]]}]
    options = {"method": method, "seed": 3, "starts": starts}
    options["runs" if method == "map" else "restarts"] = 2
    fit, back = MODEL.fit(frame, progress=False, **options), stanmix.read(exported(**options))
    assert_equal(fit, back)
    assert list(back.failed_chains) == [2]
    assert "Initialization failed" in back.failed_chains[2]
    assert str(tmp_path) not in fit.failed_chains[2]


def test_a_mode_that_is_not_the_highest_is_refused(exported):
    folder = exported(seed=3, method="laplace", restarts=2)
    assert stanmix.read(folder).idata.attrs["kept_run"] in (1, 2)
    mode = folder / "output" / "mode.csv"
    mode.write_text(mode.read_text().replace("# ", "#  ", 1))
    with pytest.raises(OutputError, match=r"mode\.csv is not mode_[12]\.csv, the highest"):
        stanmix.read(folder)
    mode.unlink()
    with pytest.raises(OutputError, match=r"mode\.csv is not mode_[12]\.csv, the highest"):
        stanmix.read(folder)


def test_output_of_another_run_is_refused(exported):
    folder = exported(seed=1, chains=2, draws=60, warmup=100)
    outputs = sorted((folder / "output").glob("*.csv"))
    outputs[1].write_text(outputs[0].read_text())
    with pytest.raises(OutputError, match="another run: it has id = 1"):
        stanmix.read(folder)


def test_changed_data_are_refused(exported):
    folder = exported(seed=1, chains=1, draws=60, warmup=100)
    data = json.loads((folder / "data.json").read_text())
    (folder / "data.json").write_text(json.dumps({**data, "K": 3}))
    with pytest.raises(OutputError, match="has changed"):
        stanmix.read(folder)


def test_changed_columns_of_the_data_are_refused(exported, frame):
    folder = exported(seed=1, chains=1, draws=60, warmup=100)
    other = MODEL.matrices(frame.assign(GNP=frame["GNP"] + 1))
    stanmix.data.columns.save(other, folder / "columns.nc")
    with pytest.raises(OutputError, match=r"columns\.nc has changed"):
        stanmix.read(folder)


def test_a_changed_record_is_refused(exported):
    folder = exported(seed=1, chains=1, draws=60, warmup=100)
    path = folder / "provenance.json"
    path.write_text(path.read_text().replace('"GNP"', '"CO2"', 1))
    with pytest.raises(OutputError, match=r"provenance\.json: This provenance has changed"):
        stanmix.read(folder)


@pytest.mark.parametrize("value", ["nan", "NaN", "-nan"])
def test_draws_that_are_no_numbers_are_refused(exported, value):
    folder = exported(seed=1, chains=1, draws=60, warmup=100)
    csv = next((folder / "output").glob("*_1.csv"))
    lines = csv.read_text().splitlines(keepends=True)
    names = next(line for line in lines if line.startswith("lp__")).strip().split(",")
    last = max(i for i, line in enumerate(lines) if line[0] in "-0123456789")
    fields = lines[last].strip().split(",")
    fields[names.index("sigma.2")] = value
    csv.write_text("".join([*lines[:last], ",".join(fields) + "\n", *lines[last + 1 :]]))
    with pytest.raises(OutputError, match="1 of 120 draws of 'sigma' are not a number"):
        stanmix.read(folder)


def test_reading_a_record_runs_nothing(exported, tmp_path):
    """Also where the record is whole, as a stranger can make it."""
    folder = exported(seed=1, chains=1, draws=60, warmup=100)
    canary = tmp_path / "ran"
    record = Provenance.read(folder)
    for formula in (f"CO2 ~ {{open('{canary}', 'w')}}", f"{{open('{canary}', 'w')()}} ~ GNP"):
        model = {**record.model, "formula": formula}
        dataclasses.replace(record, model=model).write(folder)
        with pytest.raises(OutputError, match="which is no function that formulas know"):
            stanmix.read(folder)
    assert not canary.exists()


def test_functions_of_the_users_are_passed_again(frame, cmdstan, tmp_path):
    def per_cent(x):
        return 100 * x

    model = stanmix.Mixture(
        "CO2 ~ per_cent(GNP)", 2, order="per_cent(GNP)", context={"per_cent": per_cent}
    )
    folder = model.export(tmp_path / "out", frame, method="map", seed=1, progress=False)
    put_program(folder, cmdstan)
    assert run_script(folder, cmdstan).returncode == 0
    back = stanmix.read(folder, context={"per_cent": per_cent})
    assert back.design.covariates == ("Intercept", "per_cent(GNP)")
    assert stanmix.rerun(folder, progress=False, context={"per_cent": per_cent}).same
    with pytest.raises(OutputError, match="per_cent, which is no function that formulas know"):
        stanmix.read(folder)
