"""Fits that were saved: whole, unchanged, and without anything in them that is run."""

from __future__ import annotations

import json
import resource
import subprocess
import sys

import netCDF4
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from rendered import EXAMPLES
from synthetic import made_up_fit

import stanmix
from stanmix import containers, integrity, netcdf
from stanmix.errors import InputError, OutputError
from stanmix.posterior import inference_data

RNG = np.random.default_rng(7)


def foreign(model, frame, S=20):
    """Return draws, made up, as a fit."""
    P = len(model.matrices(frame).covariates)
    K = model.components
    draws = {"theta": np.full((1, S, K), 1 / K), "sigma": np.ones((1, S, K))}
    draws["beta"] = RNG.normal(size=(1, S, K, P))
    return stanmix.from_draws(model, frame, draws)


@pytest.fixture(scope="module")
def fit():
    frame = pd.DataFrame(
        {"y": RNG.normal(size=30), "x": RNG.normal(size=30), "g": list("abc") * 10}
    )
    return foreign(stanmix.Mixture("y ~ x + g", 2), frame)


@pytest.fixture
def path(fit, tmp_path):
    return fit.save(tmp_path / "fit.nc")


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_every_kind_of_fit_is_saved_whole(name, tmp_path):
    fit = made_up_fit(*EXAMPLES[name])
    again = stanmix.load(fit.save(tmp_path / "fit.nc"))
    assert again.model == fit.model
    assert integrity.digest(again.idata) == integrity.digest(fit.idata)
    np.testing.assert_array_equal(again.design.X, fit.design.X)
    np.testing.assert_array_equal(again.responsibilities(), fit.responsibilities())
    pd.testing.assert_frame_equal(again.design.columns, fit.design.columns)


@pytest.mark.parametrize(
    "column",
    [
        pd.Series(RNG.choice([2, 9, 10], 60), dtype=object),
        pd.Series(pd.cut(RNG.integers(18, 80, 60), [0, 30, 50, 100])),
        pd.Series(pd.Categorical(pd.to_datetime(["2020-02-01", "2020-01-01"] * 30))),
        pd.Series(["b", "a", "c"] * 20, dtype="string"),
        pd.Series(pd.Categorical([3, 1] * 30, [3, 2, 1], ordered=True)),
    ],
)
def test_levels_are_the_same_after_saving(column, tmp_path):
    frame = pd.DataFrame({"y": RNG.normal(size=60), "f": column})
    fit = foreign(stanmix.Mixture("y ~ f", 1), frame)
    again = stanmix.load(fit.save(tmp_path / "fit.nc"))
    assert again.design.covariates == fit.design.covariates
    np.testing.assert_array_equal(again.log_likelihood(), fit.log_likelihood())
    np.testing.assert_array_equal(again.predict(frame), fit.predict(frame))


def edited(path, edit):
    with netCDF4.Dataset(path, "a") as file:
        edit(file)
    return path


def set_value(group, name, value):
    def edit(file):
        variable = file[group][name]
        flat = variable[:].ravel()
        flat[0] = value
        variable[:] = flat.reshape(variable.shape)

    return edit


def set_attribute(name, value):
    return lambda file: file["posterior"].setncattr(name, value)


MODEL = {"formula": "y ~ x", "components": 2}


@pytest.mark.parametrize(
    "edit",
    [
        set_value("posterior", "beta", 99.0),
        set_value("posterior", "sigma", np.nan),
        set_value("sample_stats", "lp", 0.0),
        set_value("constant_data", "column_0", 1e3),
        set_value("observed_data", "y", 1e3),
        set_attribute("model", json.dumps(MODEL)),
        set_attribute("seed", 12345),
        set_attribute("sha256", "0" * 64),
        lambda file: file["posterior"].renameVariable("sigma", "tau"),
        lambda file: file["posterior"].delncattr("sha256"),
        lambda file: file["constant_data"]["column_0"].setncattr("column", "{}"),
    ],
)
def test_a_file_that_was_changed_is_refused(path, edit):
    with pytest.raises(OutputError, match=r"have changed since it was saved|has no digest"):
        stanmix.load(edited(path, edit))


def resaved(fit, tmp_path, attributes=None, **groups):
    """Save a fit with other contents, and the digest of these."""
    idata = containers.replace(fit.idata, attributes or {}, **groups)
    return inference_data.save(idata, tmp_path / "fit.nc")


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ({"model": "{"}, "no whole fit"),
        ({"model": "3"}, "no whole fit"),
        ({"model": "[]"}, "no whole fit"),
        ({"model": json.dumps(MODEL)}, r"draws of 'beta'"),
        ({"model": json.dumps({**MODEL, "components": 3, "formula": "y ~ x + g"})}, "draws of"),
        ({"model": json.dumps({**MODEL, "components": "2"})}, "components must be"),
        ({"model": json.dumps({**MODEL, "formula": "y ~ z"})}, "Unknown column 'z'"),
        (
            {"model": json.dumps({**MODEL, "formula": "y ~ exec('1')"})},
            "exec, which is no function",
        ),
        ({"model": json.dumps({**MODEL, "context": {}})}, "statement of a mixture has"),
        ({"model": json.dumps({**MODEL, "priors": {"x": {"name": "os"}}})}, "no whole fit"),
        ({"failed_chains": "{"}, "no whole fit"),
    ],
)
def test_a_statement_that_fits_no_draws_is_refused(fit, tmp_path, attributes, said):
    with pytest.raises(OutputError, match=said):
        stanmix.load(resaved(fit, tmp_path, attributes))


def without_sigma(groups):
    return {"posterior": groups["posterior"].drop_vars("sigma")}


def undefined(groups):
    sigma = groups["posterior"]["sigma"].copy(deep=True)
    sigma[0, 3, 1] = np.nan
    return {"posterior": groups["posterior"].assign(sigma=sigma)}


def transposed(groups):
    return {"posterior": groups["posterior"].transpose("draw", "chain", ...)}


def one_component(groups):
    return {"posterior": groups["posterior"].isel(component=[0])}


def no_draws(groups):
    return {"posterior": groups["posterior"].isel(draw=[])}


def fewer_rows(groups):
    return {
        name: groups[name].isel(obs_id=slice(25)) for name in ("observed_data", "constant_data")
    }


def fewer_observed(groups):
    return {"observed_data": groups["observed_data"].isel(obs_id=slice(25))}


def no_response(groups):
    return {"observed_data": groups["observed_data"].drop_vars("y")}


def other_columns(groups):
    column = groups["constant_data"]["column_0"]
    return {"constant_data": groups["constant_data"].assign(column_0=column + 1)}


def no_columns(groups):
    names = [name for name in groups["constant_data"].data_vars if str(name).startswith("column_")]
    return {"constant_data": groups["constant_data"].drop_vars(names)}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (without_sigma, "draws of the parameter 'sigma' are missing"),
        (undefined, "1 of 40 draws of 'sigma' are not a number"),
        (transposed, "have the sizes"),
        (one_component, "draws of .* have the sizes .*'component': 1.* expected"),
        (no_draws, "0 of 0 draws"),
        (fewer_observed, "the response is not the one"),
        (no_response, "its group 'observed_data' is missing"),
        (other_columns, "the response is not the one"),
        (no_columns, "Unknown column"),
    ],
)
def test_contents_that_do_not_fit_together_are_refused(fit, tmp_path, change, said):
    groups = containers.groups_of(fit.idata)
    with pytest.raises(OutputError, match=f"no (whole )?fit of stanmix: .*{said}"):
        stanmix.load(resaved(fit, tmp_path, **change(groups)))


def test_fewer_rows_of_all_are_another_fit(fit, tmp_path):
    groups = containers.groups_of(fit.idata)
    again = stanmix.load(resaved(fit, tmp_path, **fewer_rows(groups)))
    assert len(again.design.y) == 25


@pytest.mark.parametrize("cut", [0, 7, 0.3, 0.9, 0.999])
def test_half_a_file_is_refused(path, cut):
    content = path.read_bytes()
    path.write_bytes(content[: int(cut * len(content)) if cut < 1 else cut])
    with pytest.raises(OutputError):
        stanmix.load(path)


def test_other_paths_are_refused(tmp_path):
    with pytest.raises(OutputError, match="There is no file"):
        stanmix.load(tmp_path / "none.nc")
    with pytest.raises(OutputError, match="There is no file"):
        stanmix.load(tmp_path)
    with pytest.raises(InputError, match="load: path must be a path"):
        stanmix.load(None)
    (tmp_path / "text.nc").write_text("no NetCDF")
    with pytest.raises(OutputError, match="cannot be read as NetCDF"):
        stanmix.load(tmp_path / "text.nc")


def test_loading_runs_nothing(tmp_path):
    """A column may bear any name, and a formula say anything: it is refused, or is a name."""
    canary = tmp_path / "ran"
    evil = f"lambda: open('{canary}', 'w')"
    frame = {"y": RNG.normal(size=9), "x": np.arange(9.0), evil: np.arange(9.0) ** 2}
    fit = foreign(stanmix.Mixture(f"y ~ x + `{evil}`", 1), frame)
    again = stanmix.load(fit.save(tmp_path / "named.nc"))
    assert again.design.covariates == ("Intercept", "x", evil)
    for said in (f"y ~ {{({evil})() and x}}", f"y ~ I({evil})", f"{{({evil})()}} ~ x"):
        stated = {**fit.model.to_dict(), "formula": said}
        for part in (stated, {**fit.model.to_dict(), "gating": f"~ {said.partition('~')[2]}"}):
            with pytest.raises(OutputError):
                stanmix.load(resaved(fit, tmp_path, {"model": json.dumps(part)}))
    assert not canary.exists()


@pytest.mark.parametrize(
    "said",
    [
        "__import__('os').system('touch {canary}')",
        "eval(\"open('{canary}', 'w')\")",
        "exec(\"open('{canary}', 'w')\")",
        "open('{canary}', 'w')",
        "x.__class__.__base__.__subclasses__()",
        "np.log.__globals__",
        "(lambda: open('{canary}', 'w'))()",
        "I((lambda v: open('{canary}', 'w') and v)(x))",
        "I([open('{canary}', 'w') for _ in x])",
        "{{__import__('os').system('touch {canary}') or x}}",
    ],
)
@pytest.mark.parametrize("where", ["formula", "response", "gating"])
def test_a_formula_that_calls_code_is_refused_in_a_crafted_file(path, tmp_path, said, where):
    """The file was edited by NetCDF's own tools, and its digest is that of what it says."""
    canary = tmp_path / "ran"
    code = said.format(canary=canary)
    statement = {
        "formula": {"formula": f"y ~ {code}"},
        "response": {"formula": f"{code} ~ x"},
        "gating": {"formula": "y ~ x + g", "gating": f"~ {code}"},
    }[where]
    edited(path, set_attribute("model", json.dumps({"components": 2, **statement})))
    digest = integrity.digest(netcdf.read(path))
    edited(path, set_attribute("sha256", digest))
    with pytest.raises(OutputError, match="holds no whole fit of stanmix"):
        stanmix.load(path)
    assert not canary.exists()


def test_functions_of_the_users_are_passed_again(tmp_path):
    def hinge(x):
        return np.maximum(x, 0)

    frame = pd.DataFrame({"y": RNG.normal(size=30), "x": RNG.normal(size=30)})
    fit = foreign(stanmix.Mixture("y ~ hinge(x)", 1, context={"hinge": hinge}), frame)
    path = fit.save(tmp_path / "fit.nc")
    assert "context" not in fit.model.to_dict()
    again = stanmix.load(path, context={"hinge": hinge})
    assert again.model == fit.model
    np.testing.assert_array_equal(again.predict({"x": [-1.0, 2]}), fit.predict({"x": [-1.0, 2]}))
    with pytest.raises(OutputError, match=r'hinge, which is no function .*context=\{"f": f\}'):
        stanmix.load(path)
    for wrong in ({"hinge": 3}, [hinge], {3: hinge}):
        with pytest.raises(InputError, match="context must be a mapping of names to functions"):
            stanmix.load(path, context=wrong)


def test_the_digest_is_that_of_what_counts(fit, path):
    first = integrity.digest(fit.idata)
    kept = containers.groups_of(fit.idata)
    assert integrity.digest(stanmix.load(path).idata) == first
    assert integrity.digest(fit.with_log_likelihood().idata) == first
    other = kept["posterior"].assign(sigma=kept["posterior"]["sigma"] * (1 + 1e-15))
    assert integrity.digest(containers.replace(fit.idata, {}, posterior=other)) != first
    named = kept["constant_data"].assign_coords(obs_id=np.arange(30) + 1)
    assert integrity.digest(containers.replace(fit.idata, {}, constant_data=named)) != first


def test_a_file_is_replaced_when_the_new_one_is_whole(fit, path, monkeypatch):
    before = path.read_bytes()

    def broken(self, filename, **options):
        with open(filename, "w") as file:  # noqa: PTH123
            file.write("half")
        raise RuntimeError("NetCDF: HDF error")

    monkeypatch.setattr(xr.Dataset, "to_netcdf", broken)
    with pytest.raises(OutputError, match=r"The fit cannot be written to .*HDF error"):
        fit.save(path)
    assert path.read_bytes() == before and list(path.parent.iterdir()) == [path]


def test_a_full_disk_is_said(path):
    """A limit on the size of files stands for the disk: the system refuses alike."""
    code = (
        "import resource, signal, sys, stanmix\n"
        "fit = stanmix.load(sys.argv[1])\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "try: fit.save(sys.argv[1])\n"
        "except stanmix.errors.OutputError as error: print(error)\n"
    )
    before = path.read_bytes()
    assert len(before) > 4096 and resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 4096
    ran = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    assert "The fit cannot be written to" in ran.stdout
    assert path.read_bytes() == before and list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("below", ["fit.nc/x.nc", "a" * 300, "a\0b", "none/fit.nc", "."])
def test_places_that_cannot_hold_a_fit_are_refused(fit, path, below):
    with pytest.raises(InputError, match="save: path: "):
        fit.save(path.parent / below)
