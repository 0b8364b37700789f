"""A program's plan to Stan source: one readable program for each structure.

Only structure reaches the template; sizes, priors and data are Stan data, and no name or label of
the user's is ever source text.
"""

from __future__ import annotations

import dataclasses
import functools

import jinja2

from stanmix.cmdstan.header import UserHeader
from stanmix.program import column_likelihood, kernels
from stanmix.program.data_block import Datum, data_block
from stanmix.program.files import models_folder
from stanmix.program.likelihood import likelihood
from stanmix.program.named_priors import written
from stanmix.program.plan import Program
from stanmix.program.rows_apart import declarations, likelihoods
from stanmix.program.variables import Order, Transform, Variable
from stanmix.program.wrapping import LINE, wrapped

__all__ = ["header_text", "render", "user_header"]


def user_header(program: Program) -> UserHeader | None:
    """Return the C++ header that a program takes its likelihood from, if it does."""
    if program.kernel != "fused":
        return None
    return UserHeader(kernels.HEADER, {kernels.HEADER: header_text(program)})


def header_text(program: Program) -> str:
    """Return the same as one text, of a program that takes its likelihood from one.

    As in a folder that is exported: who runs that again finds the program compiled.
    """
    return kernels.header(*program.families, columns=bool(program.family.columns))


@functools.cache
def render(program: Program) -> str:
    """Return the Stan source of a program."""
    environment = _environment()
    function = environment.get_template("functions/likelihood.stan.jinja")
    plans = likelihoods(program)
    texts = [(one, likelihood(one)) for one in plans]
    in_stan = next((one for one in plans if one.kernel == "stan"), plans[0])  # of it are the tails
    if in_stan.between:  # of all rows: Stan adds the probabilities of being recorded alone
        in_stan = dataclasses.replace(in_stan, censoring=False, intervals=False)
    template = environment.get_template("mixture.stan.jinja")
    source = template.render(
        program=program,
        block=data_block(program),
        ordered_words=_ordered_words(program),
        written=written,
        gating=program.weights.gated,
        labels=program.labels,
        definitions=dict.fromkeys(file for _, text in texts for file in text["definitions"]),
        likelihoods=[function.render(program=one, **text) for one, text in texts],
        in_stan=in_stan,
        limited=likelihood(in_stan)["limited"],
        before=[line for _, text in texts for line in text["before"]],
        calls=[text["call"] for _, text in texts],
        side_by_side=column_likelihood.side_by_side(program),
        rows_apart=[line for one in plans if one.rows for line in declarations(one)],
    )
    return wrapped(source)


def _ordered_words(program: Program) -> str:
    one = program.ordered
    if one is None or one.parameter is None:
        return ""
    if one.matrix is not None:
        return "one coefficient"
    of_one = " of one coordinate" if one.order is Order.COLUMN else ""
    return f"the {one.parameter.words}{of_one}"


def _declared(what: Datum | Variable) -> str:
    """Return a declaration, with its comment behind it or, where that is too long, above it."""
    if isinstance(what, Datum):
        code, comment = f"{what.type} {what.name};", what.comment
    else:
        code, comment = f"{_type(what)} {what.name};", what.comment
    if not comment:
        return code
    line = f"{code}  // {comment}"
    return line if len(line) + 2 <= LINE else f"// {comment}\n  {code}"


def _type(variable: Variable) -> str:
    """Return the type of a parameter, as a program declares it."""
    axes, stem = variable.axes, variable.bounds
    of = variable.transform.jointly or 1
    each = f"array[{', '.join(axes[:-of])}] " if len(axes) > of else ""
    if variable.transform.jointly:
        return f"{each}{variable.transform.value}[{axes[-1]}]"
    many = len(axes) > 1
    constraint = ""
    if variable.transform is Transform.POSITIVE:
        constraint = "<lower=0>"
    elif variable.transform is Transform.BOUNDED:
        ends = [f"{stem}_{end}" for end in ("lower", "upper")]
        if many and not variable.apart:  # each component has the bounds of the columns
            ends = [f"rep_array({end}, {axes[0]})" for end in ends]
        low, high = ends
        constraint = f"<lower={low}, upper={high}>"
    if not axes:
        return f"real{constraint}"
    return f"{each}vector{constraint}[{axes[-1]}]"


@functools.cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(models_folder() / "templates"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters["declared"] = _declared
    return environment
