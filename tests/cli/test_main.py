from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import stanmix
from stanmix import cli


def test_the_demo_writes_all_it_promises(tmp_path, capsys):
    assert cli.main(["demo", "--out", str(tmp_path / "demo"), "--quiet"]) == 0
    said = capsys.readouterr().out
    for word in ("galaxies", "CO2", "r_hat", "divergences: none", "No problem found", " s)"):
        assert word in said
    for name in ("galaxies", "co2"):
        fit = stanmix.load(tmp_path / "demo" / f"{name}.nc")
        assert fit.diagnose().ok
        for picture in (f"{name}.png", f"{name}-trace.png", f"{name}-rank.png"):
            assert (tmp_path / "demo" / picture).read_bytes().startswith(b"\x89PNG")
        folder = tmp_path / "demo" / f"{name}-stan"
        assert {"data.json", "run.sh", "start_4.json"} <= {p.name for p in folder.iterdir()}
        assert len(list(folder.glob("*.stan"))) == 1


def test_doctor_names_what_is_used(cmdstan, capsys):
    assert cli.main(["doctor", "--cmdstan", str(cmdstan)]) == 0
    said = capsys.readouterr().out
    assert str(cmdstan) in said
    assert "C++ compiler" in said and "Cache" in said


def test_doctor_names_what_is_missing(tmp_path, capsys):
    assert cli.main(["doctor", "--cmdstan", str(tmp_path / "none")]) == 1
    assert "MISSING" in capsys.readouterr().out


def test_errors_are_words_and_an_exit_code(capsys, monkeypatch):
    def refuse(**_):
        raise stanmix.ToolchainError("no compiler")

    monkeypatch.setattr(stanmix.cmdstan, "assemble", refuse)
    assert cli.main(["install"]) == 1
    assert capsys.readouterr().err == "stanmix: no compiler\n"


def test_install_says_where(capsys, monkeypatch):
    monkeypatch.setattr(stanmix.cmdstan, "assemble", lambda: Path("/made"))
    monkeypatch.setattr(stanmix.cmdstan.install, "from_github", lambda v: Path(f"/built {v}"))
    assert cli.main(["install"]) == 0
    assert cli.main(["install", "--from", "github", "--cmdstan-version", "2.36.0"]) == 0
    assert capsys.readouterr().out.split("\n")[:2] == [
        f"CmdStan is ready in {Path('/made')}",
        f"CmdStan is ready in {Path('/built 2.36.0')}",
    ]


def test_the_command_is_installed():
    done = subprocess.run(
        [Path(sys.executable).parent / "stanmix", "--version"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == f"stanmix {stanmix.__version__}\n"


def test_unknown_commands_are_refused():
    with pytest.raises(SystemExit) as error:
        cli.main(["demonstrate"])
    assert error.value.code == 2


@pytest.mark.parametrize("text", ["README.md", "docs/scripts.md", "docs/cmdstan.md"])
def test_commands_in_the_documentation_are_understood(text):
    page = (Path(__file__).parents[2] / text).read_text()
    lines = "".join(re.findall(r"```sh\n(.*?)```", page, re.DOTALL)).splitlines()
    commands = [shlex.split(line, comments=True) for line in lines if line.startswith("stanmix ")]
    assert commands
    for command in commands:
        arguments = command[1 : command.index(">")] if ">" in command else command[1:]
        assert callable(cli._parser().parse_args(arguments).command)


ODD_PATHS = {"": "must be a path", "file/below": "Not a directory", "file": "is a file",
             "x" * 300: "too long"}  # fmt: skip


@pytest.mark.parametrize("out", ODD_PATHS)
@pytest.mark.parametrize("command", ["fit", "demo"])
def test_odd_paths_are_refused_before_anything_is_done(command, out, tmp_path, monkeypatch, capsys):
    def done(*_, **__):
        raise AssertionError("began")

    monkeypatch.setattr(stanmix.cmdstan, "require", done)
    monkeypatch.setattr(stanmix.Mixture, "fit", done)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    (tmp_path / "data.csv").write_text("y\n1\n2\n4\n")
    model = ["data.csv", "--formula", "y ~ 1", "--components", "2"] if command == "fit" else []
    assert cli.main([command, *model, "--out", out]) == 1
    said = capsys.readouterr().err
    assert said.startswith("stanmix: ") and ODD_PATHS[out] in said
    assert {path.name for path in tmp_path.iterdir()} == {"file", "data.csv"}


@pytest.mark.parametrize("command", ["report", "rerun"])
@pytest.mark.parametrize("folder", ["", "file/below", "x" * 300, "none"])
def test_odd_folders_are_refused(command, folder, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    assert cli.main([command, folder]) == 1
    assert re.search("must be a path|cannot be a path|no provenance", capsys.readouterr().err)


def test_a_deleted_working_directory_is_named(tmp_path):
    (tmp_path / "gone").mkdir()
    (tmp_path / "data.csv").write_text("y\n1\n2\n4\n")
    code = (
        "import os, sys; from stanmix import cli; os.rmdir('../gone')\n"
        "sys.exit(cli.main(['fit', sys.argv[1], '--formula', 'y ~ 1', '--components', '2', "
        "'--out', 'out']))"
    )
    for data in ("data.csv", str(tmp_path / "data.csv")):
        done = subprocess.run(
            [sys.executable, "-c", code, data],
            cwd=tmp_path / "gone", capture_output=True, text=True, check=False,
        )  # fmt: skip
        (tmp_path / "gone").mkdir()
        assert done.returncode == 1
        assert "working directory, which has been deleted" in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="of Linux")
def test_output_that_the_system_does_not_take_is_an_error():
    with open("/dev/full", "w") as full:  # noqa: PTH123
        done = subprocess.run(
            [sys.executable, "-m", "stanmix", "render", "--formula", "y", "--components", "2"],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, "stanmix: No space left on device\n")
