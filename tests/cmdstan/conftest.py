"""A fake CmdStan, whose "compiler" is cp, and an environment without any other."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest

STANC = """\
#!/bin/sh
# Refuses what holds "syntax error"; writes its output as stanc does.
for argument; do
  case "$argument" in
    --o=*) out="${argument#--o=}" ;;
    *.stan) program="$argument" ;;
  esac
done
if grep -q "syntax error" "$program"; then
  echo "Syntax error in 'model.stan', line 1, column 0: this is not Stan" >&2
  exit 1
fi
echo "// C++ of $program" > "$out"
"""

MAKEFILE = """\
CMDSTAN_VERSION := {version}
%: %.stan
\t@echo $@ >> compiled.txt
\t{recipe}
"""

COPY = "cp bin/executable $@"


@dataclass(frozen=True)
class FakeCmdStan:
    """A folder that looks like a CmdStan."""

    path: Path

    @property
    def compiled(self) -> int:
        """How many programs its makefile compiled."""
        log = self.path / "compiled.txt"
        return len(log.read_text().splitlines()) if log.exists() else 0


def make_fake(path: Path, *, version: str = "2.35.0", recipe: str = COPY) -> FakeCmdStan:
    (path / "bin").mkdir(parents=True)
    (path / "makefile").write_text(MAKEFILE.format(version=version, recipe=recipe))
    for name, text in (("stanc", STANC), ("executable", "#!/bin/sh\necho stan_version = fake\n")):
        (path / "bin" / name).write_text(text)
        (path / "bin" / name).chmod(0o755)
    return FakeCmdStan(path)


def run_python(code: str, **variables: str) -> subprocess.Popen[str]:
    """Start a Python process on `code`, without waiting for it."""
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with an empty home and cache; no CmdStan, no flags in the environment."""
    for name in ("CMDSTAN", "CONDA_PREFIX", "CXX", "CXXFLAGS", "MAKE", "STANCFLAGS"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("STANMIX_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "prefix"))
    return tmp_path


@pytest.fixture
def fake(sandbox: Path) -> FakeCmdStan:
    return make_fake(sandbox / "cmdstan")
