"""Where the shipped programs are: beside a checkout's package, or within an installed one."""

from __future__ import annotations

from stanmix.program import files


def test_a_checkout_has_them_beside_the_package():
    found = files.models_folder()
    assert {"templates", "kernels", "programs"} <= {each.name for each in found.iterdir()}


def test_an_installed_package_has_them_within(tmp_path, monkeypatch):
    package, beside = tmp_path / "stanmix", tmp_path / "stan_models"
    (package / "program").mkdir(parents=True)
    beside.mkdir()
    monkeypatch.setattr(files, "__file__", str(package / "program" / "files.py"))
    assert files.models_folder() == beside
    (package / "stan_models").mkdir()
    assert files.models_folder() == package / "stan_models"
