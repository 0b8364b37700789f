"""Long lines of Stan source, broken without a change of what they say."""

from __future__ import annotations

import re

import numpy as np
import pytest

from stanmix.program.wrapping import LINE, call, wrapped


def tokens(source):
    """Everything but white space."""
    return re.findall(r"\w+|[^\w\s]", source)


def random_call(rng, depth):
    """A call with arguments that are names, indexed names, sums, and calls."""
    arguments = []
    for _ in range(rng.integers(1, 6)):
        kind = rng.integers(0, 4 if depth else 3)
        name = "abcdefghij"[: rng.integers(1, 10)] + str(rng.integers(0, 100))
        arguments.append(
            [name, f"{name}[k, d]", f"{name} + {name}", random_call(rng, depth - 1)][kind]
            if depth
            else [name, f"{name}[k, d]", f"{name} + {name}"][kind]
        )
    return f"f{rng.integers(0, 100)}({', '.join(arguments)})"


def open_behind(text):
    """The column behind the innermost parenthesis that lines of text leave open; None: none."""
    stack = []
    for line in text.split("\n"):
        for column, sign in enumerate(line):
            if sign in "([":
                stack.append(column + 1)
            elif sign in ")]":
                stack.pop()
    return stack[-1] if stack else None


@pytest.mark.parametrize("seed", range(40))
def test_a_broken_line_says_the_same_within_its_parentheses(seed):
    rng = np.random.default_rng(seed)
    line = f"    real x = {random_call(rng, 3)} + {random_call(rng, 3)};"
    lines = wrapped(line).split("\n")
    assert tokens("".join(lines)) == tokens(line)
    assert (len(lines) == 1) == (len(line) <= LINE)
    for number, later in enumerate(lines[1:], 1):
        assert lines[number - 1].endswith(",") and len(lines[number - 1]) <= LINE
        behind = open_behind("\n".join(lines[:number]))
        margin = len(later) - len(later.lstrip())
        assert margin == (4 if behind is None else behind)


def test_a_long_comment_is_broken_into_comments():
    formula = f"  // log sum_k density(y[n] | {', '.join(['exp(X[n] * beta[k])'] * 8)})."
    lines = wrapped(formula).split("\n")
    assert len(lines) > 1 and max(map(len, lines)) <= LINE
    assert all(line.startswith("  // ") for line in lines)
    assert tokens("".join(line[4:] for line in lines)) == tokens(formula[4:])
    margin = formula.index("(") + 1
    assert all(line[4:margin].isspace() and line[margin] != " " for line in lines[1:])
    prose = wrapped(f"// {'word, ' * 40}end").split("\n")
    assert max(map(len, prose)) <= LINE and all(line.startswith("// word, ") for line in prose)


def test_what_is_short_stays():
    source = "// a comment\n  vector[K] mu;  // means\n"
    assert wrapped(source) == source
    fits = "x" * (LINE - 4) + "(1);"
    assert wrapped(fits) == fits


def test_a_comment_behind_a_long_line_goes_above_it():
    code = f"  real {'a' * 60};"
    assert wrapped(f"{code}  // {'b' * 60}") == f"  // {'b' * 60}\n{code}"
    both = wrapped(f"  f({', '.join(['argument'] * 12)});  // why").split("\n")
    assert both[0] == "  // why"
    assert both[1].startswith("  f(argument") and both[2].startswith("    argument")


def test_a_line_without_a_comma_cannot_be_broken():
    line = f"  real {'a' * 120};"
    assert wrapped(line) == line


@pytest.mark.parametrize("size", range(1, 40, 3))
@pytest.mark.parametrize("groups", [1, 2, 3])
def test_a_call_keeps_its_arguments_and_their_groups(size, groups):
    given = [[f"vector group{g}_{i}" for i in range(size)] for g in range(groups)]
    text = call("  real density(", [*given, []], ") {")
    whole = ", ".join(", ".join(group) for group in given)
    assert tokens(text) == tokens(f"real density({whole}) {{")
    lines = text.split("\n")
    assert max(map(len, lines)) <= LINE
    if len(lines) > 1:
        assert all(line.startswith(" " * len("  real density(")) for line in lines[1:])
        for line in lines:  # what belongs together does not share a line with others
            assert len(set(re.findall(r"group(\d)_", line))) == 1
    else:
        assert len(text) <= LINE


def test_a_call_without_arguments():
    assert call("f(", [[], []], ")") == "f()"
