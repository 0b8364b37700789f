"""The text of a program's likelihood: its function's signature and body, its formula, its call."""

from __future__ import annotations

from typing import Any

from stanmix.program.lower import Program
from stanmix.program.variables import Quantity
from stanmix.program.wrapping import call

__all__ = ["likelihood"]


def likelihood(program: Program) -> dict[str, Any]:
    """Return what the template says of the likelihood.

    Returns
    -------
    dict
        ``signature``, ``formula``, ``about`` (comments), ``at_rows`` (lines that compute what
        varies over the rows within a component), ``density`` of row n in component k, ``entry``
        (where it goes), and ``call``; and the flags of which the template asks.
    """
    group, weights = program.group, program.frequency
    ending = "lpmf" if program.family.counts else "lpdf"
    return {
        "gating": program.weights.gated,
        "fused": program.kernel == "fused",
        "log_mix": program.mixing == "log_mix",
        "group": group,
        "weights": weights,
        "log_offset": program.log_offset,
        "unit": "g" if group else "n",
        "about": _about(program),
        "formula": _formula(program),
        "signature": _signature(program, ending),
        "at_rows": [
            line for one in program.of_family if one.matrix for line in [_at_rows(program, one)]
        ],
        "density": _density(program, ending),
        "entry": ("log_density[group[n], k] += " if group else "log_density[n, k] = ")
        + ("weights[n] * " if weights and group else ""),
        "call": _call(program, ending),
    }


def _about(program: Program) -> str:
    family, location = program.family, program.location
    unit = "a group" if program.group else "a row" if program.several else "an observation"
    summed = f"The component of {unit} is summed out:"
    if program.several:
        return (
            f"Log density of the rows of y under a mixture of {family.plural}, whose coordinates "
            f"are\n  // independent within a component. {summed}"
        )
    what = "probability" if family.counts else "density"
    if location.matrix is None:
        of = family.plural
    elif program.log_location:
        of = f"{family.adjective} regressions"
    else:
        of = f"linear regressions with {family.adjective} errors"
    return f"Log {what} of y under a mixture of {of}.\n  // {summed}"


def _formula(program: Program) -> str:
    """Return the density of a row in a component, as a comment says it."""
    stan = program.family.stan
    values = [_in_formula(program, program.of(name)) for name in stan.arguments]
    if program.several:
        return f"prod_d {stan.name}(y[n, d] | {', '.join(values)})"
    return f"{stan.name}(y[n] | {', '.join(values)})"


def _in_formula(program: Program, one: Quantity) -> str:
    shifted = program.log_offset and one is program.location
    if one.matrix is not None:
        linear = f"{one.matrix.name}[n] * {one.name}[k]{' + offsets[n]' if shifted else ''}"
        assert one.parameter is not None
        return f"exp({linear})" if one.parameter.log_link else linear
    constant = f"{one.of}[k{', d' if one.columns else ''}]"
    return f"{constant} * exp(offsets[n])" if shifted else constant


def _signature(program: Program, ending: str) -> str:
    data = "data " if program.kernel == "fused" else ""
    kind = "matrix" if program.several else "array[] int" if program.family.counts else "vector"
    first = [f"{data}{kind} y"]
    for one in program.of_family:
        if one.matrix is not None:
            first += [f"{data}matrix {one.matrix.name}", f"array[] vector {one.name}"]
        else:
            first.append(f"array[] vector {one.of}" if one.columns else f"vector {one.of}")
    if program.weights.gated:
        second = [f"{data}matrix Z", "array[] vector gamma"]
    else:
        second = ["vector theta"]
    options = [f"{data}vector offsets", f"{data}vector weights", f"{data}array[] int group"]
    used = [program.log_offset, program.frequency, program.group]
    if program.kernel != "fused":
        options = [option for option, there in zip(options, used, strict=True) if there]
    elif not any(used):
        options = []
    end = ");" if program.kernel == "fused" else ") {"
    return call(f"  real {program.family.name}_mixture_{ending}(", [first, second + options], end)


def _at_rows(program: Program, one: Quantity) -> str:
    """Return the line that computes a parameter at all rows within component k."""
    assert one.matrix is not None and one.parameter is not None
    linear = f"{one.matrix.name} * {one.name}[k]"
    if not one.parameter.log_link:
        return f"vector[N] {one.of} = {linear};"
    if one is program.location:  # whose density has a form for the logarithm
        return f"vector[N] log_{one.of} = {linear}{' + offsets' if program.log_offset else ''};"
    return f"vector[N] {one.of} = exp({linear});"


def _density(program: Program, ending: str) -> str:
    """Return the log density of row n in component k, as the function computes it."""
    stan, location = program.family.stan, program.location
    of_log = stan.of_log_mean is not None and (location.matrix is not None or program.log_offset)
    values = []
    for name in stan.arguments:
        one = program.of(name)
        if one is location and of_log:
            own = f"log({name}[k]) + offsets[n]"
            values.append(f"log_{name}[n]" if one.matrix is not None else own)
        else:
            values.append(f"{name}[n]" if one.matrix is not None else f"{name}[k]")
    return f"{stan.of_log_mean if of_log else stan.name}_{ending}(y[n] | {', '.join(values)})"


def _call(program: Program, ending: str) -> str:
    first = []
    for one in program.of_family:
        name = one.scaled
        if one.matrix is not None:
            first.append(f"{one.matrix.name}_scaled")
        if one.shared:
            name = f"rep_{'array' if one.columns else 'vector'}({name}, K)"
        first.append(name)
    second = ["Z_scaled", "gamma_scaled"] if program.weights.gated else ["theta"]
    used = [program.log_offset, program.frequency, program.group]
    named = ["offsets_centred", "weights", "group"]
    empty = ["rep_vector(0, 0)", "rep_vector(0, 0)", "rep_array(0, 0)"]
    fused = program.kernel == "fused" and any(used)
    for there, name, none in zip(used, named, empty, strict=True):
        second += [name] if there else [none] if fused else []
    y = "y_scaled" if program.has_unit else "y"
    head = f"  target += {program.family.name}_mixture_{ending}({y} | "
    return call(head, [first, second], ");")
