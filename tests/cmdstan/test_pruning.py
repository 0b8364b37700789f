from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest
from fakes import FakeCmdStan, FakeParts, run_python

from stanmix import cmdstan
from stanmix.cmdstan import pruning
from stanmix.cmdstan.cache import mark_used
from stanmix.errors import InputError

SOURCE = "parameters { real x; } model { x ~ std_normal(); }"
DAY = 86_400.0


def build(toolchain: Path | None = None, name: str = "model") -> Path:
    """Build a program and return its folder."""
    program = cmdstan.build(SOURCE, name=name, cmdstan=toolchain, progress=False)
    return program.exe_file.parent


def age(path: Path, days: float) -> None:
    """Set the times of a path, and of what lies in it, back; stanc's tells CmdStans apart."""
    then = time.time() - days * DAY
    for inner in path.rglob("*"):
        if inner.name != "stanc":
            os.utime(inner, (then, then), follow_symlinks=False)
    os.utime(path, (then, then))


def paths(found: list[pruning.Entry] | tuple[pruning.Entry, ...]) -> set[Path]:
    return {entry.path for entry in found}


def entry_of(path: Path) -> pruning.Entry:
    (found,) = [entry for entry in pruning.entries() if entry.path == path]
    return found


def bytes_in(path: Path) -> int:
    done = subprocess.run(
        ["find", str(path), "!", "-type", "d", "-printf", "%s\n"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return sum(map(int, done.stdout.split()))


def test_an_empty_cache(sandbox: Path) -> None:
    assert pruning.entries() == []
    done = pruning.prune()
    assert (done.deleted, done.refused, done.freed) == ((), {}, 0)
    assert not (sandbox / "cache").exists()


def test_what_is_listed(fake_parts: FakeParts, sandbox: Path) -> None:
    program = build(name="mixture")
    own = cmdstan.assemble(progress=False)
    log = sandbox / "cache" / "logs" / "model-0123456789abcdef.log"
    log.parent.mkdir()
    log.write_text("12345")
    age(program, 20)
    found = {entry.kind: entry for entry in pruning.entries()}
    assert set(found) == {"CmdStan", "program", "timing", "log"}
    assert found["program"].path == program
    assert found["program"].name == f"mixture-{program.name[:8]}"
    assert (found["CmdStan"].path, found["CmdStan"].name) == (own, own.name)
    assert found["program"].size == bytes_in(program)
    assert found["CmdStan"].size == bytes_in(own)
    assert found["log"].size == 5
    days = (time.time() - found["program"].last_used.timestamp()) / DAY
    assert days == pytest.approx(20, abs=0.01)
    assert pruning.entries()[-1].path == program
    assert [kind for kind, entry in found.items() if entry.in_use] == ["CmdStan"]


def test_what_was_not_used_goes_and_the_rest_stays(fake: FakeCmdStan, sandbox: Path) -> None:
    new, old = build(fake.path, "new"), build(fake.path, "old")
    age(new, 89)
    age(old, 91)
    size = bytes_in(old)
    would = pruning.prune(dry_run=True)
    assert old.is_dir()
    done = pruning.prune()
    assert paths(done.deleted) == paths(would.deleted) == {old}
    assert done.freed == would.freed == size
    assert not old.exists()
    assert not list(old.parent.glob(f".{old.name}*"))
    assert paths(pruning.prune(89).deleted) == {new}
    assert build(fake.path, "old") == old
    assert old.is_dir()


def test_use_is_recorded_where_it_happens(fake_parts: FakeParts) -> None:
    program = build()
    own = cmdstan.assemble(progress=False)
    for path in (program, own):
        age(path, 200)
    build()  # from the cache
    for path in (program, own):
        assert time.time() - entry_of(path).last_used.timestamp() < 60
    age(own, 200)
    cmdstan.require()
    assert time.time() - entry_of(own).last_used.timestamp() < 60
    assert pruning.prune(1).deleted == ()


def test_reading_the_files_is_no_use(fake: FakeCmdStan) -> None:
    program = build(fake.path)
    age(program, 100)
    for file in program.iterdir():
        file.read_bytes()
        os.utime(file, (time.time(), file.stat().st_mtime))
    assert paths(pruning.prune().deleted) == {program}


def test_a_mark_is_renewed_once_an_hour_and_never_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker = tmp_path / "marker"
    mark_used(marker)
    assert not marker.exists()
    marker.touch()
    for minutes, renewed in ((50, False), (70, True), (-70, True)):
        then = time.time() - 60 * minutes
        os.utime(marker, (then, then))
        mark_used(marker)
        assert (abs(marker.stat().st_mtime - time.time()) < 60) is renewed

    def refuse(path: Path) -> None:
        raise PermissionError

    os.utime(marker, (0, 0))
    monkeypatch.setattr(os, "utime", refuse)
    mark_used(marker)
    assert marker.stat().st_mtime == 0


def test_the_cmdstan_in_use_is_never_deleted(
    fake_parts: FakeParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = cmdstan.assemble(progress=False)
    (fake_parts.sources / "driver" / "one.cpp").write_text("int changed;\n")
    new = cmdstan.assemble(progress=False)
    for path in (old, new):
        age(path, 500)
    monkeypatch.setenv("CMDSTAN", str(old))
    assert pruning.prune().deleted == ()
    monkeypatch.delenv("CMDSTAN")
    assert paths(pruning.prune().deleted) == {old}
    (new / "stanmix.json").unlink()  # half assembled: the next call goes on with it
    age(new, 500)
    assert pruning.prune().deleted == ()
    assert new.is_dir()


def test_a_cmdstan_is_used_where_its_programs_are(fake_parts: FakeParts) -> None:
    program = build()
    old = cmdstan.assemble(progress=False)
    (fake_parts.sources / "driver" / "one.cpp").write_text("int changed;\n")
    age(old, 500)
    assert entry_of(old).last_used == entry_of(program).last_used
    assert pruning.prune().deleted == ()
    age(program, 400)
    assert paths(pruning.prune().deleted) == {program, old}


def test_a_program_that_runs_stays(fake: FakeCmdStan) -> None:
    folder = build(fake.path)
    executable = folder / "model"
    executable.unlink()
    executable.write_bytes(Path("/bin/sleep").read_bytes())
    executable.chmod(0o755)
    age(folder, 500)
    with subprocess.Popen([str(executable), "60"]) as running:
        try:
            assert entry_of(folder).in_use
            assert pruning.prune().deleted == ()
        finally:
            running.kill()
    assert paths(pruning.prune().deleted) == {folder}


def test_what_another_process_holds_stays(fake: FakeCmdStan) -> None:
    program = build(fake.path)
    age(program, 500)
    holder = run_python(
        f"""
        import time
        from stanmix.cmdstan.cache import locked
        with locked({program.name!r}):
            print("held", flush=True)
            time.sleep(60)
        """
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    assert pruning.prune().deleted == ()
    assert program.is_dir()
    holder.kill()
    holder.communicate()
    assert paths(pruning.prune().deleted) == {program}


def test_what_is_used_at_the_last_moment_stays(
    fake: FakeCmdStan, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = build(fake.path)
    age(program, 500)
    rename = Path.rename

    def used_then_renamed(path: Path, target: Path) -> Path:
        mark_used(path / "meta.json")
        return rename(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", used_then_renamed)
        assert pruning.prune().deleted == ()
    assert build(fake.path) == program
    assert fake.compiled == 1


def test_only_what_stanmix_made_is_touched(fake: FakeCmdStan, sandbox: Path) -> None:
    cache = sandbox / "cache"
    mine = build(fake.path)
    others = [
        cache / "notes.txt",
        cache / "programs" / "mine" / "model.stan",
        cache / "programs" / mine.name.upper() / "file",
        cache / "cmdstan" / "cmdstan-2.36.0" / "makefile",
        cache / "logs" / "diary.log",
        cache / "other" / mine.name / "file",
    ]
    for path in others:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("of somebody else")
    age(cache, 500)
    done = pruning.prune()
    assert mine in paths(done.deleted)
    assert all(path.read_text() == "of somebody else" for path in others)
    assert all(path.is_relative_to(cache) for path in paths(done.deleted))


def test_links_are_not_followed(fake: FakeCmdStan, sandbox: Path) -> None:
    cache, outside = sandbox / "cache", sandbox / "outside"
    program = build(fake.path)
    (outside / "folder").mkdir(parents=True)
    (outside / "folder" / "file").write_text("kept")
    (outside / "folder").chmod(0o500)
    (program / "inner").symlink_to(outside / "folder")
    (program / "file").symlink_to(outside / "folder" / "file")
    linked = cache / "programs" / ("0" * 64)
    linked.symlink_to(outside)
    toolchains = outside / "cmdstan" / "2.35.0-0123456789"
    toolchains.mkdir(parents=True)
    (cache / "cmdstan").symlink_to(outside / "cmdstan")
    age(cache, 500)
    age(outside, 500)
    done = pruning.prune()
    assert program in paths(done.deleted)
    assert linked not in paths(done.deleted)
    assert linked.is_symlink()
    assert not program.exists()
    assert toolchains.is_dir()
    assert (outside / "folder" / "file").read_text() == "kept"
    assert (outside / "folder").stat().st_mode & 0o777 == 0o500


def test_what_was_interrupted_goes(fake: FakeCmdStan, sandbox: Path) -> None:
    programs = build(fake.path).parent
    key = "ab" * 32
    staging, half = programs / f".{key}-k2_j3x9q", programs / f".{key}-pruned-01234567"
    for folder in (staging, half):
        folder.mkdir()
        (folder / "model").write_bytes(b"123")
    workshop = sandbox / "cache" / "stanmix-0123456789abcdef-abc_1234"
    workshop.mkdir()
    # What a pruning has begun to delete goes at once; a build may still be at work on the other.
    assert paths(pruning.prune().deleted) == {half}
    age(staging, 2)
    age(workshop, 2)
    done = pruning.prune(1)
    assert paths(done.deleted) == {staging, workshop}
    assert done.freed == 3
    assert {entry.kind for entry in done.deleted} == {"unfinished"}


def test_half_deleted_folders_are_no_programs(fake: FakeCmdStan) -> None:
    program = build(fake.path)
    (program / "meta.json").unlink()
    (program / "model").unlink()
    assert entry_of(program).name == f"damaged-{program.name[:8]}"
    age(program, 100)
    assert paths(pruning.prune().deleted) == {program}


def test_folders_without_the_right_to_write_go_too(fake: FakeCmdStan) -> None:
    program = build(fake.path)
    inner = program / "inner"
    inner.mkdir()
    (inner / "file").touch()
    age(program, 100)
    (inner / "file").chmod(0o400)
    inner.chmod(0o500)
    program.chmod(0o500)
    assert paths(pruning.prune().deleted) == {program}
    assert not list(program.parent.iterdir())


def test_what_cannot_be_deleted_is_named(
    fake: FakeCmdStan, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = build(fake.path, "first"), build(fake.path, "second")
    for program in (first, second):
        age(program, 100)
    rename = Path.rename

    def refuse(path: Path, target: Path) -> Path:
        if path == first:
            raise PermissionError(13, "Permission denied")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refuse)
    done = pruning.prune()
    assert paths(done.deleted) == {second}
    assert done.refused == {first: "Permission denied"}
    assert first.is_dir()


def test_a_cache_without_locks(fake: FakeCmdStan, sandbox: Path) -> None:
    program = build(fake.path)
    age(program, 100)
    locks = sandbox / "cache" / "locks"
    for path in locks.iterdir():
        path.unlink()
    locks.rmdir()
    locks.touch()
    done = pruning.prune()
    assert done.deleted == ()
    assert "stanmix cannot write to" in done.refused[program]
    assert program.is_dir()


@pytest.mark.parametrize("days", [0, -1, 1.5, "90", True])
def test_days_are_checked(sandbox: Path, days: object) -> None:
    with pytest.raises(InputError, match="keep_days"):
        pruning.prune(days)  # type: ignore[arg-type]
    assert pruning.prune(10**400).deleted == ()
