"""Long calls and signatures of Stan functions, broken where a reader would break them."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["LINE", "call", "wrapped"]

LINE = 100  # columns


def call(head: str, groups: Sequence[Sequence[str]], end: str) -> str:
    """Return a call on one line, or what belongs together on a line each.

    Parameters
    ----------
    head : str
        What stands before the first argument; later lines begin below that.
    groups : sequence of sequences of str
        The arguments; empty groups count for nothing.
    end : str
        What stands after the last argument.
    """
    groups = [list(group) for group in groups if group]
    whole = head + ", ".join(argument for group in groups for argument in group) + end
    if len(whole) <= LINE:
        return whole
    lines, margin = [], " " * len(head)
    for group in groups:
        line = ""
        for argument in group:
            longer = f"{line}, {argument}" if line else argument
            if line and len(head) + len(longer) + len(end) > LINE:
                lines.append(line)
                longer = argument
            line = longer
        lines.append(line)
    return head + f",\n{margin}".join(lines) + end


def wrapped(source: str) -> str:
    """Return source whose long lines are broken within their parentheses.

    A comment behind a line that is too long goes above it.
    """
    return "\n".join(_broken(line) for line in source.split("\n"))


def _broken(line: str, opened: Sequence[int] = ()) -> str:
    """Return a line in parts; `opened` tells where earlier parts left parentheses open."""
    if len(line) <= LINE:
        return line
    margin = " " * (len(line) - len(line.lstrip()))
    start = f"{margin}//" if line.lstrip().startswith("//") else ""
    code, mark, comment = line[len(start) :].partition("  //")
    code = start + code
    if mark:
        return f"{margin}//{comment}\n{_broken(code)}"
    at = code.rfind(", ", 0, LINE)
    if at < 0:
        return code
    # What follows begins behind the innermost parenthesis that is open there.
    behind = list(opened)
    for place, sign in enumerate(code[:at]):
        if sign in "([":
            behind.append(place + 1)
        elif sign in ")]":
            behind.pop()
    column = behind[-1] if behind else len(start) + 1 if start else 4
    return f"{code[: at + 1]}\n{_broken(start.ljust(column) + code[at + 2 :], behind)}"
