"""The text of a likelihood whose columns are independent within a component, by their families."""

from __future__ import annotations

import re
from typing import Any

from stanmix.model.families.entry import Columns
from stanmix.program import patterns
from stanmix.program.density_arguments import density_arguments
from stanmix.program.plan import Program

__all__ = [
    "about",
    "call",
    "entries",
    "first_is_whole",
    "formula",
    "side_by_side",
    "signature",
    "sizes",
]


def first_is_whole(program: Program) -> bool:
    """Return whether the first argument of the function holds whole numbers."""
    if program.kernel == "fused":
        return False
    return any(one.family.counts for one in program.family.columns[:1])


def signature(program: Program) -> list[str]:
    """Return the responses that the function takes, and which of them are not missing.

    A fused one takes a matrix that says both.
    """
    if program.kernel == "fused" and program.family.columns:
        return ["data matrix y"]
    first = [f"{_kind(one)} {one.named('y')}" for one in program.family.columns]
    if program.incomplete:
        for one in program.family.columns:
            kind = "array[] int" if one.single else "array[,] int"
            declared = [f"{kind} {one.named('observed')}"]
            first += patterns.signature(one) if one.block else declared
    return first


def call(program: Program) -> list[str]:
    """Return what the program gives it for these."""
    columns = program.family.columns
    if program.kernel == "fused":
        return ["responses" if side_by_side(program) else _in_program(columns[0])]
    first = [_in_program(one) for one in columns]
    for one in columns if program.incomplete else ():
        first += patterns.passed(one) if one.block else [one.named("observed")]
    return first


def side_by_side(program: Program) -> list[str]:
    """Return the lines that make a matrix of all responses, which a fused likelihood takes.

    It has columns of one family after those of another, with numbers in place of counts, and what
    is no number where one is missing. There are no lines where the responses are such a matrix.
    """
    columns = program.family.columns
    if program.kernel != "fused" or not columns:
        return []
    found = [_matrix(program, one) for one in columns]
    if len(columns) == 1:
        own = found == [_in_program(columns[0])]
        return [] if own else [f"matrix[N, {columns[0].named('D')}] responses = {found[0]};"]
    sizes = [one.named("D") for one in columns]
    lines = [f"matrix[N, {' + '.join(sizes)}] responses;"]
    for at, each in enumerate(found):
        before, until = (" + ".join(sizes[:end]) for end in (at, at + 1))
        first, last = (f"({before} + 1)", f"({until})") if at else ("1", until)
        lines.append(f"responses[, {first}:{last}] = {each};")
    return lines


def _matrix(program: Program, one: Columns) -> str:
    """Return the responses of a family as a matrix of numbers, a Stan expression."""
    y = f"to_matrix({_in_program(one)})" if one.family.counts else _in_program(one)
    return f"with_missing({y}, {one.named('observed')})" if program.incomplete else y


def _in_program(one: Columns) -> str:
    """Return what the program calls the responses of a family, in the units of its densities."""
    return f"{one.named('y')}_scaled" if one.family.response.unit else one.named("y")


def sizes(program: Program) -> dict[str, str]:
    """Return the numbers of rows and, where it needs them, of columns, as the function finds them.

    Returns
    -------
    dict of str to str
        By the name.
    """
    first = program.family.columns[0]
    found = {"N": f"{'size' if first.family.counts else 'rows'}({first.named('y')})"}
    found["K"] = f"size({program.location.of})"
    for one in program.family.columns:
        if one.block and one.family.stan.of_rows:
            found[one.named("D")] = f"cols({one.named('y')})"
        if _one_by_one(program, one):
            location = one.names[one.family.location.name]
            found[one.named("D")] = f"rows({location}[1])"
    return found


def about(program: Program) -> str:
    """Return what the likelihood is, as a comment says it."""
    unit = "a group" if program.group else "a row"
    counts = all(one.family.counts for one in program.family.columns)
    what = "probability" if counts else "density"
    rows = "what is there of the rows" if program.incomplete else "the rows"
    order = ""
    if program.kernel == "fused" and len(program.family.columns) > 1:
        listed = ", then ".join(f"those of {one.named('y')}" for one in program.family.columns)
        order = f"The columns of y are\n  // {listed}. "
    if program.kernel == "fused" and program.incomplete:
        order += "What is no number is missing.\n  // "
    return (
        f"Log {what} of {rows} of y under a mixture of\n  // {_plural(program)}. "
        f"{order}The component of {unit} is summed out:"
    )


def formula(program: Program) -> str:
    """Return the density of a row in a component, with a factor for each family."""
    columns = program.family.columns
    found = [
        f"{one.family.stan.name}({one.named('y')}[n] | "
        f"{', '.join(_arguments(program, one, '[k]'))})"
        if not _each_observed(one)
        else f"prod_d {one.family.stan.name}({one.named('y')}[n, d] | "
        f"{', '.join(_arguments(program, one, '[k, d]'))})"
        for one in columns
    ]
    return "\n  //   ".join(found)


def entries(program: Program) -> list[dict[str, Any]]:
    """Return what the template says of the columns of each family.

    Returns
    -------
    list of dict
        ``number`` of components; ``density`` of row n in component k, or of its column d where
        columns are taken ``one_by_one``; ``entry`` (where it goes), whether it is ``added`` there,
        ``D`` (how many columns there are) and ``observed`` (which are not missing; empty where all
        are there).
    """
    row, times = ("group[n]", "") if program.group else ("n", "")
    if program.group and program.frequency:
        times = "weights[n] * "
    found = []
    for one in program.family.columns:
        apart = _one_by_one(program, one)
        added = program.group or apart or len(program.family.columns) > 1
        stan, y = one.family.stan, one.named("y") + ("[n, d]" if apart else "[n]")
        ending = "lpmf" if one.family.counts else "lpdf"
        values = ", ".join(_arguments(program, one, "[k, d]" if apart else "[k]"))
        in_patterns = program.incomplete and one.block
        if in_patterns:
            y = f"{one.named('y')}[n, there]"
            own = {name for name, of_all in one.names.items() if program.of(of_all).columns}
            values = ", ".join(patterns.arguments(stan, _named(program, one, "[k]"), own))
        density, at_rows = f"{stan.name}_{ending}({y} | {values})", list[str]()
        if one.family.categories:  # of which there are fewer than rows
            at_rows = [
                f"vector[max({one.named('y')})] log_p;  // of each category",
                "for (c in 1:rows(log_p)) {",
                f"  log_p[c] = {stan.name}_{ending}(c | {values});",
                "}",
            ]
            density = f"log_p[{y}]"
        elif one.block and stan.height:
            at_rows = [f"{_in_block(one, stan.held)} = {_height(program, one, '[k]')};"]
        lacking = program.incomplete and one.single
        found.append(
            {
                "number": "K",
                "count": "",
                "at_rows": at_rows,
                "at_row": [f"if (!{one.named('observed')}[n]) continue;"] if lacking else [],
                "density": density,
                "entry": f"log_density[{row}, k] {'+=' if added else '='} {times}",
                "added": added,
                "one_by_one": apart,
                "D": one.named("D"),
                "observed": one.named("observed") if program.incomplete else "",
                "patterns": patterns.template(one, stan) if in_patterns else None,
            }
        )
    return found


def _plural(program: Program) -> str:
    several = len(program.family.columns) > 1
    return "independent columns of several families" if several else program.family.plural


def _each_observed(columns: Columns) -> bool:
    """Return whether each column of a row may be there or not, for itself."""
    return not (columns.single or columns.block)


def _kind(one: Columns) -> str:
    if one.single:
        return "array[] int" if one.family.counts else "vector"
    return "array[,] int" if one.family.counts else "matrix"


def _one_by_one(program: Program, columns: Columns) -> bool:
    """Return whether columns are taken one after the other, and not all of a row at once.

    Densities of Stan's own take all at once where their arguments are parameters as they are.
    """
    if not _each_observed(columns):
        return False
    stan = columns.family.stan
    plain = not stan.definitions and all(re.fullmatch(r"\{\w+\}", one) for one in stan.arguments)
    return program.incomplete or not plain


def _arguments(program: Program, columns: Columns, index: str) -> list[str]:
    stan = columns.family.stan
    last = [_height(program, columns, index)] if stan.height else []
    if last and columns.block:  # computed once a component
        last = [stan.held.split()[-1]]
    return density_arguments(stan, _named(program, columns, index)) + last


def _named(program: Program, columns: Columns, index: str) -> dict[str, str]:
    """Return what the function calls parameters in a component, by the family's names."""
    found = {
        one.name: f"{columns.named(one.declared) if one.declared else columns.names[one.name]}"
        f"{index}"
        for one in columns.family.parameters
    }
    if columns.family.stan.of_rows and program.one_mean(columns):
        location = columns.family.location.name
        found[location] = f"rep_vector({found[location]}, {columns.named('D')})"
    return found


def _height(program: Program, columns: Columns, index: str) -> str:
    """Return the last argument of a density, which takes a component's constants alone."""
    height = columns.family.stan.height.format(**_named(program, columns, index))
    return _in_block(columns, height) if columns.block else height


def _in_block(columns: Columns, text: str) -> str:
    """Return Stan's text with the size of a block for that of a whole response."""
    return re.sub(r"\bD\b", columns.named("D"), text)
