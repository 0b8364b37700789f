from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from fakes import FakeCmdStan, FakeParts, make_fake

from stanmix import cmdstan
from stanmix.cmdstan import parts
from stanmix.cmdstan.compiler import find_compiler
from stanmix.cmdstan.doctor import Finding, report


def found(what: str, path: Path | None = None) -> Finding:
    (finding,) = [finding for finding in report(path) if finding.what == what]
    return finding


def test_a_healthy_toolchain(fake_parts: FakeParts, sandbox: Path) -> None:
    assert found("CmdStan").status == "note"
    assert "first fit" in found("CmdStan").detail
    own = cmdstan.assemble(progress=False)
    findings = report()
    assert {finding.status for finding in findings} == {"ok"}, findings
    assert all(finding.mend == "" for finding in findings)
    assert f"{parts.STAN_VERSION} in {own} (stanmix)" in found("CmdStan").detail
    assert str(sandbox / "cache") in found("Cache").detail


def test_the_one_that_is_used_is_named(
    fake: FakeCmdStan, fake_parts: FakeParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CMDSTAN", str(fake.path))
    assert str(fake.path) in found("CmdStan").detail
    assert "$CMDSTAN" in found("CmdStan").detail
    other = make_fake(fake.path.parent / "other", version="2.36.1").path
    assert f"2.36.1 in {other} (argument)" in found("CmdStan", other).detail


def test_an_old_one_is_reported_and_passed_over(fake_parts: FakeParts) -> None:
    make_fake(Path.home() / ".cmdstan" / "cmdstan-2.30.0", version="2.30.0")
    own = cmdstan.assemble(progress=False)
    passed, used = [finding for finding in report() if finding.what == "CmdStan"]
    assert passed.status == "note"
    assert "2.30.0, and stanmix needs 2.33.0" in passed.detail
    assert str(own) in used.detail


def test_all_that_is_missing_is_said_with_what_mends_it(
    sandbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (sandbox / "file").touch()
    monkeypatch.setenv("STANMIX_CACHE", str(sandbox / "file" / "cache"))
    monkeypatch.setenv("PATH", str(sandbox))
    monkeypatch.setenv("CMDSTAN", str(sandbox / "none"))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr(tempfile, "tempdir", str(sandbox / "file"))
    findings = report()
    assert [finding.what for finding in findings] == [
        "CmdStan",
        "Parts of CmdStan",
        "C++ compiler",
        "make",
        "Cache",
        "Temporary folder",
    ]
    assert {finding.status for finding in findings} == {"missing"}
    mends = {finding.what: finding.mend for finding in findings}
    assert "CMDSTAN" in mends["CmdStan"]
    assert mends["Parts of CmdStan"] == 'pip install "stanmix[stan]"'
    assert "make" in mends["make"]
    assert "g++" in mends["C++ compiler"] or "gxx" in mends["C++ compiler"]
    assert "STANMIX_CACHE" in mends["Cache"]
    assert "TMPDIR" in mends["Temporary folder"]


def test_parts_are_not_needed_where_a_cmdstan_is(
    fake: FakeCmdStan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setenv("CMDSTAN", str(fake.path))
    assert found("Parts of CmdStan").status == "note"
    monkeypatch.delenv("CMDSTAN")
    assert found("Parts of CmdStan").status == "missing"


def test_that_of_another_python_is_in_use(fake_parts: FakeParts) -> None:
    own = cmdstan.assemble(progress=False)
    for wheel in parts.WHEELS:
        (own.parent / parts.folder_name(find_compiler(), wheel)).mkdir(exist_ok=True)
    assert len(list(own.parent.iterdir())) == 2
    assert {finding.status for finding in report()} == {"ok"}


def test_what_is_half_made_and_what_is_out_of_use(fake_parts: FakeParts) -> None:
    old = cmdstan.assemble(progress=False)
    (fake_parts.sources / "driver" / "one.cpp").write_text("int changed;\n")
    finding = found("Old CmdStan")
    assert finding.detail == f"{old}, of another compiler or stanmix"
    assert finding.status == "note"
    assert finding.mend.startswith("stanmix cache --prune ")
    half = old.with_name(f".{old.name}-pruned-01234567")
    half.mkdir()
    assert found("Old CmdStan") == finding
    new = cmdstan.assemble(progress=False)
    (new / "stanmix.json").unlink()
    assert found("CmdStan") == Finding(
        "CmdStan", "note", f"half assembled in {new}; the next fit continues it", "stanmix install"
    )


def test_a_compiler_that_cannot_compile(
    fake_parts: FakeParts, sandbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = sandbox / "c++"
    path.write_text(
        "#!/bin/sh\n"
        "case $1 in -std*) echo 'optional: no such file' >&2; exit 1;; esac\n"
        "echo old 1\n"
    )
    path.chmod(0o755)
    monkeypatch.setenv("CXX", str(path))
    finding = found("C++ compiler")
    assert finding.status == "missing"
    assert finding.detail.endswith("does not compile C++17: optional: no such file")


def test_the_compiler_is_the_one_of_the_cmdstan(
    fake: FakeCmdStan, fake_parts: FakeParts, sandbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = sandbox / "c++"
    path.write_text("#!/bin/sh\necho mine 1.0\n")
    path.chmod(0o755)
    (fake.path / "make").mkdir()
    (fake.path / "make" / "local").write_text(f"CXX = {path}\n")
    assert found("C++ compiler", fake.path).detail.startswith("mine 1.0")
    own = cmdstan.assemble(progress=False)
    monkeypatch.setenv("CXX", str(path))
    monkeypatch.setenv("CMDSTAN", str(own))
    assert found("C++ compiler").status == "missing"
    assert "was assembled with" in found("C++ compiler").detail


def test_nothing_is_made(fake_parts: FakeParts, sandbox: Path) -> None:
    report()
    assert not (sandbox / "cache").exists()


def test_a_disk_with_little_room(fake_parts: FakeParts, monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil

    usage = shutil.disk_usage("/")._replace(free=int(3e8))
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    assert found("Cache").status == "note"
    assert "0.3 GB free" in found("Cache").detail
    assert "1 GB" in found("Cache").mend
