from __future__ import annotations

import platform
import subprocess
from pathlib import Path

import pytest

from stanmix.cmdstan import processor
from stanmix.cmdstan.compiler import find_compiler

FLAGS = "processor\t: 0\nflags\t\t: fpu sse2 {}\nbugs\t\t: avx512f\n"


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("avx avx2 fma avx512f avx512dq avx512vl", "AVX-512"),
        ("avx avx2 fma avx512f", "AVX2"),
        ("avx fma", "baseline"),
        ("", "baseline"),
    ],
)
def test_instructions_are_those_of_the_dispatch(flags: str, expected: str) -> None:
    assert processor.instructions(FLAGS.format(flags)) == expected


def test_a_processor_without_flags_has_the_baseline() -> None:
    assert processor.instructions("") == "baseline"


@pytest.mark.skipif(platform.machine() != "x86_64", reason="asks an x86-64 compiler")
def test_this_machine_is_what_the_compiler_finds_at_run_time(tmp_path: Path) -> None:
    """The kernels ask the compiler's own functions; the record must say the same."""
    (tmp_path / "ask.cpp").write_text(
        "#include <cstdio>\n"
        'int main() { bool a = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");\n'
        'bool b = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")\n'
        '  && __builtin_cpu_supports("avx512vl");\n'
        'std::puts(a && b ? "AVX-512" : a ? "AVX2" : "baseline"); }\n'
    )
    compiler = find_compiler().command
    subprocess.run([*compiler, "-o", tmp_path / "ask", tmp_path / "ask.cpp"], check=True)
    said = subprocess.run([tmp_path / "ask"], check=True, capture_output=True, text=True).stdout
    assert processor.instructions() == said.strip()


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("avx2 fma avx512f avx512dq avx512vl", "STANMIX_ONLY_AVX512"),
        ("avx2 fma", "STANMIX_ONLY_AVX2"),
        ("", None),
    ],
)
def test_what_is_compiled_is_for_this_processor(
    flags: str, expected: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "cpuinfo").write_text(FLAGS.format(flags))
    monkeypatch.setattr(processor, "CPUINFO", tmp_path / "cpuinfo")
    assert processor.compiled_for() == expected
