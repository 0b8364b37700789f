from __future__ import annotations

import dataclasses
import hashlib
import json

import pytest

import stanmix
from stanmix.errors import OutputError
from stanmix.runs.record import Provenance

pytestmark = pytest.mark.usefixtures("few_searched")

MODEL = stanmix.Mixture("CO2 ~ GNP", 2, order="GNP")
OPTIONS = {"seed": 7, "chains": 2, "draws": 50, "warmup": 100}


@pytest.fixture(scope="module")
def frame():
    return stanmix.datasets.load("co2")


@pytest.fixture(scope="module")
def fit(frame):
    return MODEL.fit(frame, progress=False, **OPTIONS)


@pytest.fixture
def folder(frame, tmp_path):
    return MODEL.export(tmp_path / "out", frame, **OPTIONS)


def test_options_are_settled(fit):
    options = fit.provenance().options
    assert options["seed"] == 7 and options["adapt_delta"] is None
    assert options["kernel"] == "fused" and options["starts"] == "data"
    decisions = fit.provenance().decisions
    assert decisions["warmup"] == 100 and decisions["adapt_delta"] == 0.9
    assert fit.provenance().model == MODEL.to_dict()


def test_a_drawn_seed_is_kept(frame):
    fit = MODEL.fit(frame, method="map", runs=1, progress=False)
    again = MODEL.fit(frame, method="map", runs=1, progress=False, seed=fit.provenance().seed)
    assert again.provenance().hashes == fit.provenance().hashes
    assert again.provenance().commands == fit.provenance().commands


def test_hashes_are_those_of_the_exported_files(fit, folder):
    exported = json.loads((folder / "provenance.json").read_text())
    for name, digest in exported["hashes"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    assert set(exported["hashes"]) - set(fit.provenance().hashes) == {"run.sh", "columns.nc"}
    del exported["hashes"]["run.sh"], exported["hashes"]["columns.nc"]
    assert fit.provenance().hashes == exported["hashes"]
    assert [list(c) for c in fit.provenance().commands] == exported["commands"]


def test_data_and_starts_change_the_hashes(fit, frame):
    changed_data = frame.assign(CO2=frame["CO2"] ** 1.1)
    other = MODEL.fit(changed_data, progress=False, **OPTIONS).provenance()
    changed = {n for n, digest in fit.provenance().hashes.items() if other.hashes[n] != digest}
    assert changed == {"data.json", "start_1.json", "start_2.json"}


def test_it_is_saved_with_the_fit(fit, tmp_path):
    loaded = stanmix.load(fit.save(tmp_path / "fit.nc"))
    assert loaded.provenance() == fit.provenance()
    assert loaded.relabel("order", "GNP").provenance() == fit.provenance()


def test_json_there_and_back(fit):
    record = fit.provenance()
    assert Provenance.from_json(record.to_json()) == record
    assert json.loads(record.to_json())["environment"]["CmdStan"].count(".") == 2


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("method", "advi"),
        ("program", "another"),
        ("options", {"seed": 8}),
        ("hashes", {}),
        ("commands", []),
        ("model", {"formula": "CO2 ~ 1", "components": 2}),
        ("sha256", "0" * 64),
        ("sha256", None),
    ],
)
def test_a_changed_record_is_refused(fit, part, value):
    values = json.loads(fit.provenance().to_json())
    assert values[part] != value
    with pytest.raises(OutputError, match="has changed since it was written"):
        Provenance.from_json(json.dumps({**values, part: value}))


@pytest.mark.parametrize(
    "text",
    ["", "3", "[]", "null", "{", '{"seed": 1}', '"' + "[" * 10, "[" * 100_000, '{"commands": 1}'],
)
def test_what_is_no_record_is_refused(text, tmp_path):
    with pytest.raises(OutputError, match="no provenance that stanmix wrote"):
        Provenance.from_json(text)
    (tmp_path / "provenance.json").write_text(text)
    with pytest.raises(OutputError, match=r"provenance\.json: This is no provenance"):
        Provenance.read(tmp_path)


@pytest.mark.parametrize("part", ["hashes", "program"])
def test_a_record_that_names_files_elsewhere_is_refused(fit, part):
    record = fit.provenance()
    elsewhere = {"hashes": {"../x": "0"}, "program": "/tmp/x"}[part]
    hostile = dataclasses.replace(record, **{part: elsewhere})
    with pytest.raises(OutputError, match="names a file outside its folder"):
        Provenance.from_json(hostile.to_json())


def test_words_name_what_matters(fit):
    said = str(fit.provenance())
    for word in ("seed 7", "CO2 ~ GNP", "CmdStan", "id=2", "adapt delta: 0.9", "instructions"):
        assert word in said
    assert fit.provenance().hashes["data.json"] in said


def test_changed_and_missing_files_are_refused(folder):
    record = Provenance.read(folder)
    record.check_files(folder)
    data = folder / "data.json"
    data.write_text(data.read_text().replace("28", "29", 1))
    with pytest.raises(OutputError, match=r"data\.json has changed"):
        record.check_files(folder)
    data.unlink()
    with pytest.raises(OutputError, match=r"data\.json is missing"):
        record.check_files(folder)


def test_changed_columns_of_the_data_are_refused(folder):
    path = folder / "columns.nc"
    content = bytearray(path.read_bytes())
    content[-20] ^= 1
    path.write_bytes(content)
    with pytest.raises(OutputError, match=r"columns\.nc has changed"):
        Provenance.read(folder).check_files(folder)


def test_other_folders_are_refused(tmp_path):
    with pytest.raises(OutputError, match="holds no provenance"):
        Provenance.read(tmp_path)
    (tmp_path / "provenance.json").write_text('{"seed": 1}')
    with pytest.raises(OutputError, match="no provenance that stanmix wrote"):
        Provenance.read(tmp_path)


def test_fits_saved_without_it_are_refused(fit):
    attributes = {k: v for k, v in fit.idata.attrs.items() if k != "provenance"}
    old = stanmix.Fit(fit.model, fit.design, fit.idata.copy())
    old.idata.attrs.clear()
    old.idata.attrs.update(attributes)
    with pytest.raises(OutputError, match="This fit has no provenance"):
        old.provenance()
