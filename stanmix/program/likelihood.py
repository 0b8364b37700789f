"""The text of a program's likelihood: its function's signature and body, its formula, its call."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from stanmix.model.families import TRIALS, StanDensity
from stanmix.model.parameters import Parameter
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
        "offset": program.offset_in_likelihood,
        "labels": program.labels,
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
    elif not program.has_origin:
        of = f"{family.adjective} regressions"
    else:
        of = f"linear regressions with {family.adjective} errors"
    return f"Log {what} of y under a mixture of {of}.\n  // {summed}"


def _formula(program: Program) -> str:
    """Return the density of a row in a component, as a comment says it."""
    stan = program.family.stan
    named = {one.of: _in_formula(program, one) for one in program.of_family}
    values = _arguments(stan, {**named, TRIALS: "trials[n]"})
    if program.several:
        return f"prod_d {stan.name}(y[n, d] | {', '.join(values)})"
    return f"{stan.name}(y[n] | {', '.join(values)})"


def _in_formula(program: Program, one: Quantity) -> str:
    shifted = program.offset_in_likelihood and one is program.location
    assert one.parameter is not None
    if one.matrix is not None:
        linear = f"{one.matrix.name}[n] * {one.name}[k]{' + offsets[n]' if shifted else ''}"
        return one.parameter.link.stan_inverse.format(linear)
    constant = f"{one.of}[k{', d' if one.columns else ''}]"
    return _shifted(one.parameter, constant) if shifted else constant


def _shifted(parameter: Parameter, constant: str) -> str:
    """Return a location that is constant in a component, at the offset of row n."""
    if parameter.log_link:
        return f"{constant} * exp(offsets[n])"
    linear = f"{parameter.link.stan.format(constant)} + offsets[n]"
    return parameter.link.stan_inverse.format(linear)


def _arguments(stan: StanDensity, named: Mapping[str, str]) -> list[str]:
    """Return the arguments of a density, of the texts of its parameters.

    A sum or product is put in brackets where it is part of an argument.
    """
    bracketed = {
        name: text if re.fullmatch(r"\w+(\[[^\]]*\]|\([^()]*\))?", text) else f"({text})"
        for name, text in named.items()
    }
    return [
        argument.format(**named if re.fullmatch(r"\{\w+\}", argument) else bracketed)
        for argument in stan.arguments
    ]


def _signature(program: Program, ending: str) -> str:
    data = "data " if program.kernel == "fused" else ""
    kind = "matrix" if program.several else "array[] int" if program.family.counts else "vector"
    first = [f"{data}{kind} y"]
    first += [f"{data}array[] int trials"] if program.family.response.trials else []
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
    used = [program.offset_in_likelihood, program.frequency, program.group]
    if program.kernel != "fused":
        options = [option for option, there in zip(options, used, strict=True) if there]
        options += ["array[] int labels"] if program.labels else []
    elif not any(used):
        options = []
    end = ");" if program.kernel == "fused" else ") {"
    return call(f"  real {program.family.name}_mixture_{ending}(", [first, second + options], end)


def _at_rows(program: Program, one: Quantity) -> str:
    """Return the line that computes a parameter at all rows within component k."""
    assert one.matrix is not None and one.parameter is not None
    linear = f"{one.matrix.name} * {one.name}[k]"
    if one is program.location:
        linear += " + offsets" if program.offset_in_likelihood else ""
        if _of_log_mean(program):
            return f"vector[N] log_{one.of} = {linear};"
    return f"vector[N] {one.of} = {one.parameter.link.stan_inverse.format(linear)};"


def _of_log_mean(program: Program) -> StanDensity | None:
    """Return the density as it takes the log of the mean; None where that is not at hand."""
    return program.family.stan.of_log_mean if program.family.location.log_link else None


def _density(program: Program, ending: str) -> str:
    """Return the log density of row n in component k, as the function computes it."""
    stan, location = program.family.stan, program.location
    linear, shifted = location.matrix is not None, program.offset_in_likelihood
    named = {
        one.of: f"{one.of}[n]" if one.matrix is not None else f"{one.of}[k]"
        for one in program.of_family
    }
    if (linear or shifted) and (log_form := _of_log_mean(program)):
        stan, of = log_form, location.of
        named[f"log_{of}"] = f"log_{of}[n]" if linear else f"log({of}[k]) + offsets[n]"
    elif shifted and not linear:
        assert location.parameter is not None
        named[location.of] = _shifted(location.parameter, named[location.of])
    values = _arguments(stan, {**named, TRIALS: "trials[n]"})
    return f"{stan.name}_{ending}(y[n] | {', '.join(values)})"


def _call(program: Program, ending: str) -> str:
    first = ["trials"] if program.family.response.trials else []
    for one in program.of_family:
        name = one.scaled
        if one.matrix is not None:
            first.append(f"{one.matrix.name}_scaled")
        if one.shared:
            name = f"rep_{'array' if one.columns else 'vector'}({name}, K)"
        first.append(name)
    second = ["Z_scaled", "gamma_scaled"] if program.weights.gated else ["theta"]
    used = [program.offset_in_likelihood, program.frequency, program.group]
    named = ["offsets_centred" if program.offset_centred else "offsets", "weights", "group"]
    empty = ["rep_vector(0, 0)", "rep_vector(0, 0)", "rep_array(0, 0)"]
    fused = program.kernel == "fused" and any(used)
    for there, name, none in zip(used, named, empty, strict=True):
        second += [name] if there else [none] if fused else []
    second += ["labels"] if program.labels else []
    y = "y_scaled" if program.has_unit else "y"
    head = f"  target += {program.family.name}_mixture_{ending}({y} | "
    return call(head, [first, second], ");")
