"""The text of a program's likelihood: its function's signature and body, its formula, its call."""

from __future__ import annotations

from typing import Any

from stanmix.model.families import TRIALS, StanDensity
from stanmix.model.families.constants import POINT_MASS
from stanmix.model.parameters import Parameter
from stanmix.program import column_likelihood, patterns, rows_apart
from stanmix.program.density_arguments import density_arguments
from stanmix.program.plan import Part, Program
from stanmix.program.variables import Quantity
from stanmix.program.wrapping import call

__all__ = ["likelihood"]

LONG = 50  # text of an argument, in a comment
# The ends of truncated families, and those that are none.
_TRUNCATED_AT = {"least": "negative_infinity()", "most": "positive_infinity()"}


def likelihood(program: Program) -> dict[str, Any]:
    """Return what the template says of the likelihood.

    Returns
    -------
    dict
        ``signature``, ``formulas``, ``about`` (comments), ``of_families`` (the components of each
        family), ``definitions`` (files of functions that Stan does not have), ``call`` and the
        lines ``before`` it; and the flags of which the template asks.
    """
    group, weights = program.group, program.frequency
    # Stan has it go by the first argument.
    columns = program.family.columns
    whole = column_likelihood.first_is_whole(program) if columns else program.response.integer
    ending = "lpmf" if whole else "lpdf"
    return {
        "gating": program.weights.gated,
        "fused": program.kernel == "fused",
        "log_mix": program.mixing == "log_mix",
        "group": group,
        "weights": weights,
        "offset": program.offset_in_likelihood,
        "labels": program.labels,
        "minibatch": program.minibatch,
        "unit": "g" if group else "n",
        "about": _about(program),
        "formulas": _formulas(program),
        "signature": _signature(program, ending),
        "of_families": _of_families(program, ending),
        "before": _held_by_component(program) + _recorded_by_component(program),
        "sizes": _sizes(program),
        "call": _call(program, ending),
        "limited": [_limited(part, ending) for part in program.parts if program.tails_in_stan],
        "definitions": _definitions(program),
    }


def _definitions(program: Program) -> list[str]:
    """Return the files that define densities and tails, each once, in the order of their use."""
    files = ["correlations.stan"] if any(one.correlations for one in program.of_family) else []
    fused = program.kernel == "fused"
    files += ["with_missing.stan"] if fused and program.incomplete else []
    for part in program.parts:
        family = part.family.base or part.family
        tails = program.tails_in_stan or bool(part.family.base and not fused)
        stated = [one.family for one in family.columns] or [family]
        for each in stated if program.rows != "limited" else ():
            files += each.stan.definitions if not fused or each.stan.of_rows else ()
            if program.incomplete and each.multivariate and not each.columns:
                files += patterns.definitions(each.stan)
        files += family.stan.tails_definitions if tails else ()
    return [*dict.fromkeys(files)]


def _formulas(program: Program) -> list[str]:
    """Return the densities of a row in a component of each family, as comments say them."""
    if program.family.columns:
        return [column_likelihood.formula(program)]
    return [_formula(program, part) for part in program.parts]


def _of_families(program: Program, ending: str) -> list[dict[str, Any]]:
    """Return what the template says of the components, or of the columns, of each family."""
    if program.family.columns:
        return column_likelihood.entries(program)
    return [_part(program, part, ending) for part in program.parts]


def _sizes(program: Program) -> dict[str, str]:
    """Return the sizes by their names, as the function finds them."""
    if program.family.columns:
        return column_likelihood.sizes(program)
    components = "rows(theta)"
    if program.several or program.weights.gated:
        components = "size(mu)" if program.several else "size(gamma)"
    found = {"N": "size(y)" if program.response.integer else "rows(y)", "K": components}
    found |= {"C": _categories(program)} if _categories(program) else {}
    return {**found, "D": "cols(y)"} if program.family.stan.of_rows else found


def _part(program: Program, part: Part, ending: str) -> dict[str, Any]:
    """Return what the template says of the components of one family.

    Returns
    -------
    dict
        ``number`` of them and, where that has to be found out, ``count``; ``at_rows`` (lines that
        compute what varies over the rows within a component), ``at_row`` (lines before the entry
        of a row), ``density`` of row n in component k, and ``entry`` (where it goes).
    """
    index = "1" if part.number == "1" else "k"
    k = part.component(index)
    added = program.group or _in_patterns(program)
    where = f"log_density[{'group[n]' if program.group else 'n'}, {k}] {'+=' if added else '='} "
    density, factor = _density(program, part, ending), ""
    in_patterns = _in_patterns(program)
    if program.atoms and part.family is POINT_MASS:
        density = f"at_atom[n] == {index} ? 0 : negative_infinity()"
    elif program.atoms and not program.response.integer:
        density = f"at_atom[n] ? negative_infinity() : {density}"
    if program.frequency and program.group:
        density, factor = f"({density})" if program.truncated else density, "weights[n] * "
        if program.atoms:  # zero times infinity is no number
            density, factor = f"weights[n] == 0 ? 0 : weights[n] * ({density})", ""
    once, at_row = _recorded(program, part)
    one, count = part.location, ""
    if program.mixed and not part.family.constant:
        count = f"{'size' if one.matrix or one.columns else 'rows'}({_argument(one)})"
    return {
        "number": "" if index == "1" else part.number,
        "named": part.number,
        "count": count,
        "at_rows": [
            *(_at_rows(program, part, one) for one in part.quantities if one.matrix),
            *_once(part),
            *once,
        ],
        "at_row": at_row,
        "density": density,
        "entry": where + factor,
        "one_by_one": False,
        "added": in_patterns,
        "patterns": patterns.template(None, part.family.stan) if in_patterns else None,
    }


def _in_patterns(program: Program) -> bool:
    """Return whether the response is one vector of which rows may lack some columns."""
    return program.incomplete and not program.family.columns


def _categories(program: Program) -> str:
    """Return the number of categories as the function finds it; empty where it needs none."""
    for one in program.of_family:
        if one.predictors is not None:
            return f"size({one.name}[1]) + 1"
        if one.vector is not None and program.response.categories and not one.simplex:
            return f"rows({_argument(one)}[1]) + 2"
    return ""


def _limited(part: Part, ending: str) -> dict[str, str]:
    """Return what the template says of the tails of a family."""
    stan = part.family.stan
    letters = "abcdef"[: len(stan.arguments)]
    kinds = ["int" if argument == "{trials}" else "real" for argument in stan.arguments]
    return {
        "name": part.family.name,
        "words": part.family.adjective,
        "density": f"{stan.name}_{ending}",
        "tails": stan.tails or stan.name,
        "declared": ", ".join(f"{kind} {a}" for kind, a in zip(kinds, letters, strict=True)),
        "arguments": ", ".join(letters),
    }


def _rows_of_limits(program: Program) -> list[str]:
    """Return what the density of a row is asked for, beside parameters."""
    first = ["censoring[n]"] if program.censoring else []
    return [*first, "y[n]", *(_end(program, name) for name in program.ends)]


def _argument(one: Quantity) -> str:
    """Return what the function calls a quantity: a parameter by its own name, or coefficients."""
    if one.correlations:
        return one.scaled
    return one.name if one.matrix is not None or one.family else one.of


def _about(program: Program) -> str:
    family, location = program.family, program.location
    unit = "a group" if program.group else "a row" if program.several else "an observation"
    rows = "what is there of the rows" if program.incomplete else "the rows"
    summed = f"The component of {unit} is summed out:"
    if family.columns:
        return column_likelihood.about(program)
    if family.stan.of_rows:
        of_rows = f"Log density of {rows} of y under a mixture of {family.plural}"
        return f"{of_rows}.\n  // {summed}"
    if program.several:
        broken = (",\n  // whose", " ") if program.incomplete else (", whose", "\n  // ")
        return (
            f"Log density of {rows} of y under a mixture of {family.plural}{broken[0]} coordinates "
            f"are{broken[1]}independent within a component. {summed}"
        )
    what = f"{'probability' if program.response.integer else 'density'} of y"
    if program.rows == "limited":
        what = "probability of what is known of censored responses"
    if program.mixed:
        return f"Log {what} under a mixture of several families.\n  // {summed}"
    if location.matrix is None:
        of = family.plural
    elif not program.has_origin:
        of = f"{family.adjective} regressions"
    else:
        of = f"linear regressions with {family.adjective} errors"
    return f"Log {what} under a mixture of {of}.\n  // {summed}"


def _formula(program: Program, part: Part) -> str:
    """Return the density of a row in a component, as a comment says it."""
    stan = part.family.stan
    named = {one.of: _in_formula(program, part, one) for one in part.quantities}
    if part.location.predictors is not None and stan.of_logits is not None:
        return f"{stan.of_logits.name}(y[n] | {named[part.location.of]})"
    values = density_arguments(stan, {**named, TRIALS: "trials[n]"})
    if stan.held != StanDensity.held:
        whole = stan.height.format(**named)
        # What is long stands in the body of the function, or in the program.
        apart = len(whole) >= LONG or any(_together(program, one) for one in part.quantities)
        values += [f"{stan.held.split()[-1]}[k]" if apart else whole]
    if program.several and not part.family.stan.of_rows:
        return f"prod_d {stan.name}(y[n, d] | {', '.join(values)})"
    return f"{stan.name}(y[n] | {', '.join(values)})"


def _in_formula(program: Program, part: Part, one: Quantity) -> str:
    shifted = _shifts(program, part, one)
    assert one.parameter is not None
    if one.predictors is not None:
        times = f"{one.matrix.name}[n] * {one.name}" if one.matrix else ""
        return f"0, {times}[k, 1], ..."
    if one.matrix is not None:
        linear = f"{one.matrix.name}[n] * {one.name}[k]{' + offsets[n]' if shifted else ''}"
        return one.parameter.link.stan_inverse.format(linear)
    by_column = program.several and one.columns and not part.family.stan.of_rows
    constant = f"{_argument(one)}[k{', d' if by_column else ''}]"
    return _shifted(one.parameter, constant) if shifted else constant


def _shifted(parameter: Parameter, constant: str) -> str:
    """Return a location that is constant in a component, at the offset of row n."""
    if parameter.log_link:
        return f"{constant} * exp(offsets[n])"
    linear = f"{parameter.link.stan.format(constant)} + offsets[n]"
    return parameter.link.stan_inverse.format(linear)


def _signature(program: Program, ending: str) -> str:
    data = "data " if program.kernel == "fused" else ""
    kind = "matrix" if program.several else "array[] int" if program.response.integer else "vector"
    first = column_likelihood.signature(program) or [f"{data}{kind} y"]
    first += patterns.signature(None) if _in_patterns(program) else []
    first += ["int batch_size"] if program.minibatch else []
    first += ["array[] int at_atom"] if program.atoms and not program.constants else []
    if program.limited and program.kernel != "fused":
        end = "int" if program.response.integer else "real"
        first += ["array[] int censoring"] if program.censoring else []
        ends = "array[] int" if program.response.integer else "vector"
        first += [f"{ends if name in program.ends_by_row else end} {name}" for name in program.ends]
    first += [f"{data}array[] int trials"] if program.response.trials else []
    first += ["data vector y_to"] if program.between else []
    named = set()
    for one in _passed(program):
        if held := _together(program, one):
            first.append(f"array[] {held.split('[')[0]} {held.split()[-1]}")
        elif one.matrix is not None:
            matrix = one.matrix.name
            if matrix not in named:
                first.append(f"{data}matrix {matrix}")
            elif program.kernel == "fused":  # which takes one for each predictor
                first.append(f"{data}matrix {matrix}_{one.family}")
            named.add(matrix)
            each = "array[,]" if one.predictors else "array[]"
            first.append(f"{each} vector {one.name}")
        else:
            name = _argument(one)
            kind = "array[] vector" if one.columns else "array[] int" if one.whole else "vector"
            kind = "array[] matrix" if one.correlations else kind
            first.append(f"{kind} {name}")
        first += _truncated_at(program, one)
    if program.weights.gated:
        second = [f"{data}matrix Z", "array[] vector gamma"]
    else:
        second = ["vector theta"]
    if program.kernel == "fused" and program.tails_in_stan:
        second += ["array[] real recorded"]
    if program.constants:
        second += ["data matrix constants", "array[] int places", "array[] int at_atom"]
    options = [f"{data}vector offsets", f"{data}vector weights", f"{data}array[] int group"]
    used = [program.offset_in_likelihood, program.frequency, program.group]
    if program.kernel != "fused":
        options = [option for option, there in zip(options, used, strict=True) if there]
    elif not (any(used) or program.labels):
        options = []
    options += ["array[] int labels"] if program.labels else []
    end = ");" if program.kernel == "fused" else ") {"
    return call(f"  real {_name(program)}_{ending}(", [first, second + options], end)


def _name(program: Program) -> str:
    if program.rows == "limited" and not program.between:
        return "limited_mixture"
    if program.kernel != "fused" and (program.mixed or len(program.family.columns) > 1):
        return "mixture"
    kinds = {"limited": "interval_", "by_kind": "censored_"}
    kind = kinds[program.rows] if program.between else ""
    of_columns = "_columns" if program.kernel == "fused" and program.family.columns else ""
    return f"{kind}{'_'.join(program.families)}{of_columns}_mixture"


def _passed(program: Program) -> list[Quantity]:
    """Return the quantities that the function takes; of point masses it knows the rows there.

    Of those that it takes together it is the first.
    """
    fused = program.kernel == "fused"
    found = [one for part in program.parts
             if part.family is not POINT_MASS and not (fused and part.family.constant)
             for one in part.quantities if not (fused and one.of in _TRUNCATED_AT)]  # fmt: skip
    together = [one for one in found if _together(program, one)]
    return [one for one in found if one not in together[1:]]


def _together(program: Program, one: Quantity) -> str:
    """Return the declaration of what a fused function takes in place of a quantity and others.

    It is what the density of a whole row takes as well; empty for a quantity by itself.
    """
    stan = program.family.stan
    joint = program.kernel == "fused" and stan.of_rows and f"{{{one.of}}}" in stan.height
    return stan.held if joint else ""


def _held_by_component(program: Program) -> list[str]:
    """Return the lines that compute what a fused function takes of several quantities together."""
    of = [one for one in program.of_family if _together(program, one)]
    if not of:
        return []
    stan = program.family.stan
    own = {one.of: one.scaled if one.shared else f"{one.scaled}[k]" for one in of}
    value, name = stan.height.format(**own), stan.held.split()[-1]
    if all(one.shared for one in of):
        return [f"array[K] {stan.held} = rep_array({value}, K);"]
    return [f"array[K] {stan.held};", "for (k in 1:K) {", f"  {name}[k] = {value};", "}"]


def _truncated_at(program: Program, after: Quantity) -> dict[str, str]:
    """Return the ends of a truncated family, which a fused function takes after its parameters.

    As it declares them, with what the program gives it: vectors, infinite where there is none; of
    ends by row, predictors of what stands in the row.
    """
    part = next(part for part in program.parts if after in part.quantities)
    own = [one for one in part.quantities if one.of not in _TRUNCATED_AT]
    all_of = program.recorded_by_row
    if program.kernel != "fused" or not (part.family.base or all_of) or after is not own[-1]:
        return {}
    stated = {one.of: one for one in part.quantities}
    ending = f"_{part.family.name}" if program.mixed else ""
    found, K = dict[str, str](), part.number
    for of, none in _TRUNCATED_AT.items():
        end, name = f"rep_vector({none}, {K})", f"y_{of}"
        if of in stated:
            end = stated[of].scaled
            end = f"to_vector({end})" if stated[of].whole else end
        elif all_of and name in program.ends_by_row:
            end = program.in_program(name)
            end = rows_apart.names(program).get(end, end)
            end = f"to_vector({end})" if program.response.integer else end
            found[f"data matrix X_{of}{ending}"] = f"to_matrix({end})"
            found[f"array[] vector beta_{of}{ending}"] = f"rep_array([1]', {K})"
            continue
        elif all_of and name in program.ends:
            end = f"rep_vector({program.in_program(name)}, {K})"
        found[f"vector {of}{ending}"] = end
    return found


def _shifts(program: Program, part: Part, one: Quantity) -> bool:
    """Return whether an offset is added to a quantity's predictor."""
    return program.offset_in_likelihood and one is part.location and not part.family.constant


def _at_rows(program: Program, part: Part, one: Quantity) -> str:
    """Return the line that computes a parameter at all rows within component k."""
    assert one.matrix is not None and one.parameter is not None
    if one.predictors is not None:
        c, size = one.predictors.index, one.predictors.linear_size
        return (
            f"matrix[N, {size}] logits;  // of the others to the first\n"
            f"      for ({c} in 1:({size})) {{\n"
            f"        logits[, {c}] = {one.matrix.name} * {one.name}[k, {c}];\n"
            "      }"
        )
    linear = f"{one.matrix.name} * {one.name}[k]"
    if one is part.location:
        linear += " + offsets" if program.offset_in_likelihood else ""
        if _of_log_mean(program, part):
            return f"vector[N] log_{one.of} = {linear};"
    return f"vector[N] {one.of} = {one.parameter.link.stan_inverse.format(linear)};"


def _once(part: Part) -> list[str]:
    """Return the line that computes what density takes of a component's constants alone."""
    height, by_row = _height(part, "k")
    return [f"{part.family.stan.held} = {height};"] if height and not by_row else []


def _height(part: Part, index: str) -> tuple[str, bool]:
    """Return the last argument of the density, empty for none, and whether it varies by row."""
    height = part.family.stan.height
    read = [one for one in part.quantities if f"{{{one.of}}}" in height]
    by_row = any(one.matrix is not None for one in read)
    named = {
        one.of: f"{one.of}[n]" if one.matrix is not None else f"{_argument(one)}[{index}]"
        for one in read
    }
    return height.format(**named), by_row


def _constant(part: Part, one: Quantity, index: str) -> str:
    """Return what a component has of a quantity."""
    constant = f"{_argument(one)}[{index}]"
    # The density of a whole row takes a vector; those of single columns take a number as well.
    whole = part.family.stan.of_rows and one is part.location and not one.columns
    return f"rep_vector({constant}, D)" if whole else constant


def _of_log_mean(program: Program, part: Part) -> StanDensity | None:
    """Return the density as it takes the log of the mean; None where that is not at hand."""
    if program.limited:  # of distribution functions there is no such form
        return None
    return part.family.stan.of_log_mean if part.family.location.log_link else None


def _values(program: Program, part: Part) -> tuple[StanDensity, list[str]]:
    """Return the density of a family, and its arguments in row n and component k."""
    stan, location = part.family.stan, part.location
    linear, shifted = location.matrix is not None, _shifts(program, part, location)
    index = "1" if part.number == "1" else "k"
    named = {
        one.of: f"{one.of}[n]" if one.matrix is not None else _constant(part, one, index)
        for one in part.quantities
    }
    if (linear or shifted) and (log_form := _of_log_mean(program, part)):
        stan, of = log_form, location.of
        constant = f"{_argument(location)}[k]"
        named[f"log_{of}"] = f"log_{of}[n]" if linear else f"log({constant}) + offsets[n]"
    elif linear and stan.of_logits is not None:
        stan = stan.of_logits
        named["logits"] = "logits[n]'"
    elif shifted and not linear:
        assert location.parameter is not None
        named[location.of] = _shifted(location.parameter, named[location.of])
    values = density_arguments(stan, {**named, TRIALS: "trials[n]"})
    height, by_row = _height(part, index)
    return stan, [*values, *([height if by_row else stan.held.split()[-1]] if height else [])]


def _density(program: Program, part: Part, ending: str) -> str:
    """Return the log density of row n in component k, as the function computes it."""
    if _in_patterns(program):
        own = {one.of for one in part.quantities if one.columns}
        named = {one.of: _constant(part, one, "k") for one in part.quantities}
        values = patterns.arguments(part.family.stan, named, own)
        return f"{part.family.stan.name}_{ending}(y[n, there] | {', '.join(values)})"
    stan, values = _values(program, part)
    density = f"{stan.name}_{ending}(y[n] | {', '.join(values)})"
    if program.censoring:
        density = f"{part.family.name}_limited({', '.join(_rows_of_limits(program) + values)})"
    if not program.truncated:
        return density
    return f"{density} - recorded"


def _end(program: Program, name: str) -> str:
    """Return an end of row n."""
    return f"{name}[n]" if name in program.ends_by_row else name


def _recorded(program: Program, part: Part) -> tuple[list[str], list[str]]:
    """Return the lines that compute the log probability that row n is recorded, in component k.

    Those before the rows, and those of each: it is computed where something of it changes.
    """
    if not program.truncated:
        return [], []
    ends = [_end(program, name) for name in program.recorded]
    value = f"{part.family.name}_recorded({', '.join(ends + _values(program, part)[1])});"
    if _varies(program, part):
        return [], [f"real recorded = {value}"]
    by_row = [name for name in program.recorded if name in program.ends_by_row]
    if not by_row:
        return [f"real recorded = {value}"], []
    changed = " || ".join(f"{name}[n] != {name}[n - 1]" for name in by_row)
    return (
        ["real recorded = 0;"],
        [f"if (n == 1 || {changed}) {{", f"  recorded = {value}", "}"],
    )


def _recorded_by_component(program: Program) -> list[str]:
    """Return the lines that compute what a fused function takes of truncated distributions."""
    if program.kernel != "fused" or not program.tails_in_stan or program.rows == "limited":
        return []  # or those of the other rows
    lines = ["array[K] real recorded;  // log probabilities that a response is recorded"]
    for part in program.parts:
        own = {one.of: one.scaled if one.shared else f"{one.scaled}[k]" for one in part.quantities}
        values = [
            *map(program.in_program, program.recorded),
            *density_arguments(part.family.stan, own),
        ]
        value = f"{part.family.name}_recorded({', '.join(values)})"
        place = part.component("k")
        lines += [f"for (k in 1:{part.number}) {{", f"  recorded[{place}] = {value};", "}"]
    return lines


def _varies(program: Program, part: Part) -> bool:
    """Return whether distributions of a component vary over the rows."""
    shifted = _shifts(program, part, part.location)
    return program.response.trials or shifted or any(one.matrix for one in part.quantities)


def _call(program: Program, ending: str) -> str:
    first = ["batch_size"] if program.minibatch else []
    first += ["at_atom"] if program.atoms and not program.constants else []
    first += ["censoring"] if program.censoring and not program.between else []
    if program.kernel != "fused":
        first += map(program.in_program, program.ends)
    first += ["trials"] if program.response.trials else []
    first += patterns.passed(None) if _in_patterns(program) else []
    first += ["y_to"] if program.between else []
    for one in _passed(program):
        name = _together(program, one).rpartition(" ")[2] or one.scaled
        matrix = "" if one.matrix is None else f"{one.matrix.name}_scaled"
        again = program.kernel == "fused"
        first += [matrix] if matrix and (again or matrix not in first) else []
        if one.shared and not _together(program, one):
            name = f"rep_{'array' if one.columns else 'vector'}({name}, {one.number})"
        first += [name, *_truncated_at(program, one).values()]
    second = ["Z_scaled", "gamma_scaled"] if program.weights.gated else ["theta"]
    if program.kernel == "fused" and program.tails_in_stan:
        second += ["recorded"]
    if program.constants:
        apart = "at_atom" if program.replaced else "rep_array(0, 0)"
        second += ["constants", f"{{{', '.join(program.places_of_constants)}}}", apart]
    used = [program.offset_in_likelihood, program.frequency, program.group]
    named = [program.offset_name, "weights", "group"]
    empty = ["rep_vector(0, 0)", "rep_vector(0, 0)", "rep_array(0, 0)"]
    fused = program.kernel == "fused" and (any(used) or program.labels)
    for there, name, none in zip(used, named, empty, strict=True):
        second += [name] if there else [none] if fused else []
    second += ["labels"] if program.labels else []
    y = "y_of_density" if program.replaced else program.response_name
    if program.family.columns:
        y, *responses = column_likelihood.call(program)
        first = responses + first
    of_rows = rows_apart.names(program)
    y, *first = (of_rows.get(name, name) for name in [y, *first])
    second = [of_rows.get(name, name) for name in second]
    head = f"  target += {_name(program)}_{ending}({y} | "
    return call(head, [first, second], ");")
