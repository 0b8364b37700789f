"""Arguments that state a mixture, and their way to a `Mixture`.

Priors and known parameters are read as Python literals, never evaluated.
"""

from __future__ import annotations

import argparse
import ast
import re
from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any

from stanmix.errors import InputError
from stanmix.mixture import Mixture
from stanmix.model.column_blocks import Named
from stanmix.model.families import FAMILIES
from stanmix.model.families.components import Component, PointMass, Truncated
from stanmix.model.priors import BY_NAME, Prior, Uniform

__all__ = ["add_to", "mixture", "parse_prior"]

# A covariate's name may hold nearly anything; what follows it begins like a call.
_CALL = r"\w+\s*\(.*\)"
_PRIOR = re.compile(rf"\s*(.+?)\s*=\s*({_CALL}|\[\s*{_CALL}\s*,?\s*\])\s*", re.DOTALL)


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `Mixture`."""
    group = parser.add_argument_group("the mixture")
    response = group.add_mutually_exclusive_group(required=True)
    response.add_argument(
        "--formula",
        action="append",
        help='"y ~ x"; "y ~ 1" is a mixture of means; repeated, one for each component',
    )
    response.add_argument(
        "--columns",
        nargs="+",
        metavar="COLUMN",
        help="a response of several columns, independent within a component, or a vector",
    )
    group.add_argument("--components", type=int, required=True, metavar="K")
    group.add_argument(
        "--family",
        nargs="+",
        default=["normal"],
        metavar="FAMILY",
        help=f"{', '.join(FAMILIES)}; default normal; or one for each component, among which "
        '"PointMass(0)", "Uniform(0, 10)" and "Truncated(poisson, lower=1)" can be; or one for '
        "each column or block of columns, as x1,x2=mvnormal n=poisson",
    )
    group.add_argument(
        "--predictor",
        action="append",
        default=[],
        metavar="PARAMETER=FORMULA",
        help='a parameter that depends on covariates, as "sigma=~ z"; may be repeated, of one '
        "parameter with a formula for each component",
    )
    group.add_argument(
        "--link",
        action="append",
        default=[],
        metavar="PARAMETER=LINK",
        help="the link of a predictor, as mu=probit; may be repeated",
    )
    group.add_argument(
        "--covariance",
        nargs="+",
        help="of several columns: spherical, diagonal, tied, full, or mclust's; or one for each "
        "block, as x1,x2=full",
    )
    group.add_argument(
        "--factors", type=int, help="how many factors columns have in common (--covariance factor)"
    )
    group.add_argument(
        "--mean", default="free", help="of several columns: free (default) or common"
    )
    group.add_argument("--gating", metavar="FORMULA", help='formula of the weights, as "~ z"')
    group.add_argument(
        "--order",
        default="auto",
        metavar="PARAMETER",
        help="what names the components: mu, sigma or another parameter, theta, mean, variance, a "
        "covariate or a column of the response in ascending order; auto (default): draws are "
        "relabelled; none: left as they come",
    )
    group.add_argument(
        "--shared",
        action="append",
        default=[],
        metavar="PARAMETER",
        help="a parameter, or the coefficient of a covariate, that all components have in common, "
        'as sigma, x or "beta_sigma[z]"; may be repeated',
    )
    group.add_argument(
        "--fixed",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a known parameter: sigma=1 or nu=4, or one value a component: theta=0.3,0.7",
    )
    group.add_argument(
        "--prior",
        action="append",
        default=[],
        metavar="NAME=PRIOR",
        help='"x=Normal(0, 2)", "sigma=HalfNormal(1)", "theta=Dirichlet([5, 5])", or one for each '
        'component, "mu=[Normal(-2, 1), Normal(2, 1)]"; may be repeated',
    )
    for role, what in (
        ("group", "names groups, of which all rows belong to one component"),
        ("weights", "holds frequencies of rows"),
        ("offset", "is added to the linear predictor"),
        ("trials", "says out of how many trials the response counts successes"),
        ("labels", "holds the known classes of some rows, and is empty for the others"),
    ):
        group.add_argument(f"--{role}", metavar="COLUMN", help=f"the column that {what}")
    group.add_argument(
        "--censoring",
        nargs="+",
        metavar="COLUMN",
        help="the column that says how rows are censored (none, left, right, interval), and that "
        "of the other ends of intervals",
    )
    group.add_argument(
        "--truncation",
        nargs=2,
        metavar=("LOWER", "UPPER"),
        help="ends between which responses are recorded: numbers, columns, or none for no end",
    )
    group.add_argument(
        "--missing",
        default="refuse",
        help="rows whose response is missing: refuse (default), or predict; or marginalise: what "
        "there is of several columns counts",
    )


def mixture(parsed: argparse.Namespace) -> Mixture:
    """Return the mixture that arguments state.

    Raises
    ------
    InputError
        If a prior or a known parameter cannot be read, or as `Mixture`.
    """
    return Mixture(
        parsed.columns or _one_or_several(parsed.formula),
        parsed.components,
        family=_family(parsed.family, parsed.columns or ()),
        order=None if parsed.order == "none" else parsed.order,
        shared=parsed.shared,
        fixed=_by_name("--fixed", parsed.fixed, _fixed),
        priors=_by_name("--prior", parsed.prior, _prior),
        gating=parsed.gating,
        group=parsed.group,
        weights=parsed.weights,
        offset=parsed.offset,
        trials=parsed.trials,
        labels=parsed.labels,
        missing=parsed.missing,
        censoring=_one_or_several(parsed.censoring),
        truncation=None if parsed.truncation is None else [*map(_end, parsed.truncation)],
        covariance=_covariance(parsed.covariance, parsed.columns or ()),
        factors=parsed.factors,
        mean=parsed.mean,
        formulas=_formulas(parsed.predictor),
        link=_by_name("--link", parsed.link, _formula),
    )


def _family(texts: list[str], columns: Sequence[str]) -> Any:
    """Return the family of all, that of each component, or that of each column or block."""
    if all("=" in text and "(" not in text for text in texts):
        return dict(_of_columns(text, columns) for text in texts)
    return texts[0] if len(texts) == 1 else [*map(_component, texts)]


def _covariance(texts: list[str] | None, columns: Sequence[str]) -> Any:
    """Return the covariance of all columns, or that of each block."""
    if texts is not None and all("=" in text for text in texts):
        return dict(_of_columns(text, columns) for text in texts)
    return _one_or_several(texts)


def _of_columns(text: str, columns: Sequence[str]) -> tuple[Named, str]:
    """Return a column, or a block whose columns commas part, and what is stated of it."""
    named, stated = (part.strip() for part in text.rpartition("=")[::2])
    if named in columns or "," not in named:
        return named, stated
    return tuple(name.strip() for name in named.split(",")), stated


def _component(text: str) -> Component:
    """Return a component: the name of a family, or what is written like a call."""
    known: dict[str, Callable[..., Component]] = {
        "PointMass": PointMass,
        "Truncated": Truncated,
        "Uniform": Uniform,
    }
    name = text.partition("(")[0].strip()
    if name not in known:
        return text
    try:
        call = ast.parse(text.strip(), mode="eval").body
        if not isinstance(call, ast.Call):
            raise ValueError
        # The name of a family may stand without quotes.
        given = [
            each.id if isinstance(each, ast.Name) else ast.literal_eval(each) for each in call.args
        ]
        named = {str(each.arg): ast.literal_eval(each.value) for each in call.keywords}
        return known[name](*given, **named)
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError) as error:
        raise InputError(
            f'--family: {text!r} is no component: write it as in "PointMass(0)", "Uniform(0, 10)" '
            'or "Truncated(poisson, lower=1)".'
        ) from error


def parse_prior(text: str) -> Prior:
    """Return the prior that a text such as ``"Normal(0, 2)"`` states.

    Raises
    ------
    InputError
        If it is no call of a known prior with literal arguments.
    """
    known = f"Known are {', '.join(BY_NAME)}, with arguments in the order of Stan's."
    try:
        call = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise InputError(f'{text!r} is no prior: write it as in "Normal(0, 2)". {known}') from error
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
        raise InputError(f'{text!r} is no prior: write it as in "Normal(0, 2)". {known}')
    if call.func.id not in BY_NAME:
        raise InputError(f"There is no prior {call.func.id!r}. {known}")
    try:
        values = [ast.literal_eval(argument) for argument in call.args]
        named = {str(word.arg): ast.literal_eval(word.value) for word in call.keywords if word.arg}
        if len(named) < len(call.keywords):  # **something
            raise ValueError
        return BY_NAME[call.func.id](*values, **named)
    except InputError:
        raise
    except (ValueError, SyntaxError, RecursionError, MemoryError) as error:
        raise InputError(
            f"{text!r}: the arguments of a prior are numbers or lists of numbers."
        ) from error
    except TypeError as error:
        takes = ", ".join(item.name for item in fields(BY_NAME[call.func.id])) or "no arguments"
        raise InputError(f"{text!r}: {call.func.id} takes {takes}.") from error


def _by_name(
    option: str, texts: Sequence[str], read: Callable[[str], tuple[str, Any]]
) -> dict[str, Any]:
    stated: dict[str, Any] = {}
    for text in texts:
        name, value = read(text)
        if name in stated:
            raise InputError(f"{option} states {name!r} twice; remove one of the two.")
        stated[name] = value
    return stated


def _prior(text: str) -> tuple[str, Prior | list[Prior]]:
    found = _PRIOR.fullmatch(text)
    if found is None:
        raise InputError(
            f'--prior {text!r}: expected a name and a prior, as in "x=Normal(0, 2)", or a list of '
            'priors, as in "x=[Normal(0, 2), Normal(5, 2)]".'
        )
    return found[1], _each(found[2])


def _each(text: str) -> Prior | list[Prior]:
    """Return the prior that a text states, or those of its list, one for each component."""
    try:
        stated = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return parse_prior(text)  # which says what is wrong
    if not isinstance(stated, ast.List):
        return parse_prior(text)
    return [parse_prior(ast.get_source_segment(text, one) or "") for one in stated.elts]


def _one_or_several(texts: list[str] | None) -> Any:
    return texts[0] if texts is not None and len(texts) == 1 else texts


def _formulas(texts: Sequence[str]) -> dict[str, str | list[str]]:
    """Return the formulas of parameters; of one that is named again, one for each component."""
    stated: dict[str, list[str]] = {}
    for text in texts:
        name, formula = _formula(text)
        stated.setdefault(name, []).append(formula)
    return {name: _one_or_several(formulas) for name, formulas in stated.items()}


def _end(text: str) -> str | float | None:
    """Return an end of what is recorded: a number, or the name of a column."""
    if text == "none":
        return None
    try:
        return float(text)
    except ValueError:
        return text


def _formula(text: str) -> tuple[str, str]:
    name, found, formula = text.partition("=")
    if not found:
        raise InputError(
            f'--predictor {text!r}: expected a parameter and its formula, as in "sigma=~ z".'
        )
    return name.strip(), formula.strip()


def _fixed(text: str) -> tuple[str, Any]:
    name, _, value = text.partition("=")
    try:
        return name.strip(), ast.literal_eval(value.strip())
    except (ValueError, SyntaxError, RecursionError, MemoryError) as error:
        raise InputError(
            f"--fixed {text!r}: expected a name and its value, as in sigma=1 or theta=0.3,0.7."
        ) from error
