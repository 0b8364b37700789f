"""A fake CmdStan, whose "compiler" is cp, and the parts to assemble one."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import stanmix.errors

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
# A command that fails as on a full disk.
FILL_DISK = (
    "cat makefile > /dev/full"
    if Path("/dev/full").exists()
    else "echo 'write error: No space left on device' >&2; exit 1"
)


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


# stanmix.cmdstan without the rest of stanmix, whose import takes seconds of a processor.
ONLY_CMDSTAN = f"""
import sys, types
package = types.ModuleType("stanmix")
package.__path__ = {[str(Path(stanmix.errors.__file__).parent)]!r}
sys.modules["stanmix"] = package
"""


def run_python(code: str, **variables: str) -> subprocess.Popen[str]:
    """Start a Python process on `code`, without waiting for it."""
    return subprocess.Popen(
        [sys.executable, "-c", ONLY_CMDSTAN + textwrap.dedent(code)],
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


OWN_MAKEFILE = """\
build: build/one.o build/two.o
build/one.o:
\t@echo "[stanmix 1/2] Compiling driver/one.cpp"
\t@mkdir -p build; echo one >> steps.txt
\t@{pause}
\t@cp driver/one.cpp build/one.part; mv build/one.part $@
build/two.o: build/one.o
\t@echo "[stanmix 2/2] Compiling driver/two.cpp"
\t@echo two >> steps.txt
\t@{pause}
\t@cp driver/two.cpp build/two.part; mv build/two.part $@
%: %.stan
\t@echo $@ >> compiled.txt; echo "cxx=$(CXX) flags=$(CXXFLAGS)"
\t@cp driver/executable $@; chmod +x $@
"""


@dataclass(frozen=True)
class FakeParts:
    """What an assembled CmdStan is made of, in miniature."""

    wheel: Path
    sources: Path

    @property
    def setup(self) -> str:
        """Code that makes another Python process take these parts too."""
        return (
            "from pathlib import Path\n"
            "from stanmix.cmdstan import parts\n"
            f"parts.wheel = lambda: Path({str(self.wheel)!r})\n"
            f"parts.own_sources = lambda: Path({str(self.sources)!r})\n"
        )

    def write_makefile(self, *, pause: str = "true", text: str = OWN_MAKEFILE) -> None:
        (self.sources / "makefile").write_text(text.format(pause=pause))


def make_parts(path: Path) -> FakeParts:
    wheel, sources = path / "httpstan", path / "sources"
    for folder in ("include/stan", "include/boost", "include/pybind11", "lib"):
        (wheel / folder).mkdir(parents=True)
        (wheel / folder / "one.hpp").write_text(f"// {folder}")
    (wheel / "lib" / "libtbb.so.2").write_text("library")
    (wheel / "lib" / "libtbb.so").symlink_to("libtbb.so.2")
    (wheel / "stanc").write_text(STANC)
    (wheel / "stanc").chmod(0o555)
    (sources / "driver").mkdir(parents=True)
    for name in ("one", "two"):
        (sources / "driver" / f"{name}.cpp").write_text(f"int {name};\n")
    (sources / "driver" / "executable").write_text("#!/bin/sh\necho stan_version = fake\n")
    (sources / "driver" / "executable").chmod(0o755)
    parts = FakeParts(wheel, sources)
    parts.write_makefile()
    return parts


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits to be collected does not."""
    if Path("/proc/self/stat").exists():  # ps may be absent here
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return False
    else:
        command = ["ps", "-o", "stat=", "-p", str(pid)]
        state = subprocess.run(command, capture_output=True, text=True).stdout.strip()
    return bool(state) and not state.startswith("Z")


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return bool(condition())
