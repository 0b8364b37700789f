"""Rows that are known exactly, and those that are limited, beside a fused likelihood.

Each have a likelihood of their own; or, where rows of both kinds share a class, one has them all.
"""

from __future__ import annotations

import dataclasses

from stanmix.program import kernels
from stanmix.program.plan import Program

__all__ = ["declarations", "divided", "likelihoods", "names"]


def divided(program: Program) -> bool:
    """Return whether a fused likelihood has censored rows apart from others, or behind them."""
    return program.kernel == "fused" and program.censoring


def likelihoods(program: Program) -> tuple[Program, ...]:
    """Return the plans of the functions whose sum is a program's likelihood.

    They are the program itself; or a fused one of the rows that are known exactly, and one of those
    that are censored: fused where all families have tails there, or written in Stan. Where rows
    share a class there is one of all rows.
    """
    if not divided(program):
        return (program,)
    if program.group:
        return (dataclasses.replace(program, rows="by_kind"),)
    exact = dataclasses.replace(program, censoring=False, intervals=False, rows="exact")
    fused = kernels.have("interval", *program.families)
    limited = dataclasses.replace(
        program,
        kernel="fused" if fused else "stan",
        mixing="log_sum_exp",
        minibatch=program.minibatch and fused,
        rows="limited",
    )
    return exact, limited


def names(program: Program) -> dict[str, str]:
    """Return what the values of its rows are called, by the names of those of all rows."""
    if not program.rows:
        return {}
    values = [*_types(program), *(["y_to"] if program.between else [])]
    values += ["batch_size"] if program.minibatch else []
    return {name: _name(name, program.rows) for name in values}


def declarations(program: Program) -> list[str]:
    """Return the lines that take the values of its rows from those of all rows."""
    rows, size = program.rows, _size(program)
    lines = [
        f"{type_.format(N=size)} {_name(name, rows)} = {name}[{rows}];"
        for name, type_ in _types(program).items()
    ]
    if program.minibatch:  # as large a part of its rows as of all
        share = f"({size} + batches - 1) %/% batches"
        lines.append(f"int {_name('batch_size', rows)} = max(1, {share});")
    return lines + (_ends(program) if program.between else [])


def _ends(program: Program) -> list[str]:
    """Return the lines that say between which ends each response is known to lie."""

    def at_row(end: str) -> str:
        by_row = end in program.ends_by_row
        return f"{program.in_program(end)}{f'[{rows}[n]]' if by_row else ''}"

    rows, size = program.rows, _size(program)
    y, y_to, kind = f"y_{rows}", f"y_to_{rows}", f"censoring[{rows}[n]]"
    none_below = "0" if program.response.integer else "negative_infinity()"
    least = at_row("y_least") if program.least else none_below
    most = at_row("y_most") if program.most else "positive_infinity()"
    to = f"{program.in_program('y_to')}[{rows}]" if program.intervals else y
    to = f"to_vector({to})" if program.response.integer else to
    ends = "the ends between which a response is known to lie"
    exact = rows == "by_kind" and program.intervals
    return [
        f"vector[{size}] {y_to} = {to};",
        f"for (n in 1:{size}) {{  // {ends}",
        *([f"  if ({kind} == 0) {y_to}[n] = {y}[n];"] if exact else []),
        f"  if ({kind} == 1) {{",
        f"    {y_to}[n] = {y}[n];",
        f"    {y}[n] = {least};",
        f"  }} else if ({kind} == 2) {{",
        f"    {y_to}[n] = {most};",
        "  }",
        "}",
    ]


def _size(program: Program) -> str:
    """Return the number of the rows of a likelihood, as a program calls it."""
    return "N" if program.rows == "by_kind" else f"N_{program.rows}"


def _name(of_all: str, rows: str) -> str:
    return f"{of_all.removesuffix('_scaled').removesuffix('_centred')}_{rows}"


def _types(program: Program) -> dict[str, str]:
    """Return the types of what its likelihood takes a row at a time, of N rows, by their names."""
    of_responses = "array[{N}] int" if program.response.integer else "vector[{N}]"
    found = {program.response_name: of_responses}
    if program.censoring and not program.between:
        found["censoring"] = "array[{N}] int"
    ends = program.recorded if program.between else program.ends
    by_row = (program.in_program(end) for end in ends if end in program.ends_by_row)
    found |= dict.fromkeys(by_row, of_responses)
    if program.response.trials:
        found["trials"] = "array[{N}] int"
    for matrix in program.matrices:
        if matrix.rows == "G":
            continue
        found[f"{matrix.name}_scaled"] = f"matrix[{{N}}, {matrix.size}]"
    if program.offset_in_likelihood:
        found[program.offset_name] = "vector[{N}]"
    if program.frequency:
        found["weights"] = "vector[{N}]"
    if program.group:
        found["group"] = "array[{N}] int"
    elif program.labels:  # or groups have them
        found["labels"] = "array[{N}] int"
    return found
