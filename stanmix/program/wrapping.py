"""Long calls and signatures of Stan functions, broken where a reader would break them."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["LINE", "call"]

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
